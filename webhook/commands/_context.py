"""The circumstances in which manifests are judged offline, from options: who asks for what, where and when."""

import argparse
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from webhook.admission.decision import Decision
from webhook.admission.edits import authors_path
from webhook.admission.facts import Facts
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.commands._manifests import Manifest, Manifests, read_manifests
from webhook.engine.manifest import as_request
from webhook.engine.namespaces import known_namespaces
from webhook.errors import UsageError
from webhook.pod.workloads import POD
from webhook.source.path import Path
from webhook.source.positions import Part
from webhook.source.problem import Place, Problem

Identity = tuple[GroupKind, str, str]
"""Which object of the cluster is meant: kind, namespace and name."""


def add_context_options(parser: argparse.ArgumentParser) -> None:
    """Everything that a manifest does not say itself."""
    parser.add_argument("-n", "--namespace", default="", help="for objects that do not name theirs (default: default)")
    parser.add_argument("--namespaces", metavar="FILE", help="Namespace documents, for their labels")
    parser.add_argument("--operation", choices=[o.value for o in Operation if o is not Operation.CONNECT])
    parser.add_argument("--old", metavar="FILE", help="the objects as they are now: makes the operation an UPDATE")
    parser.add_argument("--as", dest="user", metavar="USER", help="who applies")
    parser.add_argument("--as-group", action="append", default=[], metavar="GROUP", help="a group of that user")
    parser.add_argument("--at", metavar="TIME", help="the moment to decide at, such as 2027-01-31T12:00:00Z")


class Context(NamedTuple):
    """What is known beside the manifests; `problems` are those of the files that say it."""

    facts: Facts
    now: datetime
    user: User | None
    namespace: str
    operation: Operation
    old: Mapping[Identity, dict[str, Any]]
    problems: tuple[Problem, ...]

    def request(self, obj: dict[str, Any]) -> Request:
        """The request that applying an object would make."""
        request = as_request(obj, namespace=self.namespace, operation=self.operation, user=self.user)
        was = self.old.get(_identity(request))
        if was is None or self.operation is not Operation.UPDATE:
            return request
        return as_request(obj, namespace=self.namespace, operation=self.operation, old=was, user=self.user)


def read_context(args: argparse.Namespace, found: tuple[Manifest, ...]) -> Context:
    """The circumstances that the options say; Namespace documents among the manifests themselves win."""
    beside = read_manifests([args.namespaces]) if args.namespaces else Manifests()
    old = read_manifests([args.old]) if args.old else Manifests()
    namespace = args.namespace or "default"
    objects = [one.object for one in (*beside.found, *found) if one.object.get("kind") == "Namespace"]
    return Context(
        facts=known_namespaces(objects),
        now=_moment(args.at),
        user=_user(args),
        namespace=namespace,
        operation=Operation(args.operation or (Operation.UPDATE if args.old else Operation.CREATE)),
        old={_identity(as_request(one.object, namespace=namespace)): one.object for one in old.found},
        problems=(*beside.problems, *old.problems),
    )


def placed(manifest: Manifest, request: Request, decision: Decision) -> Callable[[Path, Part], Place]:
    """Where findings' paths stand in the file: a pod's are those of the final object, and its file has the author's.

    What rules found that do not show it is from then on hidden in the file's lines.
    """

    def in_file(path: Path) -> Path:
        return authors_path(decision.edits, path) if request.kind == POD else path

    for finding in decision.findings:
        if finding.hidden and finding.value is not None and finding.path:
            manifest.hide(in_file(finding.path))
    return lambda path, part: manifest.place(in_file(path), part)


def _identity(request: Request) -> Identity:
    return request.kind, request.namespace, request.name


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
