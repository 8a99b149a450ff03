"""A case of a PolicyTest -> the request that it describes -> what differs from what it expects. `decide` decides."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from webhook.admission.decision import Decision
from webhook.admission.edits import same
from webhook.admission.facts import Facts, Namespace
from webhook.admission.finding import Action, Finding
from webhook.admission.kinds import NOT_A_SPEC
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.admission.selector import NAME_LABEL
from webhook.engine.decide import decide
from webhook.engine.manifest import as_request
from webhook.pod.workloads import POD, POD_AT, group_kind
from webhook.policy.case_facts import KnownImages, known_images
from webhook.policy.cases import WHOLE, Case, CaseNamespace, ExpectedFinding, PolicyTestSpec, Tweak
from webhook.policy.ruleset import Ruleset
from webhook.policy.sample import carried, merged, minimal, tweaked
from webhook.source.path import Path, look_up

_OPTIONS = {
    "exec": "PodExecOptions",
    "attach": "PodAttachOptions",
    "portforward": "PodPortForwardOptions",
    "proxy": "PodProxyOptions",
}


class Mismatch(NamedTuple):
    """Something that a case expects and did not get (`found` is None), or got and did not expect.

    `at` is the path of the expectation in the case; both values are plain data.
    """

    at: Path
    expected: Any
    found: Any


class Judgement(NamedTuple):
    """What became of a case."""

    request: Request
    decision: Decision
    mismatches: tuple[Mismatch, ...]


def judge_case(case: Case, spec: PolicyTestSpec, ruleset: Ruleset, given: dict[str, Any] | None) -> Judgement:
    """Decide what the case describes under these rules, and hold it against what it expects.

    `given` is the object of the case's `file`, where it has one.
    """
    namespace = case.namespace or spec.namespace
    request = _request(case, spec, given, namespace)
    facts = _facts(namespace, request.namespace)._replace(images=_images(case, spec))
    decision = decide(request, ruleset, facts, case.now or spec.now)
    if not isinstance(decision, Decision):
        raise TypeError("nobody can be asked in a test, so a decision never needs anything")
    return Judgement(request, decision, tuple(_mismatches(case, decision)))


def _request(case: Case, spec: PolicyTestSpec, given: dict[str, Any] | None, namespace: CaseNamespace) -> Request:
    whole = case.object or given
    start = whole or tweaked(minimal(namespace.name), spec.base)
    obj = _as_workload(tweaked(start, case.with_), case, whole)
    old = _old(case, start, whole)
    operation = case.operation or (Operation.UPDATE if old else Operation.CREATE)
    subresource = case.subresource
    if not subresource and operation is Operation.UPDATE and _debugs(case, obj):
        subresource = "ephemeralcontainers"
        old = old or merged(obj, {"spec": {"ephemeralContainers": None}})
    if operation is Operation.CONNECT:
        obj = case.object or {"apiVersion": "v1", "kind": _OPTIONS.get(subresource, "PodExecOptions")}
    user = case.user or spec.user
    asker = User(user.name, user.groups or ("system:authenticated",)) if user else None
    asked = as_request(obj, namespace=namespace.name, operation=operation, old=old, user=asker)
    return _on_subresource(asked, subresource, case, start)


def _debugs(case: Case, obj: dict[str, Any]) -> bool:
    """Whether somebody adds an ephemeral container to a running pod: the API server has only one way to do that."""
    return case.with_ is not None and "ephemeralContainer" in case.with_ and group_kind(obj) == POD


def _on_subresource(request: Request, subresource: str, case: Case, start: dict[str, Any]) -> Request:
    """exec, scale and the like bring objects of other kinds: the request is about the pod or workload."""
    if subresource not in NOT_A_SPEC or (case.object is None and request.operation is not Operation.CONNECT):
        return request._replace(subresource=subresource)
    kind = next((kind for kind in POD_AT if kind[1] == case.workload), POD)
    name = request.name or str(look_up(start, ("metadata", "name")) or "")
    return request._replace(kind=GroupKind(*kind), subresource=subresource, name=name)


def _as_workload(obj: dict[str, Any], case: Case, whole: dict[str, Any] | None) -> dict[str, Any]:
    return carried(obj, case.workload) if case.workload and whole is None else obj


def _old(case: Case, start: dict[str, Any], whole: dict[str, Any] | None) -> dict[str, Any] | None:
    """The object before: as it is given, or the same start with another tweak."""
    if case.old_object is None:
        return None
    if "kind" in case.old_object:
        return dict(case.old_object)
    return _as_workload(tweaked(start, case.old_object), case, whole)


def _facts(namespace: CaseNamespace, name: str) -> Facts:
    """What is known of the namespace; a case is a small world, in which nobody can be asked."""
    labels = {**namespace.labels, NAME_LABEL: name}
    return Facts(
        {name: Namespace(name, labels, namespace.annotations)} if namespace.known else {}, False, dialable=False
    )


def _images(case: Case, spec: PolicyTestSpec) -> KnownImages:
    """What registries have: what the case says, and else what its document says."""
    said = [facts.images for facts in (spec.facts, case.facts) if facts]
    return known_images({name: image for images in said for name, image in images.items()})


def _mismatches(case: Case, decision: Decision) -> Iterator[Mismatch]:
    expect = case.expect
    if expect.decision is not None and expect.decision != decision.verdict.value:
        yield Mismatch(("expect", "decision"), expect.decision, decision.verdict.value)
    if expect.findings is not None:
        yield from _findings(expect.findings, decision.findings)
    if expect.warnings is not None:
        yield from _warnings(expect.warnings, decision)
    if expect.patch is not None and not same(list(expect.patch), list(decision.patch)):
        yield Mismatch(("expect", "patch"), list(expect.patch), list(decision.patch))
    if expect.object is not None:
        yield from _object(expect.object, decision.object or {})


def _findings(expected: Iterable[ExpectedFinding], found: Iterable[Finding]) -> Iterator[Mismatch]:
    """Each expected finding must be there, and no other."""
    left = list(found)
    for index, one in enumerate(expected):
        met = [finding for finding in left if _is(finding, one)]
        if not met:
            wanted = {"rule": one.rule, "path": WHOLE if one.path == "" else one.path, "action": one.action}
            told = {key: str(value) for key, value in wanted.items() if value is not None}
            yield Mismatch(("expect", "findings", index), told, None)
        for finding in met if one.path is None else met[:1]:
            left.remove(finding)
    for finding in left:
        told = {"rule": finding.rule.name, "path": finding.where or WHOLE, "action": finding.action.value}
        yield Mismatch(("expect", "findings"), None, {**told, "message": finding.message})


def _is(finding: Finding, expected: ExpectedFinding) -> bool:
    return (
        finding.rule.name == expected.rule
        and (expected.path is None or finding.where == expected.path)
        and (expected.action is None or finding.action is expected.action)
    )


def _warnings(expected: tuple[str, ...], decision: Decision) -> Iterator[Mismatch]:
    warning = [finding.rule.name for finding in decision.acting(Action.WARN)]
    found = dict.fromkeys([*warning, *(note.rule.rpartition("/")[2] for note in decision.notes)])
    for index, name in enumerate(expected):
        if name not in found:
            yield Mismatch(("expect", "warnings", index), name, None)
    for name in found:
        if name not in expected:
            yield Mismatch(("expect", "warnings"), None, name)


def _object(expected: Tweak, found: dict[str, Any]) -> Iterator[Mismatch]:
    pod_at = POD_AT.get(GroupKind(*group_kind(found)), ())
    for key, value in expected.items():
        place = _place(key, value, look_up(found, pod_at))
        path: Path = (key,) if place is None else (*pod_at, *place)
        yield from _part(value, look_up(found, path), ("expect", "object", key))


def _place(key: str, value: Any, pod: Any) -> Path | None:
    """Where in a pod a short name leads to; a container that is named by its name, otherwise the first."""
    if key in ("labels", "annotations"):
        return "metadata", key
    if key == "image":
        return "spec", "containers", 0, "image"
    if key == "containers":
        return "spec", key
    if key not in ("container", "initContainer", "ephemeralContainer"):
        return None
    named = value.get("name")
    there = look_up(pod, ("spec", f"{key}s"))
    names = [look_up(one, ("name",)) for one in there] if isinstance(there, list) else []
    return "spec", f"{key}s", names.index(named) if named in names else 0


def _part(expected: Any, found: Any, at: Path) -> Iterator[Mismatch]:
    """What is expected must be there; a mapping may have more keys, a list may not have more elements."""
    if isinstance(expected, Mapping) and isinstance(found, dict):
        for key, value in expected.items():
            yield from _part(value, found.get(key), (*at, key))
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, value in enumerate(expected):
            yield from _part(value, found[index], (*at, index))
    elif not same(expected, found):
        yield Mismatch(at, expected, found)
