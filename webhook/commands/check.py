"""Check manifests against the rules, offline, with the cluster's answer."""

import argparse
import gc
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from webhook.admission.decision import Decision
from webhook.admission.edits import authors_path
from webhook.admission.facts import Facts
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.commands._manifests import Manifest, Manifests, read_manifests
from webhook.commands._rules import add_rules_options, load_rules
from webhook.engine.decide import decide
from webhook.engine.manifest import as_request
from webhook.engine.namespaces import known_namespaces
from webhook.errors import UsageError
from webhook.pod.workloads import POD
from webhook.policy.ruleset import Ruleset
from webhook.report.result import Checked, FailOn, Run, exit_code, outlook
from webhook.source.path import Path
from webhook.source.positions import Part
from webhook.source.problem import Place

FORMATS = ("text", "json", "sarif", "junit", "github")


def add(parser: argparse.ArgumentParser) -> None:
    """What is checked, against which rules, in which circumstances, and how it is told."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, globs, or - for standard input")
    add_rules_options(parser)
    parser.add_argument("-n", "--namespace", default="", help="for objects that do not name theirs (default: default)")
    parser.add_argument("--namespaces", metavar="FILE", help="Namespace documents, for their labels")
    parser.add_argument("--operation", choices=[o.value for o in Operation if o is not Operation.CONNECT])
    parser.add_argument("--old", metavar="FILE", help="the objects as they are now: makes the operation an UPDATE")
    parser.add_argument("--as", dest="user", metavar="USER", help="who applies")
    parser.add_argument("--as-group", action="append", default=[], metavar="GROUP", help="a group of that user")
    parser.add_argument("--at", metavar="TIME", help="the moment to decide at, such as 2027-01-31T12:00:00Z")
    parser.add_argument("-o", "--output", choices=FORMATS, default="text")
    parser.add_argument("--diff", action="store_true", help="show what the rules would change")
    parser.add_argument("--fail-on", choices=[f.value for f in FailOn], default="deny")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")


def run(args: argparse.Namespace) -> int:
    """Findings on standard output, the summary on standard error; the exit code is the same for every format."""
    gc.disable()  # everything that is made here lives until the end; looking through it again and again only costs
    try:
        return _check(args)
    finally:
        gc.enable()


def _check(args: argparse.Namespace) -> int:
    began = time.perf_counter()
    ruleset, warned = load_rules(args)
    manifests = read_manifests(args.paths)
    beside = read_manifests([args.namespaces]) if args.namespaces else Manifests()
    old = read_manifests([args.old]) if args.old else Manifests()
    facts = known_namespaces(_namespace_objects(beside.found, manifests.found))
    now = _moment(args.at)
    checked = tuple(_check_all(args, manifests.found, old.found, ruleset, facts, now))
    notes = [*warned, *manifests.notes, *_namespace_note(args, checked)]
    result = Run(
        checked=checked,
        files=manifests.files,
        rules=len(ruleset.rules),
        seconds=time.perf_counter() - began,
        problems=(*manifests.problems, *beside.problems, *old.problems),
        notes=tuple(notes),
        outlook=outlook(ruleset, now),
        root=_repository_root(),
        cwd=os.getcwd(),
    )
    _print(result, args)
    return exit_code(result, FailOn(args.fail_on))


def _check_all(
    args: argparse.Namespace,
    found: tuple[Manifest, ...],
    old: tuple[Manifest, ...],
    ruleset: Ruleset,
    facts: Facts,
    now: datetime,
) -> Iterator[Checked]:
    operation = Operation(args.operation or (Operation.UPDATE if args.old else Operation.CREATE))
    user, namespace = _user(args), args.namespace or "default"
    before = {_identity(as_request(one.object, namespace=namespace)): one.object for one in old}
    for manifest in found:
        request = as_request(manifest.object, namespace=namespace, operation=operation, user=user)
        was = before.get(_identity(request))
        if was is not None and operation is Operation.UPDATE:
            request = as_request(manifest.object, namespace=namespace, operation=operation, old=was, user=user)
        decision = decide(request, ruleset, facts, now)
        if isinstance(decision, Decision):  # nobody can be asked offline, so it never needs anything
            place = _placed_by_author(manifest, decision) if request.kind == POD else manifest.place
            yield Checked(decision, request, manifest.object, manifest.file, place, manifest.origin)


def _identity(request: Request) -> tuple[GroupKind, str, str]:
    """Which object of the cluster a request is about."""
    return request.kind, request.namespace, request.name


def _placed_by_author(manifest: Manifest, decision: Decision) -> Callable[[Path, Part], Place]:
    """A pod's findings tell the final object's paths, as in the cluster; its file has the author's."""

    def place(path: Path, part: Part) -> Place:
        return manifest.place(authors_path(decision.edits, path), part)

    return place


def _namespace_objects(beside: tuple[Manifest, ...], found: tuple[Manifest, ...]) -> list[dict[str, Any]]:
    """Namespace documents from --namespaces and from the inputs themselves; the inputs win."""
    return [manifest.object for manifest in (*beside, *found) if manifest.object.get("kind") == "Namespace"]


def _user(args: argparse.Namespace) -> User | None:
    if not args.user:
        if args.as_group:
            raise UsageError("--as-group needs --as USER")
        return None
    return User(args.user, tuple(args.as_group) or ("system:authenticated",))


def _moment(text: str | None) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--at {text} is no moment: write it as 2027-01-31 or 2027-01-31T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _namespace_note(args: argparse.Namespace, checked: tuple[Checked, ...]) -> Iterator[str]:
    """Say which namespace was taken where an object names none and the user did not either."""
    nameless = [one for one in checked if one.request.namespace and not _names_namespace(one)]
    if nameless and not args.namespace:
        yield "objects without a namespace were checked as if in `default`; say --namespace to choose another"


def _names_namespace(one: Checked) -> bool:
    metadata = one.authored.get("metadata")
    return one.kind == "Namespace" or (isinstance(metadata, dict) and bool(metadata.get("namespace")))


def _repository_root() -> str:
    """The nearest folder upwards that holds .git; "" where there is none."""
    folder = os.getcwd()
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return ""
        folder = parent
    return folder


def _print(result: Run, args: argparse.Namespace) -> None:
    from webhook.commands._output import print_run

    print_run(result, args.output, fail_on=FailOn(args.fail_on), diff=args.diff, color=args.color)
