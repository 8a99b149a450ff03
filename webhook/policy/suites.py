"""The PolicyTest documents of a folder: each with its policy, and the ruleset that its cases are judged by."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from webhook.admission.finding import Mode
from webhook.patterns import closest
from webhook.policy.cases import Case, Judged, PolicyTestSpec
from webhook.policy.compile import Policies
from webhook.policy.documents import Folder
from webhook.policy.exceptions import Exemption
from webhook.policy.model import SPEC_AT, Document, Parameter, ProfileSpec
from webhook.policy.parameters import mistype
from webhook.policy.ruleset import Ruleset, ordered
from webhook.source.declare import changed
from webhook.source.path import Path
from webhook.source.problem import Problem
from webhook.source.shape import BROKEN, Problems, unknown


class Suite(NamedTuple):
    """A PolicyTest document that can be read, and the policy that it tests."""

    document: Document
    spec: PolicyTestSpec
    policy: Document


def read_suites(folder: Folder, policies: Policies) -> tuple[Suite, ...]:
    """Every PolicyTest of the folder; names that refer to nothing in its policy are told at their place."""
    documents = {document.name: document for document in folder.of("Policy")}
    suites = []
    for document in folder.of("PolicyTest"):
        spec: PolicyTestSpec = document.decoded(document.spec)
        if spec is BROKEN:
            continue
        if spec.policy not in documents:
            guess = closest(spec.policy, documents)
            cure = f"did you mean `{guess}`?" if guess else "name the folder that has it with --policies"
            document.problems.error((*SPEC_AT, "policy"), f"there is no policy `{spec.policy}` here", cure)
            continue
        named = (raw.get("name") for raw in policies.specs[spec.policy].rules)
        _check_names(document, spec, tuple(name for name in named if isinstance(name, str)))
        _check_parameters(document, spec, policies.parameters[spec.policy])
        suites.append(Suite(document, spec, documents[spec.policy]))
    return tuple(suites)


def _check_names(document: Document, spec: PolicyTestSpec, rules: tuple[str, ...]) -> None:
    """Cases with one name, and names of rules that the policy does not have."""
    seen: set[str] = set()
    for index, case in enumerate(spec.cases):
        here: Path = (*SPEC_AT, "cases", index)
        if case.name in seen:
            told = f"there is another case `{case.name}`"
            document.problems.error((*here, "name"), told, "give it a name of its own")
        seen.add(case.name)
        for where, name in _named_rules(case, (*here, "expect")):
            if name not in rules:
                guess = closest(name, rules)
                cure = f"did you mean `{guess}`?" if guess else f"its rules: {', '.join(rules)}"
                document.problems.error(where, f"the policy {spec.policy} has no rule `{name}`", cure)


def _named_rules(case: Case, at: Path) -> Iterator[tuple[Path, str]]:
    for index, finding in enumerate(case.expect.findings or ()):
        yield (*at, "findings", index, "rule"), finding.rule
    for index, name in enumerate(case.expect.warnings or ()):
        yield (*at, "warnings", index), name


def _check_parameters(document: Document, spec: PolicyTestSpec, declared: dict[str, Parameter]) -> None:
    at: Path = (*SPEC_AT, "parameters")
    for name, value in spec.parameters.items():
        if name not in declared:
            unknown(name, declared, at, document.problems)
        elif wrong := mistype(declared[name], value):
            document.problems.error((*at, name), f"the value of `{name}` {wrong}")


def ruleset_of(
    suite: Suite, judged: Judged, profile: ProfileSpec, exemptions: Sequence[Exemption]
) -> tuple[Ruleset | None, tuple[Problem, ...]]:
    """The one policy of a test, compiled with the test's parameters; without a ruleset, what is wrong with those.

    Enforced, the policy is taken by itself: modes and rollout of policy and Profile, exceptions, and namespaces that
    are left alone play no part, a rule's own mode does. Deployed, it is as the folder has it.
    """
    name = suite.policy.name
    parameters = {name: {**profile.parameters.get(name, {}), **suite.spec.parameters}}
    policy = suite.policy
    document = Document(policy.kind, name, policy.spec, Problems(policy.problems.place), policy.file)
    if judged is Judged.ENFORCED:
        profile, exemptions = ProfileSpec(modes={name: Mode.ENFORCE}), ()
    alone = Policies(changed(profile, parameters=parameters), exemptions)
    alone.compile(document)
    if document.problems.broken:
        return None, tuple(document.problems.found)
    return Ruleset(ordered(alone.rules), "", exclude_namespaces=alone.profile.exclude_namespaces), ()
