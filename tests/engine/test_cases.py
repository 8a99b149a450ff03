"""Cases: which request each describes, and what is said where it comes out otherwise."""

from typing import Any

import pytest

from tests.objects import policy
from tests.rule_types.evidence_rule import authority
from webhook.admission.request import Operation, Request, User
from webhook.engine.cases import Judgement, judge_case
from webhook.policy.load import read
from webhook.policy.suites import ruleset_of
from webhook.source.problem import Level

IMAGE = "registry.corp.example/shop/web:1.4.2"
OURS = policy("- {name: ours, images: {from: [registry.corp.example]}}")
TAG = policy(
    "- {name: tag, images: {tag: {forbid: [latest]}}}\n- {name: ours, images: {from: [registry.corp.example]}}"
)
FILLED = policy("- {name: drop, podSecurity: {level: restricted, only: [capabilities], fill: true}}")
DROPPED = {"op": "add", "path": "/spec/containers/0/securityContext", "value": {"capabilities": {"drop": ["ALL"]}}}


@pytest.fixture
def judge(tmp_path: Any) -> Any:
    """judge(case, rules, spec): what became of a case, with its keys as YAML text."""

    def judged(case: str, rules: str = OURS, spec: str = "", given: dict[str, Any] | None = None) -> Judgement:
        test = (
            "---\napiVersion: doorward.dev/v1\nkind: PolicyTest\nmetadata: {name: t}\n"
            f"spec:\n  policy: p\n{spec}  cases:\n  - {{name: c, {case}}}\n"
        )
        (tmp_path / "rules.yaml").write_text(rules + test, encoding="utf-8")
        loading = read([str(tmp_path)], tests=True)
        assert [problem for problem in loading.problems if problem.level is Level.ERROR] == []
        [suite] = loading.suites
        [one] = suite.spec.cases
        ruleset, problems = ruleset_of(suite, one.as_ or suite.spec.as_, loading.profile, loading.exemptions)
        assert ruleset is not None, problems
        return judge_case(one, suite.spec, ruleset, given)

    return judged


def differences(judgement: Judgement) -> list[tuple[Any, Any, Any]]:
    return [(mismatch.at[1:], mismatch.expected, mismatch.found) for mismatch in judgement.mismatches]


def pod_of(request: Request) -> Any:
    assert request.object is not None
    return request.object


def test_without_a_tweak_it_is_the_creation_of_a_pod_with_one_container_by_nobody_in_shop(judge: Any) -> None:
    asked = judge("expect: allowed").request
    assert (asked.operation, str(asked.kind), asked.namespace, asked.name) == (Operation.CREATE, "Pod", "shop", "web")
    assert (asked.user, asked.old_object, asked.subresource) == (None, None, "")
    [container] = pod_of(asked)["spec"]["containers"]
    assert (container["name"], container["image"]) == ("web", IMAGE)


def test_a_tweak_goes_over_the_base_and_null_takes_away(judge: Any) -> None:
    spec = "  base: {labels: {app: web, team: shop}, spec: {hostNetwork: true}}\n"
    asked = judge(
        "with: {labels: {team: null}, annotations: {a: b}, spec: {hostNetwork: null}}, expect: allowed", spec=spec
    )
    metadata = pod_of(asked.request)["metadata"]
    assert (metadata["labels"], metadata["annotations"]) == ({"app": "web"}, {"a": "b"})
    assert "hostNetwork" not in pod_of(asked.request)["spec"]


def test_containers_get_a_name_and_the_first_ones_image(judge: Any) -> None:
    case = "with: {image: 'a.example/x:1', initContainer: {tty: true}, container: {stdin: true}}, expect: denied"
    spec = pod_of(judge(case).request)["spec"]
    assert [(one["name"], one["image"]) for one in spec["initContainers"]] == [("init", "a.example/x:1")]
    assert [(one["name"], one["image"], one["stdin"]) for one in spec["containers"]] == [("web", "a.example/x:1", True)]


def test_all_containers_may_be_given(judge: Any) -> None:
    case = "with: {containers: [{name: a}, {name: b, image: 'b.example/b:1'}]}, expect: denied"
    spec = pod_of(judge(case).request)["spec"]
    assert [(one["name"], one["image"]) for one in spec["containers"]] == [("a", IMAGE), ("b", "b.example/b:1")]


@pytest.mark.parametrize(
    ("kind", "api_version", "path"),
    [
        ("Deployment", "apps/v1", "spec.template.spec.containers[0].image"),
        ("StatefulSet", "apps/v1", "spec.template.spec.containers[0].image"),
        ("DaemonSet", "apps/v1", "spec.template.spec.containers[0].image"),
        ("ReplicaSet", "apps/v1", "spec.template.spec.containers[0].image"),
        ("ReplicationController", "v1", "spec.template.spec.containers[0].image"),
        ("Job", "batch/v1", "spec.template.spec.containers[0].image"),
        ("CronJob", "batch/v1", "spec.jobTemplate.spec.template.spec.containers[0].image"),
        ("PodTemplate", "v1", "template.spec.containers[0].image"),
    ],
)
def test_a_workload_carries_the_pod(judge: Any, kind: str, api_version: str, path: str) -> None:
    expect = f"expect: {{decision: denied, findings: [{{rule: ours, path: '{path}'}}]}}"
    judgement = judge(f"with: {{image: nginx, labels: {{a: b}}}}, workload: {kind}, {expect}")
    assert differences(judgement) == []
    obj = pod_of(judgement.request)
    assert (obj["apiVersion"], obj["kind"], obj["metadata"]["name"]) == (api_version, kind, "web")


def test_a_debug_container_comes_on_its_own_subresource_to_the_pod_that_was_there(judge: Any) -> None:
    case = "with: {ephemeralContainer: {image: busybox}}, operation: UPDATE, expect: {decision: denied, findings: "
    judgement = judge(case + "[{rule: ours, path: 'spec.ephemeralContainers[0].image', action: deny}]}")
    assert (differences(judgement), judgement.request.subresource) == ([], "ephemeralcontainers")
    assert "ephemeralContainers" not in judgement.request.old_object["spec"]


def test_an_old_object_makes_it_an_update_and_is_another_tweak_of_the_base(judge: Any) -> None:
    case = (
        "with: {image: nginx, labels: {a: b}}, oldObject: {image: nginx}, expect: {decision: allowed, warnings: [ours]}"
    )
    judgement = judge(case)
    assert (differences(judgement), judgement.request.operation) == ([], Operation.UPDATE)
    assert judgement.request.old_object["spec"]["containers"][0]["image"] == "nginx"


def test_a_whole_old_object_is_taken_as_it_is(judge: Any) -> None:
    case = "oldObject: {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: []}}, expect: allowed"
    assert judge(case).request.old_object["spec"]["containers"] == []


def test_a_whole_object_may_be_tweaked_where_it_carries_its_pod(judge: Any) -> None:
    obj = (
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: pay}, "
        "spec: {template: {spec: {containers: [{name: api, image: 'registry.corp.example/api:1'}]}}}}"
    )
    asked = judge(f"object: {obj}, with: {{image: nginx, metadata: {{labels: {{a: b}}}}}}, expect: denied").request
    assert (asked.namespace, asked.name, asked.object["metadata"]["labels"]) == ("pay", "api", {"a": "b"})
    assert asked.object["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx"


def test_the_object_of_a_file_is_handed_in(judge: Any) -> None:
    given = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"image": "nginx"}]}}
    assert differences(judge("file: x.yaml, expect: denied", given=given)) == []


def test_a_shell_is_asked_for_on_the_pod(judge: Any) -> None:
    rules = policy("- {name: no-shell, match: {kinds: [Pod/exec], operations: [CONNECT]}, refuse: no shell}")
    judgement = judge(
        "operation: CONNECT, subresource: exec, expect: {findings: [{rule: no-shell, path: (object)}]}", rules
    )
    asked = judgement.request
    assert (differences(judgement), str(asked.kind), asked.name) == ([], "Pod", "web")
    assert asked.object["kind"] == "PodExecOptions"


def test_scaling_is_asked_for_on_the_workload(judge: Any) -> None:
    case = "workload: Deployment, subresource: scale, operation: UPDATE, object: "
    asked = judge(case + "{apiVersion: autoscaling/v1, kind: Scale, spec: {replicas: 2}}, expect: allowed").request
    assert (str(asked.kind), asked.subresource, asked.object["kind"]) == ("apps/Deployment", "scale", "Scale")


def test_a_deletion_is_of_the_object(judge: Any) -> None:
    asked = judge("operation: DELETE, expect: allowed").request
    assert (asked.object, asked.old_object["kind"]) == (None, "Pod")


def test_the_user_of_the_case_goes_before_the_documents(judge: Any) -> None:
    spec = "  user: {name: alice}\n"
    assert judge("expect: allowed", spec=spec).request.user == User("alice", ("system:authenticated",))
    asked = judge("user: {name: bob, groups: [dev]}, expect: allowed", spec=spec).request
    assert asked.user == User("bob", ("dev",))


def test_without_a_user_a_rule_about_users_is_undecided(judge: Any) -> None:
    rules = policy("- {name: ours, match: {users: {exclude: {names: [root]}}}, images: {from: [a.example]}}")
    assert differences(judge("expect: undecided", rules)) == []
    assert differences(judge("user: {name: root}, expect: allowed", rules)) == []


def test_a_namespace_has_the_labels_that_the_case_gives_it_and_no_others(judge: Any) -> None:
    rules = policy(
        "- {name: ours, match: {namespaceSelector: {matchLabels: {tier: prod}}}, images: {from: [a.example]}}"
    )
    assert differences(judge("expect: allowed", rules)) == []
    assert differences(judge("namespace: {labels: {tier: prod}}, expect: denied", rules)) == []
    assert differences(judge("namespace: {known: false}, expect: undecided", rules)) == []


def test_a_case_that_says_no_moment_always_has_the_same(judge: Any) -> None:
    rules = policy(
        "- {name: ours, match: {during: {days: [thu], from: '12:00', to: '12:01'}}, images: {from: [a.example]}}"
    )
    assert differences(judge("expect: denied", rules)) == []
    assert differences(judge("now: 2026-01-01T12:01:00Z, expect: allowed", rules)) == []
    assert differences(judge("now: 2026-01-01, expect: allowed", rules)) == []


def test_modes_rollout_and_profile_play_no_part_unless_the_policy_is_judged_as_deployed(judge: Any) -> None:
    profile = (
        "---\napiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {name: x}\nspec: {excludeNamespaces: [left]}\n"
    )
    rules = policy("- {name: ours, images: {from: [a.example]}}", rollout="[{mode: warn, from: 2027-01-01}]") + profile
    for case in ("expect: denied", "namespace: {name: left}, expect: denied"):
        assert differences(judge(case, rules)) == []
    assert differences(judge("as: deployed, expect: {decision: allowed, findings: []}", rules)) == []
    assert (
        differences(judge("as: deployed, now: 2027-01-01, expect: {decision: allowed, warnings: [ours]}", rules)) == []
    )
    left = "as: deployed, now: 2027-01-01, namespace: {name: left}, expect: {findings: []}"
    assert differences(judge(left, rules)) == []


def test_a_rules_own_mode_is_part_of_what_it_says(judge: Any) -> None:
    rules = policy("- {name: ours, mode: warn, images: {from: [a.example]}}", mode="audit")
    assert differences(judge("expect: {decision: allowed, findings: [{rule: ours, action: warn}]}", rules)) == []


def test_exceptions_excuse_only_what_is_judged_as_deployed(judge: Any) -> None:
    exception = (
        "---\napiVersion: doorward.dev/v1\nkind: Exception\nmetadata: {name: e}\n"
        "spec: {rules: [p], reason: r, owner: o, granted: 2026-01-01, expires: 2026-02-01, "
        "match: {namespaces: {include: [shop]}}}\n"
    )
    rules = policy("- {name: ours, images: {from: [a.example]}}") + exception
    assert differences(judge("expect: denied", rules)) == []
    assert (
        differences(judge("as: deployed, expect: {decision: allowed, findings: [{rule: ours, action: audit}]}", rules))
        == []
    )
    assert differences(judge("as: deployed, now: 2026-02-02, expect: denied", rules)) == []


def test_parameters_of_the_test_go_before_the_profiles_and_those_before_the_defaults(judge: Any) -> None:
    profile = (
        "---\napiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {name: x}\n"
        "spec: {parameters: {p: {registry: b.example}}}\n"
    )
    rules = policy(
        "- {name: ours, images: {from: ['${registry}']}}", parameters="{registry: {type: string, default: a.example}}"
    )
    case = "with: {image: '%s/x:1'}, expect: {findings: []}"
    assert differences(judge(case % "a.example", rules)) == []
    assert differences(judge(case % "b.example", rules + profile)) == []
    assert differences(judge(case % "c.example", rules + profile, "  parameters: {registry: c.example}\n")) == []


def test_another_verdict_is_a_difference(judge: Any) -> None:
    assert differences(judge("expect: denied")) == [(("decision",), "denied", "allowed")]


def test_findings_are_exactly_those_that_are_named(judge: Any) -> None:
    missing = judge("expect: {findings: [{rule: ours, path: 'spec.containers[0].image', action: deny}]}")
    wanted = {"rule": "ours", "path": "spec.containers[0].image", "action": "deny"}
    assert differences(missing) == [(("findings", 0), wanted, None)]
    more = judge("with: {image: 'registry.corp.example/x:latest'}, expect: {findings: []}", TAG)
    message = '"registry.corp.example/x:latest" has the forbidden tag "latest"'
    found = {"rule": "tag", "path": "spec.containers[0].image", "action": "deny", "message": message}
    assert differences(more) == [(("findings",), None, found)]


def test_a_finding_without_a_path_stands_for_all_of_its_rule(judge: Any) -> None:
    case = "with: {image: 'nginx:latest', initContainer: {}}, expect: {findings: [{rule: ours}, {rule: tag}]}"
    assert differences(judge(case, TAG)) == []


def test_warnings_are_exactly_those_rules(judge: Any) -> None:
    rules = policy(
        "- {name: ours, mode: warn, images: {from: [a.example]}}\n- {name: tag, images: {tag: {required: true}}}"
    )
    assert differences(judge("expect: {warnings: [ours]}", rules)) == []
    assert differences(judge("expect: {warnings: [tag]}", rules)) == [
        (("warnings", 0), "tag", None),
        (("warnings",), None, "ours"),
    ]


def test_the_patch_is_exactly_that_one(judge: Any) -> None:
    patch = "[{op: add, path: /spec/containers/0/securityContext, value: {capabilities: {drop: [ALL]}}}]"
    assert differences(judge(f"expect: {{patch: {patch}}}", FILLED)) == []
    assert differences(judge("expect: {patch: []}", FILLED)) == [(("patch",), [], [DROPPED])]


@pytest.mark.parametrize(
    "part",
    [
        "{container: {securityContext: {capabilities: {drop: [ALL]}}}}",
        "{spec: {containers: [{name: web}]}}",
        "{containers: [{}]}",
        "{labels: null, annotations: null}",
        "{metadata: {namespace: shop, labels: null}}",
        f"{{image: '{IMAGE}'}}",
        "{container: {tty: null}}",
    ],
)
def test_a_part_of_the_object_after_mutation_is_enough(judge: Any, part: str) -> None:
    assert differences(judge(f"expect: {{object: {part}}}", FILLED)) == []


@pytest.mark.parametrize(
    ("part", "at", "expected", "found"),
    [
        ("{container: {name: api}}", ("container", "name"), "api", "web"),
        ("{labels: {a: b}}", ("labels",), {"a": "b"}, None),
        ("{spec: {hostNetwork: true}}", ("spec", "hostNetwork"), True, None),
        ("{metadata: {name: null}}", ("metadata", "name"), None, "web"),
        ("{initContainer: {name: proxy}}", ("initContainer",), {"name": "proxy"}, None),
        (
            "{container: {securityContext: {capabilities: {drop: [ALL, KILL]}}}}",
            ("container", "securityContext", "capabilities", "drop"),
            ["ALL", "KILL"],
            ["ALL"],
        ),
    ],
)
def test_what_the_object_has_not_is_told_at_its_path(
    judge: Any, part: str, at: tuple[str, ...], expected: Any, found: Any
) -> None:
    assert differences(judge(f"expect: {{object: {part}}}", FILLED)) == [(("object", *at), expected, found)]


def test_a_container_is_found_by_its_name(judge: Any) -> None:
    case = "with: {containers: [{name: a}, {name: b, tty: true}]}, expect: {object: {container: {name: b, tty: true}}}"
    assert differences(judge(case)) == []


def test_a_policy_that_the_profile_has_not_in_force_can_be_tested(judge: Any) -> None:
    other = policy("- {name: o, images: {digest: required}}").replace("{name: p}", "{name: other}")
    profile = "---\napiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {name: x}\nspec: {include: [other]}\n"
    rules = f"{OURS}---\n{other}{profile}"
    assert differences(judge("with: {image: nginx}, expect: denied", rules)) == []
    assert differences(judge("with: {image: nginx}, as: deployed, expect: allowed", rules)) == []


EVIDENCE = policy(
    "- {name: signed, evidence: {images: [registry.corp.example], require: [{name: s, type: signature}]}}"
) + authority("ci", "build")
FACTS = f"facts: {{images: {{'{IMAGE}': {{evidence: [{{type: signature, by: ci}}]}}}}}}"


def test_a_case_says_what_registries_have_and_no_other_image_exists(judge: Any) -> None:
    assert differences(judge(f"{FACTS}, expect: {{decision: allowed, findings: []}}", EVIDENCE)) == []
    denied = judge("expect: denied", EVIDENCE)
    assert differences(denied) == []
    assert denied.decision.findings[0].message == f'"{IMAGE}" is missing: {IMAGE} is none of the case\'s images'


def test_the_documents_facts_hold_for_all_cases_and_a_case_may_say_otherwise(judge: Any) -> None:
    spec = f"  {FACTS}\n"
    assert differences(judge("expect: allowed", EVIDENCE, spec)) == []
    unsigned = f"facts: {{images: {{'{IMAGE}': {{}}}}}}, expect: denied"
    assert differences(judge(unsigned, EVIDENCE, spec)) == []
    away = f"facts: {{images: {{'{IMAGE}': {{unavailable: it does not answer}}}}}}, expect: undecided"
    assert differences(judge(away, EVIDENCE, spec)) == []


def test_a_digest_that_is_not_given_is_made_up_and_always_the_same(judge: Any) -> None:
    first, second = (judge(f"{FACTS}, expect: allowed", EVIDENCE).decision.patch for _ in range(2))
    assert first == second
    assert first[0]["value"].startswith(f"{IMAGE}@sha256:")


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ("{images: {'a//b': {}}}", '"a//b" is no image reference: a part of its path is empty'),
        ("{images: {'a.b/c:1': {digest: sha256:0}}}", '"sha256:0" is no digest'),
        ("{images: {'a.b/c:1': {unavailable: x, stale: y, evidence: [{type: vex}]}}}", "`by` is missing"),
        (
            "{images: {'a.b/c:1': {unavailable: x, evidence: [{type: signature, by: ci}]}}}",
            "nothing can be learnt of it, and something is said",
        ),
        ("{images: {'a.b/c:1': {evidence: [{type: scan, by: ci}]}}}", "`scan` is not one of signature, "),
    ],
)
def test_facts_that_cannot_be_meant_are_told(facts: str, message: str, tmp_path: Any) -> None:
    test = "---\napiVersion: doorward.dev/v1\nkind: PolicyTest\nmetadata: {name: t}\nspec:\n  policy: p\n"
    test += f"  cases: [{{name: c, expect: allowed, facts: {facts}}}]\n"
    (tmp_path / "rules.yaml").write_text(OURS + test, encoding="utf-8")
    told = [problem.message for problem in read([str(tmp_path)], tests=True).problems]
    assert any(one.startswith(message) for one in told), told
