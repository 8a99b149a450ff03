"""Findings, decisions and checked objects, made by hand: what the tests of the reports are built from."""

from datetime import UTC, datetime
from typing import Any

from tests.objects import IMAGE, request, workload
from webhook.admission.days import Day
from webhook.admission.decision import Decision, Verdict
from webhook.admission.edits import Draft, Note
from webhook.admission.finding import Cause, Finding, Mode, RuleInfo, Severity
from webhook.admission.names import NamespaceGlob, NamespaceNames
from webhook.admission.rule import RuleParts
from webhook.policy.exceptions import Exemption
from webhook.policy.model import ExceptionMatch, ExceptionSpec, Step
from webhook.policy.rollout import Rollout
from webhook.policy.ruleset import Rule, Ruleset
from webhook.report.result import Checked, Run
from webhook.source import yaml
from webhook.source.path import Path

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NO_RULES = Ruleset((), "0123456789ab")

CONTAINERS: Path = ("spec", "template", "spec", "containers")

TAG = RuleInfo(
    "image-tags",
    "image-tag-pinned",
    "Images have a fixed version",
    "A moving tag changes what runs without anybody deciding it.",
    Severity.HIGH,
    "platform",
    "#platform-help",
    "https://policies.acme.example/image-tags",
)
ROOT = RuleInfo("pod-security", "run-as-non-root", "Containers do not run as root", "", Severity.CRITICAL)

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:latest
        env:
        - name: PASSWORD
          value: hunter2-hunter2
"""


def tag(index: int = 0, container: str = "web", **changes: Any) -> Finding:
    """A container's image that has no fixed version; denies."""
    finding = Finding(
        rule=TAG,
        path=(*CONTAINERS, index, "image"),
        value="nginx:latest",
        message='"nginx:latest" has no fixed version',
        fix="use a version tag or digest, for example nginx:1.27.2",
        mode=Mode.ENFORCE,
        container=container,
    )
    return finding._replace(**changes)


def root(**changes: Any) -> Finding:
    """A pod that may run as root; denies."""
    finding = Finding(
        rule=ROOT,
        path=("spec", "template", "spec", "securityContext", "runAsNonRoot"),
        value=None,
        message="missing, must be true",
        fix="add securityContext: {runAsNonRoot: true}",
        mode=Mode.ENFORCE,
    )
    return finding._replace(**changes)


def secret(**changes: Any) -> Finding:
    """A password in an environment variable."""
    return tag(
        path=(*CONTAINERS, 0, "env", 0, "value"),
        value="hunter2-hunter2",
        message='"hunter2-hunter2" is a password',
        fix="put hunter2-hunter2 into a Secret",
        **changes,
    )


def coming() -> Ruleset:
    """Rules of which one denies from next year on, with an exception that ends in twelve days."""
    steps = (Step(Mode.WARN), Step(Mode.ENFORCE, from_=Day(2027, 1, 10)))
    match = ExceptionMatch(NamespaceNames(include=(NamespaceGlob.parse("shop"),)))
    spec = ExceptionSpec((TAG.id,), match, "old", "team-shop", Day(2026, 11, 1), Day(2026, 12, 3))
    rule = Rule(TAG, (), Rollout("image-tags", steps), RuleParts(), exemptions=(Exemption("legacy", spec, None),))
    return Ruleset((rule,), "0123456789ab")


def decision(*findings: Finding, notes: tuple[Note, ...] = (), **changes: Any) -> Decision:
    """The decision that these findings make, in the order given."""
    denying = [finding for finding in findings if finding.action == "deny"]
    verdict = Verdict.ALLOWED
    if denying:
        decided = any(finding.cause is Cause.VIOLATES for finding in denying)
        verdict = Verdict.DENIED if decided else Verdict.UNDECIDED
    matched = tuple(dict.fromkeys(finding.rule.id for finding in findings)) or (TAG.id,)
    made = Decision(verdict, findings, notes, (), (), workload("Deployment"), "7f3c2a1b", "0123456789ab", matched)
    return made._replace(**changes)


def checked(*findings: Finding, manifest: str = MANIFEST, file: str = "deploy/web.yaml", **changes: Any) -> Checked:
    """A file with one object, in which this was found."""
    (document,) = yaml.read(manifest.encode(), file).documents
    decided = decision(*findings, object=document.value, **changes)
    return Checked(decided, request(document.value), document.value, file, document.place)


def run(*objects: Checked, **changes: Any) -> Run:
    """A check of these objects."""
    return Run(objects, files=len(objects), rules=23, seconds=0.114)._replace(**changes)


def pinned(one: Checked) -> Checked:
    """The same object, whose image a rule has replaced."""
    draft = Draft(one.authored)
    draft.rule = TAG.id
    draft.set((*CONTAINERS, 0, "image"), IMAGE)
    made = one.decision._replace(patch=tuple(draft.patch), edits=tuple(draft.edits), object=draft.object)
    return one._replace(decision=made)
