"""Print the webhook configurations that the loaded rules need."""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from webhook.admission.request import GroupKind
from webhook.admission.words import listing
from webhook.commands._rules import add_rules_options, load_rules
from webhook.engine.coverage import never_asked
from webhook.engine.needs import concerns_every_kind, guessed_kinds, plural_of
from webhook.engine.registration import OWN_NAMESPACE, WEBHOOK_NAME, Site, configurations, excluded_namespaces
from webhook.errors import InputError, UsageError
from webhook.policy.ruleset import Ruleset
from webhook.source.dump import dump

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_ONE_LABEL = re.compile(rf"{_LABEL}\Z")
_THREE_LABELS = re.compile(rf"{_LABEL}(\.{_LABEL}){{2,}}\Z")
_KIND = re.compile(rf"(?P<group>{_LABEL}(\.{_LABEL})*)/(?P<kind>[A-Z][A-Za-z0-9]*)=(?P<plural>{_LABEL})\Z")
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    add_rules_options(parser)
    parser.add_argument("--service", default="doorward", help="the Service in front of Doorward (default: doorward)")
    own = f"its namespace, which is never asked about (default: {OWN_NAMESPACE})"
    parser.add_argument("--namespace", default=OWN_NAMESPACE, help=own)
    parser.add_argument("--port", type=int, default=443, help="its port (default: 443)")
    url = "where the API server reaches Doorward instead of by a Service, such as https://doorward.example:8443"
    parser.add_argument("--url", default="", help=url)
    bundle = "the authority that the API server shall trust (PEM; default: what `certs ensure` puts in)"
    parser.add_argument("--ca-bundle", type=Path, metavar="FILE", help=bundle)
    name = f"what users see first when they are refused, at least three labels (default: {WEBHOOK_NAME})"
    parser.add_argument("--webhook-name", default=WEBHOOK_NAME, metavar="NAME", help=name)
    resource = "the plural resource name of a kind that is not built in; may be repeated"
    parser.add_argument("--resource", action="append", default=[], metavar="GROUP/Kind=plural", help=resource)


def run(args: argparse.Namespace) -> int:
    """Both configurations as YAML on standard output, what is worth knowing about them on standard error."""
    site = _site(args)
    ruleset, notes = load_rules(args)
    for note in (*notes, *_notes(ruleset, site)):
        print(f"doorward: note: {note}", file=sys.stderr)
    print(dump(configurations(ruleset, site)), end="")
    return 0


def _site(args: argparse.Namespace) -> Site:
    for option, value in (("--service", args.service), ("--namespace", args.namespace)):
        if not _ONE_LABEL.match(value):
            raise UsageError(f"{option} {value!r} is no name: lower-case letters, digits and `-`, at most 63 of them")
    if not 1 <= args.port <= 65535:
        raise UsageError(f"--port {args.port}: a port is from 1 to 65535")
    if not _THREE_LABELS.match(args.webhook_name) or len(args.webhook_name) > 240:
        raise UsageError(
            f"--webhook-name {args.webhook_name!r}: the API server wants three labels, as in {WEBHOOK_NAME}"
        )
    return Site(
        service=args.service,
        namespace=args.namespace,
        port=args.port,
        url=_url(args.url),
        ca=_bundle(args.ca_bundle) if args.ca_bundle else b"",
        webhook=args.webhook_name,
        plurals=dict(map(_plural, args.resource)),
    )


def _url(text: str) -> str:
    """What the API server accepts as a webhook's URL: https, and no user, query or fragment."""
    try:
        parts = urlsplit(text)
        plain = not (parts.query or parts.fragment or "@" in parts.netloc or parts.port == 0)
    except ValueError:
        plain = False
    if text and not (plain and parts.scheme == "https" and parts.hostname):
        raise UsageError(f"--url {text!r}: the API server wants https://HOST[:PORT][/PATH], without user and query")
    return text


def _bundle(path: Path) -> bytes:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if _CERTIFICATE not in text:
        raise InputError(f"{path} holds no certificate: a CA bundle is PEM, as `doorward certs init` writes bundle.crt")
    if b"PRIVATE KEY-----" in text:
        raise InputError(f"{path} holds a private key, which nobody but its owner may see: give the certificates alone")
    return text


def _plural(text: str) -> tuple[GroupKind, str]:
    found = _KIND.match(text)
    if not found:
        raise UsageError(f"--resource {text!r}: write GROUP/Kind=plural, such as example.com/Gadget=gadgets")
    return GroupKind(found["group"], found["kind"]), found["plural"]


def _notes(ruleset: Ruleset, site: Site) -> Iterator[str]:
    """What a reader of the configurations could not see in them."""
    for kind in guessed_kinds(ruleset.rules, site.plurals):
        guess = plural_of(kind.kind)
        yield f"{kind} is taken to be served as `{guess}`; where that is wrong, say --resource {kind}=PLURAL"
    every = [rule.info.id for rule in ruleset.rules if concerns_every_kind(rule)]
    if every:
        told = "the built-in kinds are registered; name custom ones to have them asked about"
        yield f'{listing(every, "and")} says "*": {told}'
    globs = [glob.text for glob in ruleset.exclude_namespaces if not glob.is_exact]
    if globs:
        told = (
            "a namespaceSelector knows no globs: Doorward is asked about these namespaces, and allows everything there"
        )
        yield f"the Profile leaves {listing(globs, 'and')} alone; {told}"
    silent = [name for name in excluded_namespaces(ruleset, site.namespace) if not ruleset.leaves_alone(name)]
    if silent:
        cure = "put them under excludeNamespaces of a Profile, so that `doorward check` leaves them alone too"
        yield f"{listing(silent, 'and')} are never asked about; {cure}"
    yield from never_asked(ruleset)
