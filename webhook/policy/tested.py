"""What the PolicyTest documents of a folder test: each with its policy, and the ruleset that its cases are judged by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from webhook.admission.finding import Mode
from webhook.patterns import closest
from webhook.policy.cases import Judged, PolicyTestSpec, check_names
from webhook.policy.compile import Policies
from webhook.policy.documents import Folder
from webhook.policy.exceptions import Exemption
from webhook.policy.model import SPEC_AT, Document, Parameter, ProfileSpec
from webhook.policy.parameters import mistype
from webhook.policy.ruleset import Ruleset, ordered
from webhook.source.path import Path
from webhook.source.problem import Problem
from webhook.source.shape import BROKEN, Problems, unknown


@dataclass(frozen=True, slots=True)
class Test:
    """A PolicyTest document that can be read, and the policy that it tests."""

    document: Document
    spec: PolicyTestSpec
    policy: Document


def read_tests(folder: Folder, policies: Policies) -> tuple[Test, ...]:
    """Every PolicyTest of the folder; names that refer to nothing in its policy are told at their place."""
    documents = {document.name: document for document in folder.of("Policy")}
    tests = []
    for document in folder.of("PolicyTest"):
        spec: PolicyTestSpec = document.decoded(document.spec)
        if spec is BROKEN:
            continue
        if spec.policy not in documents:
            guess = closest(spec.policy, documents)
            cure = f"did you mean `{guess}`?" if guess else "name the folder that has it with --policies"
            document.problems.error((*SPEC_AT, "policy"), f"there is no policy `{spec.policy}` here", cure)
            continue
        names = (raw.get("name") for raw in policies.specs[spec.policy].rules)
        check_names(spec, tuple(name for name in names if isinstance(name, str)), SPEC_AT, document.problems)
        _check_parameters(document, spec, policies.parameters[spec.policy])
        tests.append(Test(document, spec, documents[spec.policy]))
    return tuple(tests)


def _check_parameters(document: Document, spec: PolicyTestSpec, declared: dict[str, Parameter]) -> None:
    at: Path = (*SPEC_AT, "parameters")
    for name, value in spec.parameters.items():
        if name not in declared:
            unknown(name, declared, at, document.problems)
        elif wrong := mistype(declared[name], value):
            document.problems.error((*at, name), f"the value of `{name}` {wrong}")


def ruleset_of(
    test: Test, judged: Judged, profile: ProfileSpec, exemptions: Sequence[Exemption]
) -> tuple[Ruleset | None, tuple[Problem, ...]]:
    """The one policy of a test, compiled with the test's parameters; without a ruleset, what is wrong with those.

    Enforced, the policy is taken by itself: modes and rollout of policy and Profile, exceptions, and namespaces that
    are left alone play no part, a rule's own mode does. Deployed, it is as the folder has it.
    """
    name = test.policy.name
    parameters = {name: {**profile.parameters.get(name, {}), **test.spec.parameters}}
    problems = Problems(test.policy.problems.place)
    if judged is Judged.ENFORCED:
        profile, exemptions = ProfileSpec(modes={name: Mode.ENFORCE}), ()
    alone = Policies(replace(profile, parameters=parameters), exemptions)
    alone.compile(replace(test.policy, problems=problems))
    if problems.broken:
        return None, tuple(problems.found)
    return Ruleset(ordered(alone.rules), "", exclude_namespaces=alone.profile.exclude_namespaces), ()
