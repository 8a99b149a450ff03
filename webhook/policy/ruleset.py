"""A ruleset: rules compiled from a folder, ready to be asked. Everything that can be known at load is bound here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from webhook.admission.finding import Mode, RuleInfo
from webhook.admission.kinds import POD_CARRIERS, SCALED, KindPattern
from webhook.admission.request import GroupKind, Operation, Request
from webhook.admission.rule import OBJECT_PHASES, POD_PHASES, Check, Condition, RuleParts
from webhook.patterns import Glob
from webhook.pod.containers import Container, Pod, Role
from webhook.pod.image import Image, ImagePatterns
from webhook.policy.exceptions import Exemption
from webhook.policy.matching import ContainerMatch, Match
from webhook.policy.rollout import Rollout
from webhook.policy.trusted import NOBODY, Trusted
from webhook.policy.words import Template

DEFAULT_KINDS = tuple(KindPattern(kind.group, kind.kind) for kind in POD_CARRIERS)
DEFAULT_OPERATIONS = (Operation.CREATE, Operation.UPDATE)


class Selection:
    """Which containers and image volumes a rule is about, compiled from `containers` and the rule type's own."""

    __slots__ = ("exclude", "include", "match", "roles")

    def __init__(
        self,
        roles: frozenset[Role],
        match: ContainerMatch | None,
        include: ImagePatterns | None,
        exclude: ImagePatterns | None,
    ) -> None:
        self.roles = roles
        self.match = match
        self.include = include
        self.exclude = exclude

    def containers(self, pod: Pod) -> tuple[Container, ...]:
        """The pod's containers that are meant."""
        if self.of_roles_alone:
            roles = tuple(self.roles)  # comparing is cheaper than a role's hash
            meant = tuple([c for c in pod.containers if c.role in roles])
        else:
            meant = tuple(c for c in pod.containers if self.means(c))
        return meant if len(meant) < len(pod.containers) else pod.containers

    @property
    def of_roles_alone(self) -> bool:
        """Whether nothing but the role of a container matters."""
        return self.match is None and self.include is None and self.exclude is None

    def covers_volume(self, image: str) -> bool:
        """Image volumes are meant unless the rule says which containers it is about."""
        narrowed = self.match and (self.match.of or (self.match.names and self.match.names.include))
        return not narrowed and self._image(image)

    def means(self, container: Container) -> bool:
        """Whether this container is meant."""
        return container.role in self.roles and self._names(container.name) and self._image(container.image)

    def _names(self, name: str) -> bool:
        return not self.match or self.match.names is None or self.match.names.covers(name)

    def _image(self, text: str) -> bool:
        if self.include is None and self.exclude is None:
            return True
        try:
            image = Image.parse(text)
        except ValueError:
            return self.include is None  # an image that cannot be read is never left out
        if self.exclude is not None and self.exclude.covers(image):
            return False
        return self.include is None or self.include.covers(image)


class Rule(NamedTuple):
    """One rule, compiled: when it applies, what it checks and makes so, and what people are told."""

    info: RuleInfo
    matches: tuple[Match, ...]
    rollout: Rollout
    parts: RuleParts
    selection: Selection | None = None
    when: tuple[Condition, ...] = ()
    message: Template | None = None
    fix: Template | None = None
    ratchet: bool = True
    show: bool = True
    """Whether what it finds may be told."""
    on_unavailable: Mode = Mode.ENFORCE
    exemptions: tuple[Exemption, ...] = ()
    makes: bool = False
    """Whether it changes objects."""

    @property
    def kinds(self) -> tuple[KindPattern, ...]:
        """The kinds it is about: the innermost match that names any."""
        named = [match.kinds for match in self.matches if match.kinds]
        return named[-1] if named else DEFAULT_KINDS

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations it is about: the innermost match that names any."""
        named = [match.operations for match in self.matches if match.operations]
        return named[-1] if named else DEFAULT_OPERATIONS

    def covers(self, kind: GroupKind, subresource: str, operation: Operation) -> bool:
        """Whether requests of this kind and operation concern it: every match that names kinds must agree."""
        return operation in self.operations and self.other_kinds(kind, subresource) is None

    def other_kinds(self, kind: GroupKind, subresource: str) -> tuple[KindPattern, ...] | None:
        """The kinds that a match names without this one; None where every match agrees to it."""
        for kinds in [match.kinds for match in self.matches if match.kinds] or [DEFAULT_KINDS]:
            if not any(self._means(pattern, kind, subresource) for pattern in kinds):
                return kinds
        return None

    def checks(self, subresource: str) -> tuple[Check, ...]:
        """What it checks; of a Scale only what it says of replicas, unless it names the subresource."""
        if subresource != "scale" or any(pattern.subresource for pattern in self.kinds):
            return self.parts.checks
        return self.parts.of_scale

    def _means(self, pattern: KindPattern, kind: GroupKind, subresource: str) -> bool:
        """Whether a pattern covers it; a rule about replicas covers the subresource that changes them."""
        if subresource == "scale" and self.parts.of_scale and kind in SCALED and pattern.covers(kind, ""):
            return True
        return pattern.covers(kind, subresource)

    def exemptions_for(self, request: Request) -> tuple[Exemption, ...]:
        """The exemptions that concern this request."""
        return tuple(exemption for exemption in self.exemptions if exemption.covers(request))


class Ruleset:
    """Every rule of a folder that is in force; `revision` changes with any of its bytes."""

    __slots__ = ("exclude_namespaces", "memo", "profile", "revision", "rules", "trusted")

    def __init__(
        self,
        rules: tuple[Rule, ...],
        revision: str,
        profile: str = "",
        exclude_namespaces: tuple[Glob, ...] = (),
        trusted: Trusted = NOBODY,
    ) -> None:
        self.rules = rules
        self.revision = revision
        self.profile = profile
        self.exclude_namespaces = exclude_namespaces
        self.trusted = trusted
        """The registries that may be asked, and those whose signatures count."""
        self.memo: dict[Any, Any] = {}
        """Where engine/match.py keeps which rules concern which kind and namespace; bounded there."""

    def changed(self, **values: Any) -> "Ruleset":
        """The same with other values, and nothing remembered."""
        known = (name for name in self.__slots__ if name != "memo")
        return Ruleset(**{**{name: getattr(self, name) for name in known}, **values})

    def leaves_alone(self, namespace: str) -> bool:
        """Whether the Profile leaves this namespace alone."""
        return any(glob.matches(namespace) for glob in self.exclude_namespaces)

    @property
    def policies(self) -> tuple[str, ...]:
        """The names of the policies in force."""
        return tuple(dict.fromkeys(rule.info.policy for rule in self.rules))

    def can_deny(self) -> bool:
        """Whether any rule enforces, now or later; while none does, the webhook may fail open."""
        return any(rule.rollout.can_enforce for rule in self.rules)

    def next_enforcement(self, rule_id: str, now: datetime) -> str:
        """The day on which a rule starts to deny somewhere; "" where none lies ahead."""
        found = next((rule for rule in self.rules if rule.info.id == rule_id), None)
        return found.rollout.next_enforcement(now) if found else ""


def makes(parts: RuleParts) -> bool:
    """Whether a rule with these parts changes objects."""
    return any(getattr(parts, phase) for phase in (*POD_PHASES, *OBJECT_PHASES))


def ordered(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Rules by policy and name: the order of files and documents never matters."""
    return tuple(sorted(rules, key=lambda rule: rule.info.id))
