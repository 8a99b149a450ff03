"""defaults: values that are filled in, overwritten, added, taken away or brought within bounds."""

from typing import Any

import pytest

from tests.objects import NOW, SHOP, decided, pod, policy, request, ruleset, workload
from tests.rule_types.one_rule import one_rule, said
from webhook.admission.decision import Decision, Verdict
from webhook.admission.facts import Facts
from webhook.admission.finding import Action, Cause, Standing
from webhook.engine.decide import Stage, decide
from webhook.pod.defaults import admitted, defaulted
from webhook.source.path import Path as At
from webhook.source.path import look_up, parse

Json = dict[str, Any]
JOB = "{kinds: [Job]}"


def judged(text: str, obj: Json, **spec: str) -> Decision:
    decision = decided(one_rule("defaults", text, **spec), obj)
    again = decided(one_rule("defaults", text, **spec), decision.object or {})
    if decision.verdict is Verdict.ALLOWED:
        assert (again.patch, again.verdict) == ((), Verdict.ALLOWED), "a second pass changes nothing"
    return decision


def at(decision: Decision, path: str) -> Any:
    steps: At = tuple(step for step in parse(path) if isinstance(step, str | int))
    return look_up(decision.object, steps)


def notes(decision: Decision) -> list[str]:
    return [note.text for note in decision.notes]


SECCOMP = "default: {pod: {securityContext: {seccompProfile: {type: RuntimeDefault}, runAsNonRoot: true}}}"
ESCALATION = "default: {containers: {securityContext: {allowPrivilegeEscalation: false}}}"


def test_leaves_of_one_absent_parent_are_set_beside_what_the_author_wrote() -> None:
    context = {"runAsUser": 1000, "runAsNonRoot": False}
    decision = judged(SECCOMP, pod({"spec": {"securityContext": context}}))
    assert at(decision, "spec.securityContext") == {**context, "seccompProfile": {"type": "RuntimeDefault"}}
    assert decision.findings == ()


@pytest.mark.parametrize("written", [False, True])
def test_false_is_a_value(written: bool) -> None:
    decision = judged(ESCALATION, pod(securityContext={"allowPrivilegeEscalation": written}))
    assert (decision.patch, decision.findings) == ((), ())


def test_zero_and_empty_collections_are_values_and_null_is_absent() -> None:
    context = "{runAsUser: 7, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}"
    text = f"default: {{containers: {{securityContext: {context}}}}}"
    written = {"runAsUser": 0, "capabilities": {"drop": []}, "seccompProfile": {}}
    assert judged(text, pod(securityContext=written)).patch == ()
    nothing = {"runAsUser": None, "capabilities": {"drop": None}, "seccompProfile": None}
    filled = {"runAsUser": 7, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}
    raw = {"name": "web", "image": "a.example/a:1", "securityContext": nothing}
    decision = judged(text, pod({"spec": {"containers": [raw]}}))
    assert at(decision, "spec.containers[0].securityContext") == filled


def test_one_leaf_objects_are_never_mixed_with_the_authors() -> None:
    text = "default: {pod: {securityContext: {seccompProfile: {type: RuntimeDefault}}}}"
    profile = {"localhostProfile": "x"}
    assert judged(text, pod({"spec": {"securityContext": {"seccompProfile": profile}}})).patch == ()


def test_a_leaf_that_the_pod_sets_counts_as_set_in_its_containers() -> None:
    text = "default: {containers: {securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}}}"
    decision = judged(text, pod({"spec": {"securityContext": {"runAsNonRoot": False}}}))
    assert at(decision, "spec.containers[0].securityContext") == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert decision.findings == ()


def test_ephemeral_containers_are_never_filled_nor_judged_and_probes_go_where_they_may_be() -> None:
    text = "default: {containers: {stdin: true, livenessProbe: {httpGet: {port: 80}}}}"
    spec: Json = {
        "initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}],
        "ephemeralContainers": [{"name": "e"}],
    }
    decision = judged(text, pod({"spec": spec}))
    assert [at(decision, f"spec.initContainers[{n}].livenessProbe") for n in (0, 1)] == [
        None,
        {"httpGet": {"port": 80}},
    ]
    assert at(decision, "spec.initContainers[0].stdin") is True
    assert at(decision, "spec.ephemeralContainers[0]") == {"name": "e"}
    new = pod({"spec": {"ephemeralContainers": [{"name": "e", "image": "a.example/a:1"}]}}, stdin=True)
    rules = one_rule("defaults", "default: {containers: {stdin: true}}")
    assert decided(rules, request(new, old=pod(stdin=True), subresource="ephemeralcontainers")).findings == ()


def test_a_probe_of_another_kind_is_left_whole() -> None:
    text = "default: {containers: {livenessProbe: {httpGet: {port: 80}, periodSeconds: 5}}}"
    decision = judged(text, pod(livenessProbe={"exec": {"command": ["x"]}}))
    assert (decision.patch, decision.findings) == ((), ())


def test_volumes_of_a_source_are_filled() -> None:
    volumes = [
        {"name": "a", "emptyDir": {}},
        {"name": "b", "emptyDir": {"sizeLimit": "5Gi"}},
        {"name": "c", "secret": {}},
    ]
    decision = judged("default: {volumes: {emptyDir: {sizeLimit: 1Gi}}}", pod({"spec": {"volumes": volumes}}))
    assert [edit["path"] for edit in decision.patch] == ["/spec/volumes/0/emptyDir/sizeLimit"]


@pytest.mark.parametrize("stage", [Stage.BOTH, Stage.VALIDATE])
def test_what_was_not_filled_in_is_found(stage: Stage) -> None:
    decision = decided(one_rule("defaults", ESCALATION, mode="warn"), pod(), stage=stage)
    path = "spec.containers[0].securityContext.allowPrivilegeEscalation"
    assert said(decision) == [(path, "missing, must be false")]
    assert (decision.verdict, decision.patch, decision.findings[0].fix) == (
        Verdict.ALLOWED,
        (),
        "allowPrivilegeEscalation: false",
    )


def test_a_workloads_template_is_judged_as_filled_and_stays_as_it_is() -> None:
    decision = judged(ESCALATION, workload("Deployment"))
    assert (decision.verdict, decision.findings, decision.patch) == (Verdict.ALLOWED, (), ())
    warned = judged(ESCALATION, workload("Deployment"), mode="warn")
    path = "spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation"
    assert said(warned) == [(path, "missing, must be false")]


def test_on_update_an_old_pod_is_not_filled_and_only_warns() -> None:
    rules = one_rule("defaults", ESCALATION)
    decision = decided(rules, request(pod({"metadata": {"labels": {"a": "b"}}}), old=pod()))
    assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())
    assert [finding.standing for finding in decision.findings] == [Standing.OLD]


ROOT = "the container asks for user 0"
CONTRADICTIONS: list[tuple[str, Json, Json, str]] = [
    (
        "securityContext: {allowPrivilegeEscalation: false}",
        {"securityContext": {"privileged": True}},
        {},
        "the container is privileged",
    ),
    (
        "securityContext: {allowPrivilegeEscalation: false}",
        {"securityContext": {"capabilities": {"add": ["CAP_SYS_ADMIN"]}}},
        {},
        "the container adds SYS_ADMIN",
    ),
    (
        "securityContext: {runAsNonRoot: true}",
        {"securityContext": {"runAsUser": 0}},
        {},
        ROOT,
    ),
    (
        "securityContext: {runAsNonRoot: true}",
        {},
        {"securityContext": {"runAsUser": 0}},
        ROOT,
    ),
    (
        "securityContext: {runAsUser: 0}",
        {},
        {"securityContext": {"runAsNonRoot": True}},
        "the container says runAsNonRoot",
    ),
    ("securityContext: {readOnlyRootFilesystem: true}", {}, {"os": {"name": "windows"}}, "the pod runs on Windows"),
    ("resources: {limits: {cpu: 200m}}", {"resources": {"requests": {"cpu": "1"}}}, {}, 'the author\'s request is "1"'),
    (
        "resources: {requests: {cpu: 200m}}",
        {"resources": {"limits": {"cpu": "0.1"}}},
        {},
        'the author\'s limit is "0.1"',
    ),
    ("resources: {limits: {cpu: 2}}", {}, {"resources": {"limits": {"cpu": "1"}}}, 'the pod\'s own limit is "1"'),
]


@pytest.mark.parametrize(("wanted", "container", "spec", "why"), CONTRADICTIONS)
def test_a_default_that_contradicts_the_author_is_left_out_with_a_note_and_satisfied(
    wanted: str, container: Json, spec: Json, why: str
) -> None:
    decision = judged(f"default: {{containers: {{{wanted}}}}}", pod({"spec": spec}, **container))
    assert (decision.patch, decision.findings) == ((), ())
    [note] = notes(decision)
    assert note.endswith(f" was left alone: {why}")


@pytest.mark.parametrize(
    ("wanted", "spec", "why"),
    [
        ("hostUsers: false", {"hostNetwork": True}, "the pod has hostNetwork"),
        ("hostUsers: false", {"os": {"name": "windows"}}, "the pod runs on Windows"),
        ("shareProcessNamespace: true", {"hostPID": True}, "the pod has hostPID"),
        (
            "securityContext: {seccompProfile: {type: RuntimeDefault}}",
            {"os": {"name": "windows"}},
            "the pod runs on Windows",
        ),
        ("securityContext: {runAsNonRoot: true}", {"securityContext": {"runAsUser": 0}}, "the pod asks for user 0"),
        ("securityContext: {windowsOptions: {runAsUserName: a}}", {"os": {"name": "linux"}}, "the pod runs on Linux"),
    ],
)
def test_a_default_for_the_pod_that_contradicts_the_author_is_left_out_too(wanted: str, spec: Json, why: str) -> None:
    decision = judged(f"default: {{pod: {{{wanted}}}}}", pod({"spec": spec}))
    assert (decision.patch, decision.findings) == ((), ())
    assert [note.rpartition(": ")[2] for note in notes(decision)] == [why]


def test_an_enforced_value_that_the_api_server_would_refuse_is_a_finding_instead() -> None:
    text = "enforce: {containers: {securityContext: {allowPrivilegeEscalation: false}}}"
    decision = judged(text, pod(securityContext={"privileged": True}))
    assert (decision.verdict, decision.patch) == (Verdict.DENIED, ())
    assert said(decision) == [("spec.containers[0].securityContext.allowPrivilegeEscalation", "missing, must be false")]


NDOTS = 'enforce: {pod: {dnsConfig: {options: [{name: ndots, value: "2"}]}}}'


def test_enforce_merges_keyed_lists_by_key_and_says_what_it_overwrote() -> None:
    options = [{"name": "timeout", "value": "1"}, {"name": "ndots", "value": "5"}]
    decision = judged(NDOTS, pod({"spec": {"dnsConfig": {"options": options}}}))
    assert at(decision, "spec.dnsConfig.options") == [options[0], {"name": "ndots", "value": "2"}]
    assert notes(decision) == ['spec.dnsConfig.options[1].value was "5" and is now "2"']
    assert at(judged(NDOTS, pod()), "spec.dnsConfig") == {"options": [{"name": "ndots", "value": "2"}]}


def test_enforce_replaces_other_lists_as_a_whole() -> None:
    decision = judged("enforce: {containers: {args: [--safe]}}", pod(args=["--fast", "--safe"]))
    assert at(decision, "spec.containers[0].args") == ["--safe"]
    found = judged("enforce: {containers: {args: [--safe]}}", pod(args=["--fast"]), mode="warn")
    assert said(found) == [("spec.containers[0].args", 'is ["--fast"], must be ["--safe"]')]


def test_an_enforced_zero_is_what_absent_means() -> None:
    text = "enforce: {pod: {hostNetwork: false}}"
    assert (judged(text, pod()).patch, judged(text, pod()).findings) == ((), ())
    assert at(judged(text, pod({"spec": {"hostNetwork": True}})), "spec.hostNetwork") is False


def test_an_enforced_part_of_a_probe_acts_only_where_there_is_a_probe() -> None:
    text = "enforce: {containers: {livenessProbe: {periodSeconds: 5}}}"
    assert (judged(text, pod()).patch, judged(text, pod()).findings) == ((), ())
    decision = judged(text, pod(livenessProbe={"exec": {"command": ["x"]}, "periodSeconds": 10}))
    assert at(decision, "spec.containers[0].livenessProbe.periodSeconds") == 5


def test_values_of_environment_variables_are_never_shown() -> None:
    text = "enforce: {containers: {env: [{name: TOKEN, value: new}]}}"
    decision = judged(text, pod(env=[{"name": "TOKEN", "value": "old"}]))
    assert notes(decision) == [
        "spec.containers[0].env[0].value was a value that is not shown and is now a value that is not shown"
    ]


APPEND = """append:
  pod: {tolerations: [{key: pool, value: batch, effect: NoSchedule}], imagePullSecrets: [{name: corp}]}
  containers: {envFrom: [{secretRef: {name: common}}], env: [{name: A, value: "1"}, {name: B, value: "2"}]}"""


def test_append_treats_lists_as_sets_and_environment_variables_go_first() -> None:
    env = [{"name": "B", "value": "mine"}, {"name": "C", "value": "$(A)"}]
    toleration = {"key": "pool", "value": "batch", "effect": "NoSchedule", "operator": "Equal"}
    spec = {"tolerations": [toleration], "imagePullSecrets": [{"name": "own"}]}
    decision = judged(APPEND, pod({"spec": spec}, env=env))
    assert at(decision, "spec.tolerations") == [toleration]
    assert at(decision, "spec.imagePullSecrets") == [{"name": "own"}, {"name": "corp"}]
    assert at(decision, "spec.containers[0].env") == [{"name": "A", "value": "1"}, *env]
    assert at(decision, "spec.containers[0].envFrom") == [{"secretRef": {"name": "common"}}]
    assert decision.findings == ()


def test_what_is_not_appended_is_found_at_the_list() -> None:
    decision = judged("append: {pod: {imagePullSecrets: [{name: corp}]}}", pod(), mode="warn")
    assert said(decision) == [("spec.imagePullSecrets", 'does not contain {"name": "corp"}')]


def test_volumes_and_spread_constraints_go_by_their_keys() -> None:
    text = """append:
  pod:
    volumes: [{name: tmp, emptyDir: {}}]
    topologySpreadConstraints: [{topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, maxSkew: 1}]
  containers: {volumeMounts: [{name: tmp, mountPath: /tmp}]}"""
    own: Json = {"name": "tmp", "secret": {"secretName": "x"}}
    other: Json = {"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 2}
    decision = judged(text, pod({"spec": {"volumes": [own], "topologySpreadConstraints": [other]}}))
    assert at(decision, "spec.volumes") == [own]
    assert len(at(decision, "spec.topologySpreadConstraints")) == 2
    assert at(decision, "spec.containers[0].volumeMounts") == [{"name": "tmp", "mountPath": "/tmp"}]


def test_values_come_from_the_pod_and_from_the_namespace() -> None:
    text = """append:
  containers: {env: [{name: APP, value: {from: {pod: metadata.labels.app}}}]}
  pod: {tolerations: [{key: team, value: {from: namespace.labels.team}, effect: NoSchedule}]}"""
    decision = judged(text, pod({"metadata": {"labels": {"app": "shop"}}}))
    assert at(decision, "spec.containers[0].env") == [{"name": "APP", "value": "shop"}]
    assert at(decision, "spec.tolerations") == [{"key": "team", "value": SHOP.labels["team"], "effect": "NoSchedule"}]
    without = judged(text.replace("labels.team", "labels.none"), pod())
    assert (without.patch, without.findings) == ((), ())


def test_a_label_becomes_a_number_where_one_is_wanted_and_is_left_out_where_it_is_none() -> None:
    text = "default: {pod: {activeDeadlineSeconds: {from: {pod: metadata.labels.ttl}}}}"
    assert at(judged(text, pod({"metadata": {"labels": {"ttl": "60"}}})), "spec.activeDeadlineSeconds") == 60
    assert judged(text, pod({"metadata": {"labels": {"ttl": "long"}}})).patch == ()


def test_a_namespace_that_is_not_known_leaves_the_rule_undecided() -> None:
    rules = one_rule("defaults", "default: {pod: {hostname: {from: namespace.labels.team}}}")
    decision = decide(request(pod()), rules, Facts(askable=False), NOW)
    assert isinstance(decision, Decision)
    assert (decision.verdict, [f.cause for f in decision.findings]) == (Verdict.UNDECIDED, [Cause.UNAVAILABLE])


def created(**spec: Any) -> Json:
    """A pod as a webhook sees it on CREATE: with the token volume."""
    return admitted(defaulted(pod({"spec": spec})))


TOKEN = "remove: [serviceAccountToken]"


def test_the_token_volume_and_its_mounts_are_taken_away_and_stay_away() -> None:
    mounts = [{"name": "own", "mountPath": "/own"}]
    containers = [{"name": "web", "image": "a.example/a:1", "volumeMounts": mounts}]
    decision = judged(
        TOKEN, created(volumes=[{"name": "own", "emptyDir": {}}], containers=containers, initContainers=[{"name": "i"}])
    )
    assert at(decision, "spec.volumes") == [{"name": "own", "emptyDir": {}}]
    assert at(decision, "spec.containers[0].volumeMounts") == mounts
    assert at(decision, "spec.initContainers[0].volumeMounts") is None
    assert at(decision, "spec.automountServiceAccountToken") is False
    assert decision.findings == ()


def test_the_token_is_taken_from_all_containers_whatever_the_rule_is_about() -> None:
    two = [{"name": name, "image": "a.example/a:1"} for name in ("web", "other")]
    rules = policy("- {name: r, containers: {names: {include: [web]}}, defaults: {remove: [serviceAccountToken]}}")
    decision = decided(rules, created(containers=two))
    assert [at(decision, f"spec.containers[{index}].volumeMounts") for index in (0, 1)] == [None, None]


def test_no_empty_list_is_left_behind_for_the_api_server_would_drop_it_before_validation() -> None:
    rules = policy(
        "- {name: gone, defaults: {remove: [serviceAccountToken]}}\n"
        "- {name: some, fields: {pod: spec.volumes, minItems: 1}}"
    )
    decision = decided(rules, created(automountServiceAccountToken=True))
    after = decided(rules, defaulted(decision.object or {}))
    assert [(f.where, f.value, f.message) for f in decision.findings] == [
        ("spec.volumes", None, "missing, must have at least 1 item")
    ]
    assert [(f.where, f.value, f.message) for f in after.findings] == [
        (f.where, f.value, f.message) for f in decision.findings
    ]


def test_an_authors_own_mount_at_the_tokens_path_stays_and_their_own_token_is_found() -> None:
    source = {"serviceAccountToken": {"path": "token"}}
    volume: Json = {"name": "mine", "projected": {"sources": [source]}}
    decision = judged(TOKEN, pod({"spec": {"volumes": [volume], "automountServiceAccountToken": False}}))
    assert said(decision) == [
        (
            "spec.volumes[0].projected.sources[0].serviceAccountToken",
            "is a service account token for the API server, which must not be mounted",
        )
    ]
    source["serviceAccountToken"]["audience"] = "vault"
    allowed = judged(TOKEN, pod({"spec": {"volumes": [volume], "automountServiceAccountToken": False}}))
    assert allowed.findings == ()


def test_a_workload_is_judged_as_its_pods_without_token_and_a_true_is_said() -> None:
    assert judged(TOKEN, workload("Job")).findings == ()
    assert said(judged(TOKEN, workload("Job"), mode="warn")) == [
        (
            "spec.template.spec.automountServiceAccountToken",
            "missing, which means true; the service account's token must not be mounted",
        )
    ]
    asked = judged(TOKEN, created(automountServiceAccountToken=True))
    assert notes(asked) == ["automountServiceAccountToken was true and is now false"]


CLAMP = "clamp: {pod: {terminationGracePeriodSeconds: {max: 300}, activeDeadlineSeconds: {min: 60, max: 600}}}"


def test_clamp_brings_numbers_within_bounds_and_says_so() -> None:
    decision = judged(CLAMP, pod({"spec": {"terminationGracePeriodSeconds": 900, "activeDeadlineSeconds": 5}}))
    assert (at(decision, "spec.terminationGracePeriodSeconds"), at(decision, "spec.activeDeadlineSeconds")) == (300, 60)
    assert notes(decision) == [
        "spec.terminationGracePeriodSeconds was 900 and is now 300",
        "spec.activeDeadlineSeconds was 5 and is now 60",
    ]
    assert judged(CLAMP, pod()).patch == ()
    warned = judged(CLAMP, pod({"spec": {"terminationGracePeriodSeconds": 900}}), mode="warn")
    assert said(warned) == [("spec.terminationGracePeriodSeconds", "is 900, must be at most 300")]


TTL = "default: {object: {spec: {ttlSecondsAfterFinished: 86400}}}"


def test_an_objects_own_fields_are_filled_on_create_and_on_update() -> None:
    rules = one_rule("defaults", TTL, match=JOB)
    job = workload("Job")
    for asked in (request(job), request(job, old=workload("Job", patch={"metadata": {"labels": {"a": "b"}}}))):
        decision = decided(rules, asked)
        assert decision.patch == ({"op": "add", "path": "/spec/ttlSecondsAfterFinished", "value": 86400},)
        assert decision.findings == ()
    decision = decided(one_rule("defaults", TTL, match=JOB, mode="warn"), job)
    assert said(decision) == [("spec.ttlSecondsAfterFinished", "missing, must be 86400")]


def test_one_rule_may_be_about_pods_and_another_kinds_own_fields() -> None:
    text = f"{TTL[:-1]}, pod: {{hostUsers: false}}}}"
    rules = one_rule("defaults", text, match="{kinds: [Job, Pod]}")
    assert [edit["path"] for edit in decided(rules, workload("Job")).patch] == ["/spec/ttlSecondsAfterFinished"]
    assert [edit["path"] for edit in decided(rules, pod()).patch] == ["/spec/hostUsers"]
    assert decided(rules, workload("Job")).findings == ()


def test_a_service_account_may_be_told_not_to_mount_its_token() -> None:
    rules = one_rule(
        "defaults", "default: {object: {automountServiceAccountToken: false}}", match="{kinds: [ServiceAccount]}"
    )
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a", "namespace": "shop"}}
    decision = decided(rules, account)
    assert [edit["path"] for edit in decision.patch] == ["/automountServiceAccountToken"]
    assert decision.findings == ()


@pytest.mark.parametrize("odd", ["text", 5, ["x"], True])
def test_values_of_wrong_types_break_nothing(odd: Any) -> None:
    everything = f"{APPEND}\n{ESCALATION}\n{NDOTS}\n{TOKEN}\n{CLAMP}"
    rules = ruleset(policy("- name: r\n  defaults:\n" + "\n".join(f"    {line}" for line in everything.splitlines())))
    container: Json = {"name": "web", "image": "a.example/a:1"}
    for name in ("securityContext", "env", "envFrom", "volumeMounts", "resources"):
        assert decided(rules, pod({"spec": {"containers": [{**container, name: odd}]}})).faults == ()
    for name in ("securityContext", "dnsConfig", "tolerations", "terminationGracePeriodSeconds", "imagePullSecrets"):
        assert decided(rules, pod({"spec": {name: odd}})).faults == ()


def test_the_action_of_a_missing_default_is_the_rules_mode() -> None:
    decision = decided(one_rule("defaults", ESCALATION), pod(), stage=Stage.VALIDATE)
    assert (decision.verdict, decision.findings[0].action) == (Verdict.DENIED, Action.DENY)
