"""Rules that put containers in beside those of other rules: which has to run first, and circles among them."""

from collections.abc import Sequence

from webhook.policy.documents import Folder
from webhook.policy.model import SPEC_AT
from webhook.policy.ruleset import Rule


def in_order(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules with each that puts a container in beside another rule's after that one; all else as it was."""
    if not any(rule.parts.beside for rule in rules):
        return tuple(rules)
    ready = iter(_by_need([rule for rule in rules if rule.parts.injects])[0])
    return tuple(next(ready) if rule.parts.injects else rule for rule in rules)


def check_positions(folder: Folder, rules: Sequence[Rule]) -> None:
    """Tell rules that wait for each other: none could be put in first."""
    waiting = _by_need([rule for rule in rules if rule.parts.injects])[1]
    names = " and ".join(f"`{rule.info.id}`" for rule in waiting)
    for document in folder.of("Policy"):
        for rule in waiting:
            if rule.info.policy == document.name:
                index = next(i for i, raw in enumerate(document.spec["rules"]) if raw.get("name") == rule.info.name)
                at = (*SPEC_AT, "rules", index, "sidecar", "position")
                message = f"{names} are put beside each other's containers, so none can come first"
                document.problems.error(at, message, "say it in one of them only", on="key")


def _by_need(rules: Sequence[Rule]) -> tuple[list[Rule], list[Rule]]:
    """Each rule after the one whose container it is put beside; and those that are in a circle, or behind one."""
    waiting, done = list(rules), list[Rule]()
    while waiting:
        free = next((rule for rule in waiting if not _waits(rule, waiting)), None)
        if free is None:
            break
        waiting.remove(free)
        done.append(free)
    return [*done, *waiting], waiting


def _waits(rule: Rule, others: Sequence[Rule]) -> bool:
    return any(rule.parts.beside in other.parts.injects for other in others if other is not rule)
