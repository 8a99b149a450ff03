"""Names in Exceptions and Profiles that refer to policies, rules and parameters: each must mean something."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from webhook.admission.finding import Mode
from webhook.admission.names import Names, swallowed
from webhook.patterns import closest
from webhook.policy.compile import Policies
from webhook.policy.contradictions import disjoint
from webhook.policy.exceptions import Exemption
from webhook.policy.model import SPEC_AT, Document, PolicySpec, ProfileSpec
from webhook.policy.parameters import mistype
from webhook.policy.ruleset import Rule
from webhook.source.path import Path
from webhook.source.shape import unknown


def rules_by_name(rules: Iterable[Rule]) -> dict[str, list[Rule]]:
    """The rules in force by policy/rule, and all of a policy by its name."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        for name in (rule.info.policy, rule.info.id):
            found.setdefault(name, []).append(rule)
    return found


def check_exception(
    document: Document, exemption: Exemption | None, policies: Policies, in_force: Mapping[str, Sequence[Rule]]
) -> None:
    """An exception must name rules that exist, whose policy allows it, and it should be good for something.

    `exemption` is None where the document's other keys are broken; `in_force` is what rules_by_name gives.
    """
    rules = document.spec.get("rules") if isinstance(document.spec, dict) else None
    names = rules if isinstance(rules, list) else []
    for index, name in enumerate(names):
        if not isinstance(name, str):
            continue
        at: Path = (*SPEC_AT, "rules", index)
        policy = policies.specs.get(name.partition("/")[0])
        if name not in policies.named:
            document.problems.error(at, f"there is no rule `{name}`", _meant(name, policies.named))
        elif policy is not None:
            _check_allowance(document, exemption, name.partition("/")[0], policy, at)
            if exemption:
                _warn_of_no_effect(document, exemption, name, policies, in_force.get(name, ()), at)
        _warn_of_twice(document, name, names[:index], names, at)
    if exemption:
        _warn_of_everywhere(document, exemption)


def check_profile(document: Document, profile: ProfileSpec, policies: Policies) -> None:
    """A profile must not name policies or parameters that do not exist."""
    problems = document.problems
    for index, glob in enumerate(profile.include):
        if not any(glob.matches(name) for name in policies.specs):
            told = f"no policy is called `{glob.text}`"
            problems.error((*SPEC_AT, "include", index), told, _meant(glob.text, policies.specs))
    for key, given in (("modes", profile.modes), ("parameters", profile.parameters)):
        for name in _strangers(given, policies.specs):
            told = f"no policy is called `{name}`"
            problems.error((*SPEC_AT, key, name), told, _meant(name, policies.specs), on="key")
        for name in given.keys() & policies.specs.keys():
            if not profile.in_force(name):
                told = f"this has no effect: the policy {name} is not in force here"
                problems.warning((*SPEC_AT, key, name), told, "name it under `include`, or leave this out", on="key")
    for name in profile.parameters.keys() & policies.parameters.keys():
        _check_values(document, profile.parameters[name], name, policies)
    if any(set(glob.text) == {"*"} for glob in profile.exclude_namespaces):
        told = "this leaves every namespace alone, so no rule would ever apply"
        problems.error((*SPEC_AT, "excludeNamespaces"), told, "name the namespaces that are left alone")


def _check_values(document: Document, given: Mapping[str, Any], policy: str, policies: Policies) -> None:
    declared = policies.parameters[policy]
    at: Path = (*SPEC_AT, "parameters", policy)
    for name, value in given.items():
        if name in policies.unreadable[policy]:
            continue
        if name not in declared:
            unknown(name, declared, at, document.problems)
        elif wrong := mistype(declared[name], value):
            document.problems.error((*at, name), f"the Profile's value of `{name}` {wrong}")


def _check_allowance(document: Document, exemption: Exemption | None, name: str, policy: PolicySpec, at: Path) -> None:
    if not policy.exceptions.allowed:
        cure = f"ask {policy.owner.team or 'its owner'}: only the policy can allow them"
        document.problems.error(at, f"the policy {name} allows no exceptions", cure)
    elif exemption and policy.exceptions.max_days is not None:
        days = (exemption.spec.expires - exemption.spec.granted).days
        if days > policy.exceptions.max_days:
            cure = f"let it expire earlier: the policy {name} allows {policy.exceptions.max_days} days"
            document.problems.error((*SPEC_AT, "expires"), f"the exception holds for {days} days", cure)


def _warn_of_twice(document: Document, name: str, before: Sequence[Any], names: Sequence[Any], at: Path) -> None:
    policy, slash, _ = name.partition("/")
    if name in before:
        document.problems.warning(at, f"`{name}` is named twice", "leave one out")
    elif slash and policy in names:
        document.problems.warning(at, f"`{policy}` means all of its rules, this one too", "leave one out")


def _warn_of_no_effect(
    document: Document, exemption: Exemption, name: str, policies: Policies, rules: Sequence[Rule], at: Path
) -> None:
    """`rules` are those that are meant and in force."""
    policy, match = name.partition("/")[0], exemption.spec.match
    what = f"`{name}`" if name != policy else f"the policy {name}"
    namespaces: Path = (*SPEC_AT, "match", "namespaces")
    if not policies.profile.in_force(policy):
        document.problems.warning(at, f"this has no effect: the policy {policy} is not in force here")
    elif rules and all(_is_off(rule) for rule in rules):
        document.problems.warning(at, f"this has no effect: the mode of {what} is off")
    elif rules and all(_is_elsewhere(rule, match.namespaces) for rule in rules):
        document.problems.warning(namespaces, f"this has no effect: {what} is not about these namespaces")
    elif swallowed(Names(match.namespaces.include, policies.profile.exclude_namespaces)):
        document.problems.warning(namespaces, "this has no effect: the Profile leaves these namespaces alone")
    elif match.images and rules and not any(_finds_in_containers(rule, policies) for rule in rules):
        told = f"this has no effect on {what}: what it finds is in no container"
        document.problems.warning((*SPEC_AT, "match", "images"), told, "leave `images` out", on="key")


def _finds_in_containers(rule: Rule, policies: Policies) -> bool:
    return rule.parts.about_containers or policies.written[rule.info.id].kind == "sidecar"


def _is_off(rule: Rule) -> bool:
    return all(step.mode is Mode.OFF for step in rule.rollout.steps)


def _is_elsewhere(rule: Rule, namespaces: Names) -> bool:
    return any(match.namespaces and disjoint(match.namespaces, namespaces) for match in rule.matches)


def _warn_of_everywhere(document: Document, exemption: Exemption) -> None:
    namespaces = exemption.spec.match.namespaces
    at: Path = (*SPEC_AT, "match", "namespaces")
    if swallowed(namespaces):
        told = "this exception is for nobody: `exclude` leaves out everything"
        document.problems.error(at, told, "what is left out wins; narrow `exclude`", on="key")
    elif any(set(glob.text) == {"*"} for glob in namespaces.include):
        told = "this exception is for every namespace"
        document.problems.warning(at, told, "name the namespaces, or change the policy itself", on="key")


def _strangers(given: Collection[str], known: Collection[str]) -> Iterator[str]:
    return (name for name in given if name not in known)


def _meant(name: str, known: Collection[str]) -> str | None:
    guess = closest(name, known)
    return f"did you mean `{guess}`?" if guess else None
