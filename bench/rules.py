"""Rules folders made of real rule types: how many match the pods of objects.py, and how many do not, is chosen."""

from collections.abc import Sequence
from pathlib import Path

from webhook.policy.load import load

SHIPPED = Path(__file__).parent.parent / "policies"

MATCHING = (
    "images: {from: [registry.corp.example, 'registry%d.corp.example/team-*/**']}",
    "images: {tag: {required: true, forbid: [latest, '*-SNAPSHOT', 'dev-%d']}}",
    "images: {notFrom: ['registry.corp.example/sandbox-%d', '**/tiller']}",
    "metadata: {labels: {app.kubernetes.io/name: {required: true}, 'acme.example/old-%d': {forbidden: true}}}",
    "metadata: {annotations: {acme.example/cost-centre: {required: true, pattern: 'CC-[0-9]{4}|CX-%d'}}}",
    "resources: {cpu: {request: {required: true, max: '%d'}}, memory: {limit: {required: true, max: 64Gi}}}",
    "podSecurity: {level: restricted, only: [capabilities, allowPrivilegeEscalation]}",
    "podSecurity: {level: baseline, only: [hostNamespaces, privileged, hostPorts], allow: {hostPorts: ['%d']}}",
    "fields: [{pod: spec.hostNetwork, forbidden: true}, {pod: spec.priorityClassName, notIn: [urgent-%d]}]",
    "fields: [{container: 'ports[*].containerPort', min: %d}]",
    "fields: [{container: imagePullPolicy, in: [IfNotPresent, Always], unless: {pod: spec.nodeName, in: [node-%d]}}]",
    "fields: [{container: 'env[*].name', notLike: ['*PASSWORD%d*', '*TOKEN*']}]",
    "defaults: {default: {pod: {securityContext: {seccompProfile: {type: RuntimeDefault}}}}}",
)
"""Rules that concern every pod and accept those of objects.py; a number makes each its own."""

ELSEWHERE = (
    "match: {kinds: [networking.k8s.io/Ingress]}",
    "match: {namespaces: {include: [team-%d]}}",
    "match: {namespaceSelector: {matchLabels: {team: team-%d}}}",
    "match: {objectSelector: {matchLabels: {app.kubernetes.io/name: other-%d}}}",
)
"""Matches that do not cover the pods of objects.py: by kind, by namespace, by its labels, by the object's labels."""

NAMESPACES = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop, team: shop}}
"""


TEN = (
    "allowed-registries",
    "no-latest-tag",
    "ownership-metadata",
    "resources-set",
    "no-privileged",
    "no-host-namespaces",
    "host-paths",
    "run-as-non-root",
    "seccomp",
    "drop-capabilities",
)
"""The ten policies that everybody wants, of those that are shipped."""

MUTATING = ("mesh-sidecar", "safe-defaults")
"""A sidecar for pods that ask for it, and defaults."""


def write_profile(folder: Path, names: Sequence[str]) -> Path:
    """A folder of so many of the shipped policies, and a Profile that enforces them."""
    folder.mkdir(parents=True)
    for name in names:
        [file] = SHIPPED.glob(f"*/{name}.yaml")
        (folder / file.name).write_bytes(file.read_bytes())
    listed = ", ".join(names)
    (folder / "profile.yaml").write_text(
        "apiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {name: measured}\n"
        f"spec: {{include: [{listed}], mode: enforce}}\n"
    )
    return folder


def policies_of(profile: str) -> tuple[str, ...]:
    """The policies of a shipped Profile."""
    return load([str(SHIPPED)], profile).policies


def rules_in(folder: Path) -> int:
    """How many rules of a folder are in force."""
    return len(load([str(folder)]).rules)


def write_matching(folder: Path, count: int) -> Path:
    """A folder of `count` policies that all concern the pods of objects.py, one rule and one file each."""
    return _write(folder, [_policy(f"matching-{at}", _rule(at)) for at in range(count)])


def write_mostly_elsewhere(folder: Path, matching: int, count: int, elsewhere: Sequence[str] = ELSEWHERE) -> Path:
    """A folder of `count` policies of which `matching` concern the pods of objects.py."""
    here = [_policy(f"matching-{at}", _rule(at)) for at in range(matching)]
    others = range(count - matching)
    return _write(
        folder,
        here + [_policy(f"other-{at}", _other(at), _numbered(elsewhere[at % len(elsewhere)], at)) for at in others],
    )


def change(folder: Path, number: int) -> None:
    """Changes one rule of a folder, as an edit that somebody saves."""
    _replace(folder / "matching-0.yaml", _policy("matching-0", _rule(1000 + number)))


def _rule(at: int) -> str:
    return _numbered(MATCHING[at % len(MATCHING)], at + 1)


def _other(at: int) -> str:
    """A rule for any kind; with `kinds` Ingress there is no pod to speak of."""
    return (
        f"metadata: {{of: object, labels: {{acme.example/label-{at}: {{required: true}}}}}}"
        if at % 4 == 0
        else _rule(at)
    )


def _numbered(text: str, number: int) -> str:
    return text % number if "%d" in text else text


def _policy(name: str, rule: str, match: str = "") -> str:
    return (
        f"apiVersion: doorward.dev/v1\nkind: Policy\nmetadata: {{name: {name}}}\nspec:\n"
        f"  title: Pods keep to {name}\n  why: It is measured.\n  owner: {{team: platform, contact: '#platform'}}\n"
        f"  severity: medium\n" + (f"  {match}\n" if match else "") + f"  rules:\n  - name: rule\n    {rule}\n"
    )


def _write(folder: Path, policies: Sequence[str]) -> Path:
    folder.mkdir(parents=True)
    for text in policies:
        name = text.partition("{name: ")[2].partition("}")[0]
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def _replace(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
