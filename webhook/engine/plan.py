"""The rules that apply, and how they are judged together: what was fine once needs no second look.

The same few images, amounts and security settings come again and again. Rules that depend on the same parts of an
object (RuleParts.said) form a group: while every part is known to be fine by all of them, none is asked.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from webhook.admission.finding import Mode
from webhook.admission.reading import said_of, varies
from webhook.admission.rule import Reads, Said, Subject
from webhook.policy.ruleset import Rule, Ruleset

MOST = 200_000
"""Characters that a group remembers: they come from users, so they have an end."""

LONGEST = 4_000
"""Characters of one part that is remembered."""


_EACH = 100  # characters that a part takes beside its text, roughly


class Applicable(NamedTuple):
    """A rule that applies, in the mode that it has now and here."""

    rule: Rule
    mode: Mode


class Group:
    """Rules about the same containers that depend on the same parts, and the parts that all of them called fine."""

    __slots__ = ("_known", "_size", "rules", "said")

    def __init__(self, said: Said, rules: tuple[Applicable, ...]) -> None:
        self.said, self.rules = said, rules
        self._known: set[Any] = set()
        self._size = 0

    def knows(self, subject: Subject) -> bool:
        """Whether all that the rules look at is known to be fine."""
        parts = self.said(subject)
        try:
            return parts is not None and self._known.issuperset(parts)
        except TypeError:  # a list or an object stands where a text belongs
            return False

    def learn(self, subject: Subject) -> None:
        """Every rule has been asked about the subject, and none had anything to say."""
        parts = {part for part in self.said(subject) or () if _length(part) <= LONGEST} - self._known
        size = sum(map(_length, parts)) + _EACH * len(parts)
        if self._size + size > MOST:
            self._known, self._size = set(), 0
        if size <= MOST:
            self._known.update(parts)
            self._size += size


class Plan(NamedTuple):
    """Groups, and the rules that are judged one by one."""

    groups: tuple[Group, ...] = ()
    others: tuple[Applicable, ...] = ()
    conditional: tuple[Applicable, ...] = ()
    """Those with a condition, as far as it holds for this request."""

    def holding(self, applicable: Sequence[Applicable]) -> "Plan":
        """The same plan, of the conditional rules with those that still apply."""
        return self._replace(conditional=tuple(one for one in applicable if one.rule.when))

    def joined(self, other: "Plan") -> "Plan":
        """Both, one after the other."""
        return Plan(self.groups + other.groups, self.others + other.others, self.conditional + other.conditional)


def plan_of(applicable: Sequence[Applicable], ruleset: Ruleset) -> Plan:
    """How rules that apply to all requests of a kind and namespace are judged.

    What their groups learn is kept with the ruleset, for all who ask for the same rules.

    A rule with a condition is about other containers for each request, so it is always judged by itself.
    """
    lasting = [one for one in applicable if not one.rule.when]
    key = ("plan", *(one.rule.info.id for one in lasting), *(one.mode for one in lasting))
    known: Plan | None = ruleset.memo.get(key)
    if known is None:
        known = ruleset.memo[key] = _planned(lasting)
    return known.holding(applicable) if len(lasting) < len(applicable) else known


def plan_apart(applicable: Sequence[Applicable], ruleset: Ruleset) -> Plan:
    """The same for rules that the request chose, by its labels or by who asks: each remembers by itself.

    There are as many sets of them as users care to make, and only so many rules.
    """
    plan = Plan()
    for one in applicable:
        key = ("alone", one.rule.info.id, one.mode)
        if one.rule.when:
            plan = plan.joined(Plan(conditional=(one,)))
            continue
        if key not in ruleset.memo:
            ruleset.memo[key] = _planned((one,))
        plan = plan.joined(ruleset.memo[key])
    return plan


def _planned(applicable: Iterable[Applicable]) -> Plan:
    sharing: dict[tuple[Said, Hashable], list[Applicable]] = {}
    reading: dict[tuple[Hashable, Hashable], list[Applicable]] = {}
    others = []
    for one in applicable:
        reads = one.rule.parts.reads
        if one.rule.parts.said is not None:
            sharing.setdefault((one.rule.parts.said, _containers(one.rule)), []).append(one)
        elif reads is None or (one.rule.parts.fine is not None and _is_about_this_pod(reads)):
            others.append(one)
        else:
            dear = one.rule.parts.fine is None  # not to be asked because another rule of its group found something
            key = reads if dear or varies(reads) else reads.whole
            reading.setdefault((key, _containers(one.rule)), []).append(one)
    groups = [Group(said, tuple(rules)) for (said, _), rules in sharing.items()]
    return Plan((*groups, *map(_reading, reading.values())), tuple(others))


def _reading(rules: list[Applicable]) -> Group:
    """Rules that read little that differs from pod to pod, or the same of what does, as one group."""
    reads = [one.rule.parts.reads for one in rules if one.rule.parts.reads is not None]
    parts = frozenset(part for one in reads for part in one.parts)
    return Group(said_of(parts, whole=reads[0].whole), tuple(rules))


def _is_about_this_pod(reads: Reads) -> bool:
    """Whether it reads the pod's own names and labels, which a short answer is cheaper for."""
    return varies(reads) and not any(about == "container" for about, _ in reads.parts)


def _containers(rule: Rule) -> Hashable:
    """Equal for rules that are about the same containers."""
    selection = rule.selection
    return None if selection is None else selection.roles if selection.of_roles_alone else rule.info.id


def _length(part: Any) -> int:
    """How many characters a part has; too many for one that holds more than texts, for 1 equals true."""
    if isinstance(part, tuple):
        return sum(map(_length, part))
    return len(part) if isinstance(part, str) else 0 if part is None else LONGEST + 1
