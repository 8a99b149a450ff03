"""One Policy document -> its rules: parameters filled in, rule types compiled, matches held against each other."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from webhook import rule_types
from webhook.admission.finding import Mode, RuleInfo, Severity
from webhook.admission.rule import Compiling, Condition, Declared, RuleParts
from webhook.pod.containers import ALL_ROLES, Role
from webhook.pod.image import ImagePatterns
from webhook.policy.contradictions import Placed, check_containers, check_kinds, named_kinds, tell_dead_steps
from webhook.policy.exceptions import Exemption, for_rule
from webhook.policy.idle import (
    readable_of_scale,
    warn_of_idle_containers,
    warn_of_idle_namespaces,
    warn_of_idle_steps,
    warn_of_windows,
)
from webhook.policy.matching import ContainerMatch, Match
from webhook.policy.model import (
    SPEC_AT,
    Document,
    ExceptionsAllowed,
    Owner,
    Parameter,
    PolicySpec,
    ProfileSpec,
    RuleSpec,
)
from webhook.policy.parameters import Parameters, holds_broken
from webhook.policy.rollout import Rollout, constant
from webhook.policy.ruleset import Rule, Selection, makes
from webhook.policy.showing import check_show
from webhook.policy.words import Template
from webhook.source.path import Path
from webhook.source.shape import BROKEN, decode, fields_of, unknown

_COMMON = fields_of(RuleSpec)


class Written(NamedTuple):
    """A rule as it stands in its document, its parameters filled in: what other rules are held against."""

    document: Document
    at: Path
    kind: str
    raw: dict[str, Any]
    spec: RuleSpec
    placed: tuple[Placed, ...]

    @property
    def conditions(self) -> list[Any]:
        """Its `when`, as it was written."""
        when = self.raw.get("when", [])
        return when if isinstance(when, list) else [when]


class Policies:
    """Compiles policies one by one and remembers what the whole folder refers to."""

    def __init__(self, profile: ProfileSpec, exemptions: Sequence[Exemption], declared: Declared | None = None) -> None:
        self.profile = profile
        self._declared = declared
        self.rules: list[Rule] = []
        self._exemptions = exemptions
        self.specs: dict[str, PolicySpec] = {}
        """Every policy by its name, in force or not."""
        self.named: set[str] = set()
        """Every policy, and every rule as policy/rule: what an Exception may name."""
        self.parameters: dict[str, dict[str, Parameter]] = {}
        self.unreadable: dict[str, set[str]] = {}
        """The names of parameters whose declaration cannot be read, by policy."""
        self.written: dict[str, Written] = {}
        """Every rule that could be compiled, as policy/rule."""

    def compile(self, document: Document) -> None:
        """Compile one policy; its rules are kept when the profile has it in force."""
        parameters = Parameters(document, self.profile.parameters.get(document.name, {}))
        self.parameters[document.name] = parameters.declared
        self.unreadable[document.name] = parameters.broken
        filled = parameters.filled()
        spec: PolicySpec = document.decoded(filled)
        self.named.add(document.name)
        usable = spec is not BROKEN
        spec = spec if usable else _rules_alone(filled)
        self.specs[document.name] = spec
        rules = [self._rule(document, spec, index, raw) for index, raw in enumerate(spec.rules)]
        _refuse_twin_rules(document, spec)
        tell_dead_steps(spec.rollout, (*SPEC_AT, "rollout"), document.problems)
        if usable and self.profile.in_force(document.name):
            self.rules += [rule for rule in rules if rule]

    def _rule(self, document: Document, policy: PolicySpec, index: int, raw: dict[str, Any]) -> Rule | None:
        at: Path = (*SPEC_AT, "rules", index)
        kind = _rule_type(document, raw, at)
        common = {key: value for key, value in raw.items() if key in _COMMON}
        spec: RuleSpec = decode(RuleSpec, common, at, document.problems)
        placed = _placed(policy, spec, at)
        matches = tuple(match for _, match in placed)
        parts = self._parts(document, raw, kind, at, matches) if kind else None
        if spec is BROKEN:
            return None
        self.named.add(f"{document.name}/{spec.name}")
        info = _info(document, policy, spec)
        lifts = info.severity >= Severity.HIGH or (parts is not None and not _fills(parts))
        when = _conditions(document, spec, at, matches, lifts=lifts)
        message = _template(document, spec.message, (*at, "message"))
        fix = _template(document, spec.fix, (*at, "fix"))
        if parts is None:
            return None
        check_kinds(placed, parts, at, document.problems)
        check_containers(spec.containers, parts, (*at, "containers"), named_kinds(placed), document.problems)
        check_show(spec, parts, at, document.problems)
        parts = readable_of_scale(parts, placed, when, at, document.problems)
        rule = Rule(
            info=info,
            matches=matches,
            rollout=self._rollout(document.name, policy, spec),
            parts=parts,
            selection=_selection(spec.containers, parts),
            when=when,
            message=message,
            fix=fix,
            ratchet=spec.ratchet,
            show=spec.show,
            on_unavailable=Mode.WARN if spec.on_unavailable == "warn" else Mode.ENFORCE,
            exemptions=for_rule(self._exemptions, document.name, spec.name),
            makes=makes(parts),
        )
        _warn_of_idle(document, policy, spec, placed, rule, at)
        self.written[rule.info.id] = Written(document, at, kind, raw, spec, placed)
        return rule

    def _parts(
        self, document: Document, raw: dict[str, Any], kind: str, at: Path, matches: Sequence[Match]
    ) -> RuleParts | None:
        module = rule_types.find(kind)
        if module is None:
            return None
        params = decode(module.Params, raw[kind], (*at, kind), document.problems)
        if params is BROKEN or holds_broken(raw[kind]):
            return None
        before = len(document.problems.found)
        about = (_kinds(matches), _narrowed(document, raw))
        parts: RuleParts = module.compile(params, Compiling((*at, kind), document.problems, *about, self._declared))
        failed = any(problem.level == "error" for problem in document.problems.found[before:])
        return None if failed else parts

    def _rollout(self, name: str, policy: PolicySpec, spec: RuleSpec) -> Rollout:
        """Whose word on the mode counts: the rule's, the profile's for this policy, the policy's, the profile's."""
        words = (("rule", spec.mode), ("Profile", self.profile.modes.get(name)))
        for whose, mode in words:
            if mode:
                return constant(name, mode, whose)
        if policy.rollout:
            return Rollout(name, policy.rollout, "policy")
        for whose, mode in (("policy", policy.mode), ("Profile", self.profile.mode)):
            if mode:
                return constant(name, mode, whose)
        return constant(name, Mode.ENFORCE)


def _info(document: Document, policy: PolicySpec, spec: RuleSpec) -> RuleInfo:
    return RuleInfo(
        policy=document.name,
        name=spec.name,
        title=policy.title,
        why=policy.why,
        severity=(spec.severity or policy.severity).severity,
        team=policy.owner.team,
        contact=policy.owner.contact,
        docs=policy.docs,
    )


def _rules_alone(raw: Any) -> PolicySpec:
    """A stand-in for a policy whose own keys are broken, so that what is wrong with its rules is told as well."""
    rules = raw.get("rules") if isinstance(raw, dict) else None
    readable = tuple(rule for rule in rules if isinstance(rule, dict)) if isinstance(rules, list) else ()
    return PolicySpec("", "", Owner("", ""), readable, parameters={}, exceptions=ExceptionsAllowed(True, None))


def _rule_type(document: Document, raw: dict[str, Any], at: Path) -> str:
    """The rule type's key of a rule; "" after telling why there is not exactly one."""
    kinds = [key for key in raw if key in rule_types.names()]
    for key in raw.keys() - _COMMON - set(kinds):
        unknown(key, {*_COMMON, *rule_types.names()}, at, document.problems)
    if len(kinds) == 1:
        return kinds[0]
    if kinds:
        message = f"a rule has one rule type, here are {' and '.join(f'`{kind}`' for kind in kinds)}"
        document.problems.error((*at, kinds[1]), message, "make two rules of it", on="key")
    elif raw.keys() <= _COMMON:
        document.problems.error(
            at, "the rule has no rule type", f"give it one of {', '.join(rule_types.names())}", on="key"
        )
    return ""


def _narrowed(document: Document, raw: dict[str, Any]) -> bool:
    """Whether a rule says anything of what it is about, be it readable or not; operations alone say too little."""
    policy = document.spec if isinstance(document.spec, dict) else {}
    said = [match for match in (policy.get("match"), raw.get("match")) if isinstance(match, dict)]
    return "when" in raw or any(
        key != "operations" and not (key == "kinds" and value == ["*"])
        for match in said
        for key, value in match.items()
    )


def _kinds(matches: Sequence[Match]) -> Any:
    named = [match.kinds for match in matches if match.kinds]
    return named[-1] if named else None


def _placed(policy: PolicySpec, spec: RuleSpec, at: Path) -> tuple[Placed, ...]:
    """The matches that a rule has, the policy's first."""
    own = spec.match if spec is not BROKEN else None
    both = (((*SPEC_AT, "match"), policy.match), ((*at, "match"), own))
    return tuple((where, match) for where, match in both if match)


def _warn_of_idle(
    document: Document, policy: PolicySpec, spec: RuleSpec, placed: Sequence[Placed], rule: Rule, at: Path
) -> None:
    problems = document.problems
    if spec.containers:
        warn_of_idle_containers(rule.parts, rule.when, (*at, "containers"), problems)
    if rule.rollout.can_enforce:
        warn_of_windows(placed, rule.kinds, rule.operations, problems)
    warn_of_idle_namespaces(placed, rule.kinds, problems)
    if rule.rollout.steps is policy.rollout:
        warn_of_idle_steps(policy.rollout, rule.kinds, problems)


def _fills(parts: RuleParts) -> bool:
    """Whether it is a rule that people opt in to: it puts something in."""
    return bool(parts.inject or parts.fill or parts.fill_object)


def _conditions(
    document: Document, spec: RuleSpec, at: Path, matches: Sequence[Match], *, lifts: bool
) -> tuple[Condition, ...]:
    """`lifts` says whether it matters that a condition may be lifted by those whom the rule binds."""
    if not spec.when:
        return ()
    from webhook.admission.compile_statements import compile_condition

    compiling = Compiling((*at, "when"), document.problems, _kinds(matches))
    one = len(spec.when) == 1
    return tuple(
        compile_condition(raw, () if one else (index,), compiling, lifts=lifts)
        for index, raw in enumerate(spec.when)
        if not holds_broken(raw)
    )


def _template(document: Document, text: str, at: Path) -> Template | None:
    if not text:
        return None
    template = decode(Template, text, at, document.problems)
    return None if template is BROKEN else template


def _selection(match: ContainerMatch | None, parts: RuleParts) -> Selection | None:
    """None where the rule is about all containers: nothing has to be chosen per request."""
    roles = frozenset(Role(role) for role in match.of) if match and match.of else parts.roles
    if match is None and roles == ALL_ROLES:
        return None
    images = match.images if match else None
    include = ImagePatterns(images.include) if images and images.include else None
    exclude = ImagePatterns(images.exclude) if images and images.exclude else None
    return Selection(roles, match, include, exclude)


def _refuse_twin_rules(document: Document, spec: PolicySpec) -> None:
    names = [raw.get("name") for raw in spec.rules]
    for index, name in enumerate(names):
        if name is not None and name in names[:index]:
            told = f"there is another rule `{name}` in this policy"
            document.problems.error((*SPEC_AT, "rules", index, "name"), told, "rename one")
