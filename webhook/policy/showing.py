"""`show: false` of a rule: what speaks against it."""

from webhook.admission.rule import OBJECT_PHASES, POD_PHASES, RuleParts
from webhook.policy.model import RuleSpec
from webhook.source.path import Path
from webhook.source.shape import Problems


def check_show(spec: RuleSpec, parts: RuleParts, at: Path, problems: Problems) -> None:
    """A rule that shows nothing of what it finds cannot tell what it puts in, and has no {value} in its words."""
    if spec.show:
        return
    if any(getattr(parts, phase) for phase in (*POD_PHASES, *OBJECT_PHASES)):
        told = "this rule also changes objects, and what it changes is always told"
        problems.error((*at, "show"), told, "make two rules of it, one that only looks", on="key")
    for key, text in (("message", spec.message), ("fix", spec.fix)):
        if "{value}" in text:
            told = "{value} stands here, and with `show: false` no value is shown"
            problems.error((*at, key), told, "leave {value} out, or `show`")
