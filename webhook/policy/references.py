"""Names in Exceptions and Profiles that refer to policies, rules and parameters: each must mean something."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from webhook.admission.finding import Mode
from webhook.patterns import closest
from webhook.policy.compile import Policies
from webhook.policy.contradictions import disjoint, swallowed
from webhook.policy.exceptions import Exemption
from webhook.policy.matching import Names
from webhook.policy.model import SPEC_AT, Document, PolicySpec, ProfileSpec
from webhook.policy.parameters import mistype
from webhook.source.path import Path
from webhook.source.shape import unknown


def check_exception(document: Document, exemption: Exemption | None, policies: Policies) -> None:
    """An exception must name rules that exist, whose policy allows it, and it should be good for something.

    `exemption` is None where the document's other keys are broken.
    """
    rules = document.spec.get("rules") if isinstance(document.spec, dict) else None
    for index, name in enumerate(rules if isinstance(rules, list) else []):
        if not isinstance(name, str):
            continue
        at: Path = (*SPEC_AT, "rules", index)
        policy = policies.specs.get(name.partition("/")[0])
        if name not in policies.named:
            document.problems.error(at, f"there is no rule `{name}`", _meant(name, policies.named))
        elif policy is not None:
            _check_allowance(document, exemption, name.partition("/")[0], policy, at)
            if exemption:
                _warn_of_no_effect(document, exemption, name, policies, at)
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


def _warn_of_no_effect(document: Document, exemption: Exemption, rule: str, policies: Policies, at: Path) -> None:
    name = rule.partition("/")[0]
    policy, namespaces = policies.specs[name], exemption.spec.match.namespaces
    if not policies.profile.in_force(name):
        document.problems.warning(at, f"this has no effect: the policy {name} is not in force here")
    elif policy.mode is Mode.OFF:
        document.problems.warning(at, f"this has no effect: the mode of the policy {name} is off")
    elif policy.match and policy.match.namespaces and disjoint(policy.match.namespaces, namespaces):
        told = f"this has no effect: the policy {name} is not about these namespaces"
        document.problems.warning((*SPEC_AT, "match", "namespaces"), told)
    elif swallowed(Names(namespaces.include, policies.profile.exclude_namespaces)):
        told = "this has no effect: the Profile leaves these namespaces alone"
        document.problems.warning((*SPEC_AT, "match", "namespaces"), told)


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
