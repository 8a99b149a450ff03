"""One Policy document -> its rules: parameters filled in, rule types compiled, matches held against each other."""

from collections.abc import Sequence
from typing import Any

from webhook import rule_types
from webhook.admission.finding import Mode, RuleInfo, Severity
from webhook.admission.rule import Compiling, Condition, RuleParts
from webhook.patterns import closest
from webhook.pod.containers import ALL_ROLES, Role
from webhook.pod.image import ImagePatterns
from webhook.policy.exceptions import Exemption, for_rule
from webhook.policy.matching import ContainerMatch, Match
from webhook.policy.model import (
    SPEC_AT,
    Document,
    ExceptionsAllowed,
    Owner,
    PolicySpec,
    ProfileSpec,
    RuleSpec,
)
from webhook.policy.parameters import Parameters
from webhook.policy.rollout import Rollout, constant
from webhook.policy.ruleset import DEFAULT_KINDS, Rule, Selection
from webhook.policy.words import Template
from webhook.source.path import Path
from webhook.source.shape import BROKEN, decode, fields_of, unknown

_COMMON = fields_of(RuleSpec)


class Policies:
    """Compiles policies one by one and remembers what the whole folder refers to."""

    def __init__(self, profile: ProfileSpec, exemptions: Sequence[Exemption]) -> None:
        self.profile = profile
        self.rules: list[Rule] = []
        self._exemptions = exemptions
        self._specs: dict[str, PolicySpec] = {}
        self._named: set[str] = set()
        self._parameters: dict[str, set[str]] = {}

    def compile(self, document: Document) -> None:
        """Compile one policy; its rules are kept when the profile has it in force."""
        parameters = Parameters(document, self.profile.parameters.get(document.name, {}))
        self._parameters[document.name] = set(parameters.values)
        spec: PolicySpec = document.decoded(parameters.filled())
        self._named.add(document.name)
        usable = spec is not BROKEN
        spec = spec if usable else _rules_alone(document.spec)
        self._specs[document.name] = spec
        rules = [self._rule(document, spec, index, raw) for index, raw in enumerate(spec.rules)]
        _refuse_twin_rules(document, spec)
        if usable and self._in_force(document.name):
            self.rules += [rule for rule in rules if rule]

    def check_exempted(self, document: Document, index: int, name: str) -> None:
        """An exception must name a rule that exists, and one whose policy allows it."""
        at: Path = (*SPEC_AT, "rules", index)
        policy = name.partition("/")[0]
        if name not in self._named:
            guess = closest(name, self._named)
            document.problems.error(at, f"there is no rule `{name}`", f"did you mean `{guess}`?" if guess else None)
        elif policy in self._specs:
            self._check_allowance(document, self._specs[policy], at, policy)

    def check_profile(self, document: Document) -> None:
        """A profile must not name policies or parameters that do not exist."""
        policies = {name for name in self._named if "/" not in name}
        for index, glob in enumerate(self.profile.include):
            if not any(glob.matches(name) for name in policies):
                guess = closest(glob.text, policies)
                at = (*SPEC_AT, "include", index)
                document.problems.error(
                    at, f"no policy is called `{glob.text}`", f"did you mean `{guess}`?" if guess else None
                )
        for key, known in (("modes", policies), ("parameters", policies)):
            for name in getattr(self.profile, key).keys() - known:
                unknown(name, known, (*SPEC_AT, key), document.problems)
        for policy in self.profile.parameters.keys() & policies:
            for name in self.profile.parameters[policy].keys() - self._parameters.get(policy, set()):
                unknown(name, self._parameters.get(policy, set()), (*SPEC_AT, "parameters", policy), document.problems)

    def _check_allowance(self, document: Document, spec: PolicySpec, at: Path, policy: str) -> None:
        exemption = next((e for e in self._exemptions if e.name == document.name), None)
        if not spec.exceptions.allowed:
            document.problems.error(at, f"the policy {policy} allows no exceptions")
        elif exemption and spec.exceptions.max_days is not None:
            days = (exemption.spec.expires - exemption.spec.granted).days
            if days > spec.exceptions.max_days:
                cure = f"let it expire earlier: the policy {policy} allows {spec.exceptions.max_days} days"
                document.problems.error((*SPEC_AT, "expires"), f"the exception holds for {days} days", cure)

    def _in_force(self, policy: str) -> bool:
        return not self.profile.include or any(glob.matches(policy) for glob in self.profile.include)

    def _rule(self, document: Document, policy: PolicySpec, index: int, raw: dict[str, Any]) -> Rule | None:
        at: Path = (*SPEC_AT, "rules", index)
        kind = _rule_type(document, raw, at)
        common = {key: value for key, value in raw.items() if key in _COMMON}
        spec: RuleSpec = decode(RuleSpec, common, at, document.problems)
        matches = tuple(match for match in (policy.match, spec.match if spec is not BROKEN else None) if match)
        parts = _parts(document, raw, kind, at, matches) if kind else None
        if spec is BROKEN or parts is None:
            return None
        self._named.add(f"{document.name}/{spec.name}")
        _check_kinds(document, matches, parts, at)
        severity = (spec.severity or policy.severity).severity
        info = RuleInfo(
            policy=document.name,
            name=spec.name,
            title=policy.title,
            why=policy.why,
            severity=severity,
            team=policy.owner.team,
            contact=policy.owner.contact,
            docs=policy.docs,
        )
        return Rule(
            info=info,
            matches=matches,
            rollout=self._rollout(document.name, policy, spec),
            parts=parts,
            selection=_selection(spec.containers, parts),
            when=_conditions(document, spec, at, matches, lifts=severity >= Severity.HIGH or not _fills(parts)),
            message=_template(document, spec.message, (*at, "message")),
            fix=_template(document, spec.fix, (*at, "fix")),
            ratchet=spec.ratchet,
            on_unavailable=Mode.WARN if spec.on_unavailable == "warn" else Mode.ENFORCE,
            exemptions=for_rule(self._exemptions, document.name, spec.name),
        )

    def _rollout(self, name: str, policy: PolicySpec, spec: RuleSpec) -> Rollout:
        """Whose word on the mode counts: the rule's, the profile's for this policy, the policy's, the profile's."""
        own = spec.mode or self.profile.modes.get(name)
        if own:
            return constant(name, own)
        if policy.rollout:
            return Rollout(name, policy.rollout)
        return constant(name, policy.mode or self.profile.mode or Mode.ENFORCE)


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


def _parts(document: Document, raw: dict[str, Any], kind: str, at: Path, matches: Sequence[Match]) -> RuleParts | None:
    module = rule_types.find(kind)
    if module is None:
        return None
    params = decode(module.Params, raw[kind], (*at, kind), document.problems)
    if params is BROKEN:
        return None
    before = len(document.problems.found)
    compiling = Compiling((*at, kind), document.problems, _kinds(matches))
    parts: RuleParts = module.compile(params, compiling)
    failed = any(problem.level == "error" for problem in document.problems.found[before:])
    return None if failed else parts


def _kinds(matches: Sequence[Match]) -> Any:
    named = [match.kinds for match in matches if match.kinds]
    return named[-1] if named else None


def _check_kinds(document: Document, matches: Sequence[Match], parts: RuleParts, at: Path) -> None:
    """Kinds that contradict each other, and kinds that the rule type cannot judge."""
    named = [match.kinds for match in matches if match.kinds]
    if len(named) == 2 and not any(p.covers_pattern(q) for p in named[0] for q in named[1]):
        wanted = ", ".join(map(str, named[0]))
        document.problems.error((*at, "match", "kinds"), f"the policy is about {wanted} only, so this can never match")
    kinds = named[-1] if named else DEFAULT_KINDS
    without = [str(kind) for kind in kinds if not kind.carries_pod]
    if parts.needs_pod and without:
        where: Path = (*at, "match", "kinds") if len(named) == 2 else at
        document.problems.error(where, f"this rule type is about pods, and {', '.join(without)} carries none", on="key")


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
        compile_condition(raw, () if one else (index,), compiling, lifts=lifts) for index, raw in enumerate(spec.when)
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
            document.problems.error(
                (*SPEC_AT, "rules", index, "name"), f"there is another rule `{name}` in this policy"
            )
