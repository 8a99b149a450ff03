"""sidecar: put in where missing, never over what is there, tuned within bounds, as declared in the end."""

from typing import Any

import pytest

from tests.objects import NOW, SHOP, clashing, decided, merged, pod, policy, request, ruleset, workload
from tests.rule_types.one_rule import one_rule, said
from webhook.admission.decision import Decision, Verdict
from webhook.admission.facts import Facts, Namespace
from webhook.admission.finding import Cause
from webhook.admission.request import GroupKind
from webhook.engine.decide import Stage, decide
from webhook.pod.defaults import admitted, defaulted
from webhook.policy.ruleset import Ruleset

IMAGE = "registry.corp.example/mesh/proxy:1.9"
MESH = f"""
container:
  name: mesh-proxy
  image: {IMAGE}
  startupProbe: {{tcpSocket: {{port: 15021}}}}
  securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
"""
TUNE = """
tune:
  cpu.request: {default: 50m, annotation: acme.example/cpu-request, min: 10m, max: "1"}
  cpu.limit: {default: 100m, annotation: acme.example/cpu-limit, min: 100m, max: "2"}
  memory.limit: {annotation: acme.example/memory-limit, max: 1Gi}
excludePorts: {annotation: acme.example/exclude-ports, allowed: "1024-65535", max: 3, env: EXCLUDE_PORTS}
"""
RULES = one_rule("sidecar", MESH)
TUNED = one_rule("sidecar", MESH + TUNE)


def with_init(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return pod({"spec": {"initContainers": list(containers), **spec}})


def init_names(decision: Decision) -> list[str]:
    assert decision.object is not None
    return [one["name"] for one in decision.object["spec"].get("initContainers", [])]


def proxy(decision: Decision) -> dict[str, Any]:
    assert decision.object is not None
    found: dict[str, Any] = next(
        one for one in decision.object["spec"]["initContainers"] if one["name"] == "mesh-proxy"
    )
    return found


def annotated(**values: str) -> dict[str, Any]:
    return pod({"metadata": {"annotations": {f"acme.example/{key.replace('_', '-')}": v for key, v in values.items()}}})


def small_rule(name: str, container: str, more: str = "") -> str:
    """A rule that puts in a container whose image has the rule's name."""
    raw = f"{{name: {container}, image: r.example/{name}:1, startupProbe: {{exec: {{command: [x]}}}}}}"
    return f"- {{name: {name}, sidecar: {{container: {raw}{more}}}}}"


def in_namespace(rules: Ruleset, obj: dict[str, Any], **annotations: str) -> Decision:
    named = {f"acme.example/{key.replace('_', '-')}": value for key, value in annotations.items()}
    decision = decide(request(obj), rules, Facts({"shop": Namespace("shop", SHOP.labels, named)}), NOW)
    assert isinstance(decision, Decision)
    return decision


def test_a_missing_sidecar_is_put_in_as_a_native_one() -> None:
    decision = decided(RULES, pod())
    assert (proxy(decision)["restartPolicy"], proxy(decision)["image"]) == ("Always", IMAGE)
    assert (decision.verdict, said(decision), decision.faults) == (Verdict.ALLOWED, [], ())


def test_a_second_pass_changes_nothing() -> None:
    first = decided(TUNED, annotated(cpu_request="0.2", exclude_ports="9000"))
    assert first.object is not None
    second = decided(TUNED, first.object)
    assert (second.patch, said(second)) == ((), [])


def test_another_webhook_that_adds_a_container_in_between_changes_nothing_for_ours() -> None:
    first = decided(RULES, pod())
    assert first.object is not None
    spec = first.object["spec"]
    other = {"name": "other", "image": "registry.corp.example/other:1", "restartPolicy": "Always"}
    between = {**first.object, "spec": {**spec, "initContainers": [other, *spec["initContainers"]]}}
    again = decided(RULES, between)
    assert (again.patch, said(again), init_names(again)) == ((), [], ["other", "mesh-proxy"])


def test_where_it_is_missing_in_validation_it_is_a_finding() -> None:
    decision = decided(RULES, pod(), stage=Stage.VALIDATE)
    assert said(decision) == [("spec.initContainers", 'the sidecar "mesh-proxy" is missing')]
    assert decision.verdict is Verdict.DENIED


def test_where_the_rule_only_warns_one_finding_says_what_would_be_put_in() -> None:
    text = MESH + "volumes: [{name: v}]\nmountInto: {containers: [{name: v, mountPath: /v}]}"
    decision = decided(one_rule("sidecar", text, mode="warn"), pod())
    assert said(decision) == [("spec.initContainers", 'the sidecar "mesh-proxy" is missing')]
    assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())


def test_a_workload_is_judged_as_the_pod_it_will_become_and_is_not_changed() -> None:
    decision = decided(TUNED, workload("Deployment"))
    assert (decision.verdict, said(decision), decision.patch) == (Verdict.ALLOWED, [], ())
    template = {"metadata": {"annotations": {"acme.example/cpu-request": "5"}}}
    assert said(decided(TUNED, workload("CronJob", template))) == [
        (
            'spec.jobTemplate.spec.template.metadata.annotations["acme.example/cpu-request"]',
            '"5" is above the maximum of cpu.request, which is from 10m to 1',
        )
    ]


def test_the_pods_of_a_job_get_a_sidecar_that_does_not_keep_them_alive() -> None:
    owned = pod(
        {"metadata": {"ownerReferences": [{"kind": "Job", "name": "report"}]}, "spec": {"restartPolicy": "Never"}}
    )
    assert proxy(decided(RULES, owned))["restartPolicy"] == "Always"


@pytest.mark.parametrize(
    ("position", "order"),
    [
        ("first", ["mesh-proxy", "a", "b"]),
        ("last", ["a", "b", "mesh-proxy"]),
        ("{before: b}", ["a", "mesh-proxy", "b"]),
        ("{after: a}", ["a", "mesh-proxy", "b"]),
        ("{after: b}", ["a", "b", "mesh-proxy"]),
    ],
)
def test_it_is_put_where_the_position_says(position: str, order: list[str]) -> None:
    given = with_init({"name": "a", "image": "r.example/a:1"}, {"name": "b", "image": "r.example/b:1"})
    decision = decided(one_rule("sidecar", f"{MESH}position: {position}"), given)
    assert (init_names(decision), decision.notes) == (order, ())


@pytest.mark.parametrize(("word", "order"), [("before", ["mesh-proxy", "a"]), ("after", ["a", "mesh-proxy"])])
def test_beside_a_container_that_is_nowhere_it_is_put_at_the_end_that_comes_nearest(
    word: str, order: list[str]
) -> None:
    decision = decided(
        one_rule("sidecar", f"{MESH}position: {{{word}: ghost}}"), with_init({"name": "a", "image": "r.example/a:1"})
    )
    place = "first" if word == "before" else "last"
    assert init_names(decision) == order
    assert [note.text for note in decision.notes] == [
        f'"mesh-proxy" is put {place}: there is no init container "ghost"'
    ]


def test_the_position_is_not_checked_afterwards() -> None:
    first = decided(one_rule("sidecar", MESH), pod())
    moved = with_init({"name": "a", "image": "r.example/a:1"}, proxy(first))
    assert said(decided(RULES, moved, stage=Stage.VALIDATE)) == []


def test_a_rule_puts_its_container_beside_that_of_another_rule_whatever_their_names() -> None:
    rules = [small_rule("a", "agent", ", position: {after: proxy}"), small_rule("z", "proxy")]
    for text in ("\n".join(rules), "\n".join(reversed(rules))):
        decision = decided(ruleset(policy(text)), with_init({"name": "m", "image": "r.example/m:1"}))
        assert (init_names(decision), decision.notes) == (["proxy", "agent", "m"], ())


def test_several_containers_stay_in_their_order_and_a_missing_one_joins_the_others() -> None:
    text = f"""
containers:
- {{name: set-up, image: "{IMAGE}"}}
- {{name: mesh-proxy, image: "{IMAGE}", restartPolicy: Always, startupProbe: {{exec: {{command: [x]}}}}}}
position: last
"""
    rules = one_rule("sidecar", text)
    other = {"name": "a", "image": "r.example/a:1"}
    first = decided(rules, with_init(other))
    assert (init_names(first), said(first)) == (["a", "set-up", "mesh-proxy"], [])
    half = with_init({"name": "set-up", "image": IMAGE}, other)
    assert init_names(decided(rules, half)) == ["set-up", "mesh-proxy", "a"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"image": "docker.io/acme/fake:1"}, [("image", f'is "docker.io/acme/fake:1", must be "{IMAGE}"')]),
        ({"command": ["sleep"]}, [("command", 'is ["sleep"], must be left out')]),
        ({"restartPolicy": None}, [("restartPolicy", "missing, must be Always: without it this is no sidecar")]),
        (
            {"securityContext": {"privileged": True}},
            [("securityContext.privileged", "is true, which the rule does not declare")],
        ),
        (
            {"securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}},
            [("securityContext.capabilities.add", 'is ["NET_ADMIN"], which the rule does not declare')],
        ),
        ({"startupProbe": None}, [("startupProbe", 'missing, must be {"tcpSocket": {"port": 15021}}')]),
        ({"resources": {"requests": {"cpu": "5m"}}}, []),
        ({"securityContext": {"readOnlyRootFilesystem": True, "seccompProfile": {"type": "RuntimeDefault"}}}, []),
        ({"image": f"{IMAGE}@sha256:{'a' * 64}"}, []),
        ({"env": [{"name": "TZ", "value": "UTC"}], "imagePullPolicy": "Always"}, []),
    ],
)
def test_a_container_of_its_name_is_never_replaced_and_must_be_as_declared(
    change: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    changed = merged(proxy(decided(RULES, pod())), change)
    decision = decided(RULES, with_init(changed))
    assert said(decision) == [(f"spec.initContainers[0].{path}", message) for path, message in expected]
    assert (decision.patch, decision.faults) == ((), ())


def test_an_ordinary_container_of_its_name_is_no_sidecar() -> None:
    given = pod({"spec": {"containers": [{"name": "web", "image": IMAGE}, {"name": "mesh-proxy", "image": IMAGE}]}})
    decision = decided(one_rule("sidecar", f"{MESH}require: [image, restartPolicy]"), given)
    assert said(decision) == [
        ("spec.containers[1]", "is an ordinary container, must be a native sidecar (in initContainers)")
    ]
    assert decision.patch == ()


def test_an_ephemeral_container_of_its_name_does_not_stand_for_it_and_is_not_touched() -> None:
    given = pod({"spec": {"ephemeralContainers": [{"name": "mesh-proxy", "image": IMAGE}]}})
    assert said(decided(RULES, given, stage=Stage.VALIDATE)) == [
        ("spec.initContainers", 'the sidecar "mesh-proxy" is missing')
    ]


def test_two_rules_with_the_same_name_and_other_images_have_both_failed() -> None:
    text = "\n".join(small_rule(name, "x") for name in "ab")
    decision = decided(clashing(policy(text)), pod())
    assert (decision.verdict, decision.patch) == (Verdict.UNDECIDED, ())
    assert [(finding.rule.name, finding.cause) for finding in decision.findings] == [
        ("a", Cause.FAILED),
        ("b", Cause.FAILED),
    ]


def test_a_clash_is_told_at_the_list_for_places_in_it_move_until_the_object_is_judged() -> None:
    one = "{name: %s, image: 'x.example/x:1', startupProbe: {exec: {command: [x]}}, volumeMounts: [%s]}"
    mount, sources = "{name: v, mountPath: /v}", {"a": "{}", "b": "{medium: Memory}"}
    text = "".join(
        f"- name: {name}\n  sidecar: {{container: {one % (name, mount)}, volumes: [{{name: v, emptyDir: {source}}}]}}\n"
        for name, source in sources.items()
    )
    rules = clashing(policy(text + "- {name: token, defaults: {remove: [serviceAccountToken]}}"))
    asked = request(admitted(defaulted(pod())))
    checked, mutated = decided(rules, asked), decided(rules, asked, Stage.MUTATE)
    judged = decided(rules, asked._replace(object=mutated.object), Stage.VALIDATE)
    assert [(f.rule.name, f.where) for f in checked.findings] == [("a", "spec.volumes"), ("b", "spec.volumes")]
    assert [(f.where, f.message) for f in judged.findings] == [(f.where, f.message) for f in checked.findings]


def test_volumes_and_mounts_are_put_in_where_nothing_stands_and_are_findings_where_something_else_does() -> None:
    text = (
        MESH + "volumes: [{name: v, emptyDir: {medium: Memory}}]\nmountInto: {containers: [{name: v, mountPath: /v}]}"
    )
    rules = one_rule("sidecar", text)
    decision = decided(rules, pod())
    assert decision.object is not None
    assert decision.object["spec"]["volumes"] == [{"name": "v", "emptyDir": {"medium": "Memory"}}]
    assert decision.object["spec"]["containers"][0]["volumeMounts"] == [{"name": "v", "mountPath": "/v"}]
    taken = pod(
        {"spec": {"volumes": [{"name": "v", "configMap": {"name": "mine"}}]}},
        volumeMounts=[{"name": "w", "mountPath": "/v"}],
    )
    decision = decided(rules, taken)
    assert [path for path, _ in said(decision)] == ["spec.containers[0].volumeMounts[0]", "spec.volumes[0]"]
    assert decision.verdict is Verdict.DENIED


def test_an_empty_dir_on_disk_does_not_keep_a_node_alive_and_kubectl_meets_the_first_container() -> None:
    text = MESH + "volumes: [{name: disk, emptyDir: {}}, {name: memory, emptyDir: {medium: Memory}}]"
    local = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
    decision = decided(one_rule("sidecar", text), pod({"metadata": {"annotations": {local: "mine"}}}))
    assert decision.object is not None
    assert decision.object["metadata"]["annotations"] == {
        local: "mine,disk",
        "kubectl.kubernetes.io/default-container": "web",
    }


def test_a_default_container_that_is_named_stays() -> None:
    key = "kubectl.kubernetes.io/default-container"
    decision = decided(RULES, pod({"metadata": {"annotations": {key: "mine"}}}))
    assert decision.object is not None
    assert decision.object["metadata"]["annotations"] == {key: "mine"}


def test_pods_opt_in_as_they_came_in() -> None:
    rules = one_rule("sidecar", MESH + "optIn: {label: acme.example/mesh}")
    assert init_names(decided(rules, pod({"metadata": {"labels": {"acme.example/mesh": "true"}}}))) == ["mesh-proxy"]
    for labels in ({}, {"acme.example/mesh": "yes"}):
        decision = decided(rules, pod({"metadata": {"labels": labels}}))
        assert (decision.patch, said(decision)) == ((), [])


def test_opting_out_works_only_where_it_is_allowed() -> None:
    out = pod({"metadata": {"labels": {"acme.example/mesh": "false"}}})
    allowed = decided(one_rule("sidecar", MESH + "optOut: {label: acme.example/mesh, allowed: true}"), out)
    assert (allowed.patch, said(allowed)) == ((), [])
    refused = decided(one_rule("sidecar", MESH + "optOut: {label: acme.example/mesh}"), out)
    assert said(refused) == [('metadata.labels["acme.example/mesh"]', 'is "false", but no pod may go without')]
    assert init_names(refused) == ["mesh-proxy"]


def test_pods_on_the_hosts_network_and_of_some_workloads_are_skipped() -> None:
    rules = one_rule("sidecar", MESH + "skip: {hostNetwork: true, ownerKinds: [DaemonSet, Job]}")
    skipped = [
        pod({"spec": {"hostNetwork": True}}),
        pod({"metadata": {"ownerReferences": [{"kind": "DaemonSet"}]}}),
        workload("DaemonSet"),
        workload("CronJob"),
    ]
    assert [said(decided(rules, one, stage=Stage.VALIDATE)) for one in skipped] == [[], [], [], []]
    assert [decided(rules, one).patch for one in skipped] == [(), (), (), ()]
    assert init_names(decided(rules, pod())) == ["mesh-proxy"]


def test_each_amount_is_the_pods_else_the_namespaces_else_the_rules() -> None:
    decision = in_namespace(
        TUNED, annotated(cpu_request="0.2"), cpu_request="300m", memory_limit="1024Mi", cpu_limit="1"
    )
    assert proxy(decision)["resources"] == {
        "requests": {"cpu": "200m", "memory": "1Gi"},
        "limits": {"cpu": "1", "memory": "1Gi"},
    }
    assert said(decision) == []


def test_all_that_is_wrong_with_annotations_is_told_at_once_with_values_and_bounds() -> None:
    decision = decided(TUNED, annotated(cpu_request="5", memory_limit="1gi", exclude_ports="80,9000-9009"))
    assert said(decision) == [
        (
            'metadata.annotations["acme.example/cpu-request"]',
            '"5" is above the maximum of cpu.request, which is from 10m to 1',
        ),
        (
            'metadata.annotations["acme.example/exclude-ports"]',
            '"80,9000-9009" excludes 80, which may not be excluded; at most 3 ports from 1024-65535 may be',
        ),
        (
            'metadata.annotations["acme.example/memory-limit"]',
            '"1gi" is no amount of memory: "gi" is no suffix, did you mean 1Gi?; memory.limit is at most 1Gi',
        ),
    ]
    assert proxy(decision)["resources"]["requests"] == {"cpu": "50m"}


def test_a_bad_word_of_the_namespace_is_told_as_its_own_only_where_the_pod_says_nothing() -> None:
    decision = in_namespace(TUNED, pod(), cpu_request="1m")
    assert said(decision) == [
        (
            'metadata.annotations["acme.example/cpu-request"]',
            '"1m", from the namespace, is below the minimum of cpu.request, which is from 10m to 1',
        )
    ]
    assert said(in_namespace(TUNED, annotated(cpu_request="20m"), cpu_request="1m")) == []


def test_a_request_over_its_limit_lets_the_farther_word_give_way_within_its_bounds() -> None:
    raised = decided(TUNED, annotated(cpu_request="500m"))
    assert (proxy(raised)["resources"]["limits"]["cpu"], said(raised)) == ("500m", [])
    assert said(decided(TUNED, annotated(cpu_request="500m", cpu_limit="200m"))) == [
        (
            'metadata.annotations["acme.example/cpu-request"]',
            '"500m" is above the cpu limit 200m (acme.example/cpu-limit), which is from 100m to 2',
        )
    ]


def test_excluded_ports_go_into_the_environment_sorted_and_once() -> None:
    decision = decided(TUNED, annotated(exclude_ports="9001, 9000-9001"))
    assert proxy(decision)["env"] == [{"name": "EXCLUDE_PORTS", "value": "9000-9001"}]
    assert "env" not in proxy(decided(TUNED, pod()))


def test_nobody_excludes_ports_by_bringing_the_variable_along() -> None:
    sneaked = {**proxy(decided(TUNED, pod())), "env": [{"name": "EXCLUDE_PORTS", "value": "1-65535"}]}
    assert said(decided(TUNED, with_init(sneaked))) == [
        ("spec.initContainers[0].env[0]", "EXCLUDE_PORTS must be left out, as the pod's annotations say")
    ]


def test_amounts_that_were_changed_afterwards_are_findings() -> None:
    changed = {
        **proxy(decided(TUNED, pod())),
        "resources": {"requests": {"cpu": "50m"}, "limits": {"cpu": "3", "memory": "2Gi"}},
    }
    assert said(decided(TUNED, with_init(changed))) == [
        ("spec.initContainers[0].resources.limits.cpu", 'is "3", must be 100m'),
        ("spec.initContainers[0].resources.limits.memory", 'is "2Gi", must be at most 1Gi'),
    ]


def test_an_annotation_that_another_rule_fills_in_counts() -> None:
    filled = "- name: fill\n  metadata: {annotations: {acme.example/cpu-request: {default: 70m}}}\n"
    body = "\n".join(f"    {line}" for line in (MESH + TUNE).strip().splitlines())
    decision = decided(ruleset(policy(f"{filled}- name: mesh\n  sidecar:\n{body}")), pod())
    assert (proxy(decision)["resources"]["requests"]["cpu"], said(decision)) == ("70m", [])


def test_where_the_namespace_is_not_known_the_rule_is_undecided_unless_the_pod_says_everything() -> None:
    def asked(obj: dict[str, Any]) -> Decision:
        decision = decide(request(obj), TUNED, Facts(askable=False), NOW)
        assert isinstance(decision, Decision)
        return decision

    decision = asked(pod())
    assert (decision.verdict, decision.patch, decision.faults) == (Verdict.UNDECIDED, (), ())
    assert [(one.cause, one.message) for one in decision.findings] == [
        (Cause.UNAVAILABLE, "could not be decided: the annotations of namespace shop are not known here")
    ]
    everything = annotated(cpu_request="20m", cpu_limit="1", memory_limit="1Gi", exclude_ports="")
    assert asked(everything).verdict is Verdict.ALLOWED


def test_an_annotation_on_the_workload_itself_is_told_and_does_not_deny() -> None:
    obj = workload("Deployment", None, {"metadata": {"annotations": {"acme.example/cpu-request": "70m"}}})
    decision = decided(TUNED, obj)
    assert said(decision) == [
        (
            'metadata.annotations["acme.example/cpu-request"]',
            "stands on the Deployment, and pods get what their template has",
        )
    ]
    assert decision.verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (
            {"requests": {"cpu": "40m"}},
            (
                "requests.cpu",
                'the pod\'s 40m of cpu is less than the 50m that its containers request with "mesh-proxy"',
            ),
        ),
        (
            {"requests": {"cpu": "1"}, "limits": {"cpu": "60m"}},
            ("limits.cpu", 'the pod\'s cpu limit 60m is below the limit 100m of "mesh-proxy"'),
        ),
        ({"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}, None),
    ],
)
def test_resources_of_the_whole_pod_that_are_too_small_are_told_by_number_and_nothing_is_put_in(
    resources: dict[str, Any], expected: tuple[str, str] | None
) -> None:
    decision = decided(TUNED, pod({"spec": {"resources": resources}}))
    if expected is None:
        assert (said(decision), init_names(decision)) == ([], ["mesh-proxy"])
    else:
        assert said(decision) == [(f"spec.resources.{expected[0]}", expected[1])]
        assert decision.patch == ()


def test_a_windows_pod_does_not_get_a_security_context_for_linux() -> None:
    decision = decided(RULES, pod({"spec": {"os": {"name": "windows"}}}))
    assert said(decision) == [
        (
            "spec.os.name",
            'the pod runs on Windows, and securityContext.allowPrivilegeEscalation of "mesh-proxy" is not for it',
        )
    ]
    assert decision.patch == ()


def test_forbidden_containers_are_found_in_every_list_whatever_else_the_rule_says() -> None:
    rules = one_rule("sidecar", 'forbid: ["istio-*", linkerd-proxy]')
    spec = {
        "initContainers": [{"name": "istio-init", "image": IMAGE}],
        "containers": [{"name": "web", "image": IMAGE}, {"name": "linkerd-proxy", "image": IMAGE}],
        "ephemeralContainers": [{"name": "istio-debug", "image": IMAGE}],
    }
    assert said(decided(rules, pod({"spec": spec}))) == [
        ("spec.containers[1].name", '"linkerd-proxy" must not be in a pod'),
        ("spec.ephemeralContainers[0].name", '"istio-debug" must not be in a pod'),
        ("spec.initContainers[0].name", '"istio-init" must not be in a pod'),
    ]
    skipped = one_rule("sidecar", MESH + "skip: {hostNetwork: true}\nforbid: [web]")
    assert said(decided(skipped, pod({"spec": {"hostNetwork": True}}))) == [
        ("spec.containers[0].name", '"web" must not be in a pod')
    ]


def test_a_named_container_must_be_there_with_its_image_as_a_sidecar_where_that_is_required() -> None:
    rules = one_rule("sidecar", 'named: agent\nimage: "registry.corp.example/vault/**"\nrequire: [restartPolicy]')
    ours = {"name": "agent", "image": "registry.corp.example/vault/agent:1", "restartPolicy": "Always"}
    assert said(decided(rules, with_init(ours))) == []
    assert said(decided(rules, pod())) == [("spec.containers", 'there is no container "agent"')]
    assert said(decided(rules, with_init({"name": "agent", "image": "vault:1"}))) == [
        ("spec.initContainers[0]", "is no native sidecar"),
        ("spec.initContainers[0].image", '"vault:1" is not from registry.corp.example/vault/**'),
    ]
    assert decided(rules, pod()).patch == ()


def test_a_resize_that_changes_what_is_required_is_refused() -> None:
    first = decided(TUNED, pod())
    assert first.object is not None
    spec = first.object["spec"]
    larger = {**proxy(first), "resources": {"requests": {"cpu": "50m"}, "limits": {"cpu": "2"}}}
    resized = {**first.object, "spec": {**spec, "initContainers": [larger]}}
    asked = request(resized, first.object, subresource="resize", kind=GroupKind("", "Pod"))
    assert said(decided(TUNED, asked)) == [("spec.initContainers[0].resources.limits.cpu", 'is "2", must be 100m')]


def test_a_pod_without_it_may_still_be_labelled() -> None:
    labelled = pod({"metadata": {"labels": {"version": "2"}}})
    decision = decided(RULES, request(labelled, pod()))
    assert (decision.verdict, len(decision.findings)) == (Verdict.ALLOWED, 1)
