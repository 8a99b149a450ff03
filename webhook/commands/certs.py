"""Make, rotate and show the certificates that the API server trusts, in a folder or in a cluster."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from certs import folder
from certs.authority import LOCAL_NAMES, service_names
from certs.pair import (
    Certificate,
    Pair,
    UnusableError,
    certificate_of,
    certificates,
    expired,
    fingerprint,
    key_matches,
    moment,
    names,
)
from certs.rotation import Plan, State, begin, changes, next_step
from webhook.errors import CertificateError, ClusterError, UsageError

if TYPE_CHECKING:
    from webhook.cluster.rotation import Wanted


def add(parser: argparse.ArgumentParser) -> None:
    """The four actions and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    init = actions.add_parser("init", help="make an authority and a leaf in a folder")
    init.add_argument("folder", type=Path, metavar="DIR")
    init.add_argument("--force", action="store_true", help="replace what is there; clients need the new bundle")
    init.add_argument("--local", action="store_true", help="also for localhost, 127.0.0.1 and ::1")
    _add_names(init)
    rotate = actions.add_parser("rotate", help="make a new leaf in a folder, or move the authority's rotation along")
    rotate.add_argument("folder", type=Path, metavar="DIR")
    rotate.add_argument("--due", action="store_true", help="do only what is due (for a daily job)")
    _add_rotation(rotate)
    show = actions.add_parser("show", help="tell what certificates say and whether their key matches")
    show.add_argument("path", type=Path, nargs="?", default=Path(), metavar="FILE|DIR")
    ensure = actions.add_parser("ensure", help="make and rotate all that a cluster needs; safe to run at any time")
    _add_cluster(ensure)
    _add_names(ensure)
    _add_rotation(ensure)


def _add_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", default="doorward", help="the Service in front of Doorward (default: doorward)")
    parser.add_argument("--namespace", default="doorward", help="its namespace (default: doorward)")
    parser.add_argument("--name", action="append", default=[], help="a further DNS name or address; may be repeated")


def _add_rotation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ca", action="store_true", help="begin to replace the authority although it is not due")
    settle = "how long a new authority stands in the bundle before it signs (default: 600)"
    parser.add_argument("--settle", type=float, default=600, metavar="SECONDS", help=settle)


def _add_cluster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--secret", default="doorward-tls", help="the Secret that pods mount (default: doorward-tls)")
    keeper = "the Secret that keeps the authority's key (default: doorward-ca)"
    parser.add_argument("--authority-secret", default="doorward-ca", metavar="SECRET", help=keeper)
    mutate = "the MutatingWebhookConfiguration (default: doorward-mutate)"
    parser.add_argument("--mutate-configuration", default="doorward-mutate", metavar="NAME", help=mutate)
    validate = "the ValidatingWebhookConfiguration (default: doorward-validate)"
    parser.add_argument("--validate-configuration", default="doorward-validate", metavar="NAME", help=validate)
    parser.add_argument("--kubeconfig", metavar="FILE", help="how to reach the cluster (default: from inside its pod)")
    parser.add_argument("--context", help="the context of the kubeconfig")


def run(args: argparse.Namespace) -> int:
    """Does the action; raises CertificateError, ClusterError or UsageError."""
    actions: Mapping[str, Callable[[argparse.Namespace], int]]
    actions = {"init": _init, "rotate": _rotate, "show": _show, "ensure": _ensure}
    return actions[args.action](args)


def _init(args: argparse.Namespace) -> int:
    hosts = (*service_names(args.service, args.namespace), *args.name, *(LOCAL_NAMES if args.local else ()))
    with _explained(args.folder):
        present = sorted(folder.read(args.folder))
        if present and not args.force:
            cure = "rotate keeps clients' trust; --force begins anew and every client needs the new bundle"
            raise UsageError(f"{args.folder} already holds {', '.join(present)}: {cure}")
        now, plan = datetime.now(UTC), Plan(hosts)
        folder.write(args.folder, next_step(begin(now, plan), now, plan))
    print(f"{args.folder / 'bundle.crt'}: what clients trust (caBundle of the webhook configurations)")
    print(f"{args.folder / 'tls.crt'} and tls.key: what Doorward serves, as {', '.join(hosts)}")
    print(f"{args.folder / 'ca.key'}: signs new leaves; keep it from everybody who only serves")
    return 0


def _rotate(args: argparse.Namespace) -> int:
    with _explained(args.folder):
        files, now = folder.read(args.folder), datetime.now(UTC)
        before = folder.state_of(files, now, Plan(()))
        if "ca.crt" not in files or before.leaf is None:
            raise UsageError(f"{args.folder} holds no authority and leaf to rotate: `doorward certs init` makes them")
        plan = Plan(names(certificate_of(before.leaf)), settle=timedelta(seconds=args.settle), new_authority=args.ca)
        after = next_step(before, now, replace(plan, new_leaf=not args.due and not args.ca))
        folder.write(args.folder, after)
    print(*(changes(before, after) or [_waiting(after)]), sep="\n")
    if before.bundle != after.bundle:
        print(f"give {args.folder / 'bundle.crt'} to every client before the next rotation")
    return 0


def _waiting(state: State) -> str:
    if state.coming:
        return f"nothing is due: the coming authority stands in the bundle since {moment(state.coming.since)}"
    return "nothing is due"


def _show(args: argparse.Namespace) -> int:
    now, well = datetime.now(UTC), True
    with _explained(args.path):
        for path in _shown(args.path):
            text = path.read_bytes()
            for number, certificate in enumerate(certificates(text), start=1):
                print(path if number == 1 else f"{path}, certificate {number}")
                print(*_told(certificate, now), sep="\n")
                well = well and not expired(certificate, now)
            matches = _key_matches(path, text)
            if matches is not None:
                print("  key          matches" if matches else "  key          BELONGS TO ANOTHER CERTIFICATE")
            well = well and matches is not False
    return 0 if well else 1


def _shown(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(entry for entry in path.iterdir() if entry.suffix in {".crt", ".pem"} and entry.is_file())
    if not found:
        raise UsageError(f"{path} holds no certificate (*.crt or *.pem)")
    return found


def _key_matches(path: Path, text: bytes) -> bool | None:
    """Whether the key in the same file, or beside it under the same name, is the certificate's; None without one."""
    beside = path.with_suffix(".key")
    if b"PRIVATE KEY-----" in text:
        return key_matches(Pair(text, text))
    return key_matches(Pair(text, beside.read_bytes())) if beside.exists() else None


def _told(certificate: Certificate, now: datetime) -> Iterator[str]:
    left = certificate.not_valid_after_utc - now
    yield f"  subject      {_printable(certificate.subject.rfc4514_string())}"
    yield f"  issuer       {_printable(certificate.issuer.rfc4514_string())}"
    yield f"  names        {_printable(', '.join(names(certificate))) or '(none)'}"
    yield f"  not before   {moment(certificate.not_valid_before_utc)}"
    yield f"  not after    {moment(certificate.not_valid_after_utc)} ({_duration(left)})"
    yield f"  fingerprint  {fingerprint(certificate)}"


def _printable(text: str) -> str:
    """Whoever made the certificate chose these words, so they may hold commands for a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _duration(left: timedelta) -> str:
    if left <= timedelta():
        return "EXPIRED"
    hours, seconds = divmod(left.seconds, 3600)
    return f"{left.days} d {hours} h left" if left.days else f"{hours} h {seconds // 60} min left"


def _ensure(args: argparse.Namespace) -> int:
    # Only this action needs what it takes to speak to a cluster.
    from webhook.cluster import registration, secrets
    from webhook.cluster.client import connect
    from webhook.cluster.rotation import Places, ensure

    hosts = (*service_names(args.service, args.namespace), *args.name)
    plan = Plan(hosts, settle=timedelta(seconds=args.settle), new_authority=args.ca)
    places = Places(
        secrets.Place(args.namespace, args.authority_secret),
        secrets.Place(args.namespace, args.secret, "kubernetes.io/tls"),
        registration.places(args.mutate_configuration, args.validate_configuration),
    )
    with _explained(places.authority):
        outcome = ensure(connect(args.kubeconfig, args.context), places, lambda files, out: _wanted(files, out, plan))
    print(*([f"{written}: written" for written in outcome.written] or ["nothing is due"]), sep="\n")
    if outcome.missing:
        missing = " and ".join(outcome.missing)
        raise ClusterError(f"{missing} cannot be given the bundle: apply the manifests, then run this again")
    return 0


def _wanted(files: Mapping[str, bytes], bundle_is_out: bool, plan: Plan) -> Wanted:
    from webhook.cluster.rotation import Wanted

    now, plan = datetime.now(UTC), replace(plan, bundle_is_out=bundle_is_out)
    state = next_step(folder.state_of(files, now, plan), now, plan)
    return Wanted(folder.authority_files(state), folder.leaf_files(state), state.bundle)


@contextmanager
def _explained(where: object) -> Iterator[None]:
    """Turns what `certs` raises, which knows no room of ours, into an error that says where."""
    try:
        yield
    except UnusableError as error:
        raise CertificateError(f"{where}: {error}") from error
    except OSError as error:
        raise CertificateError(f"{error.filename or where}: {error.strerror or error}") from error
