"""What is wrong with a path or an operator is told when rules load, with its cure, by what the Kubernetes API knows."""

import pytest

from tests.objects import policy, problems


def told(statement: str, kinds: str = "", **more: str) -> list[tuple[str, str, str | None]]:
    """(level, message, cure) of everything that is wrong with a rule of this one statement."""
    match = f"  match: {{kinds: [{kinds}]}}\n" if kinds else ""
    extra = "".join(f"  {key}: {value}\n" for key, value in more.items())
    text = policy(f"- name: r\n{match}{extra}  fields: {{{statement}}}\n")
    return [(str(problem.level), problem.message, problem.help) for problem in problems(text)]


def error(message: str, cure: str | None = None) -> list[tuple[str, str, str | None]]:
    return [("error", message, cure)]


def warning(message: str, cure: str | None = None) -> list[tuple[str, str, str | None]]:
    return [("warning", message, cure)]


GOOD = [
    ("pod: spec.hostNetwork, forbidden: true", ""),
    ("container: securityContext.readOnlyRootFilesystem, equals: true", ""),
    ("container: 'ports[*].containerPort', min: 1024", ""),
    ("container: 'env[*].value', where: {name: {like: ['*PASSWORD*', '*TOKEN*']}}, forbidden: true", ""),
    ("container: livenessProbe.httpGet.port, in: {container: 'ports[*].name'}", ""),
    ("container: livenessProbe, differsFrom: {container: readinessProbe}", ""),
    ("container: securityContext.capabilities.drop, containsAny: [ALL, NET_RAW]", ""),
    ("container: securityContext.runAsUser, required: true, ranges: ['1000-1999', '3000-3999']", ""),
    ("pod: 'spec.volumes[*].hostPath', forbidden: true, unless: {pod: metadata.namespace, in: [storage]}", ""),
    ("pod: spec.priorityClassName, required: true, in: [low, normal, high]", ""),
    (
        "pod: 'spec.topologySpreadConstraints[*]', where: {topologyKey: kubernetes.io/hostname}, required: true,"
        " when: {object: spec.replicas, min: 3}",
        "Deployment",
    ),
    ("object: spec.replicas, min: 2", "Deployment"),
    (
        "object: spec.template, unchanged: {except: ['metadata.annotations[\"kubectl.kubernetes.io/restartedAt\"]']}",
        "Deployment",
    ),
    ("object: 'spec.tls', minItems: 1", "networking.k8s.io/Ingress"),
    ("object: spec.replicas, min: 2", "Deployment/scale, StatefulSet/scale, example.dev/Widget/scale"),
    ("object: metadata.labels.team, required: true", "Deployment/scale"),
    ("anyOf: [{container: livenessProbe, required: true}, {container: startupProbe, required: true}]", ""),
    ("container: targetContainerName, required: true", ""),
    ("pod: spec.ephemeralContainers, forbidden: true", ""),
    ("pod: spec.containers, maxItems: 5", ""),
    ("object: metadata.labels.team, required: true", "'*'"),
    ("object: metadata.labels.team, required: true", "example.dev/Widget"),
    ("container: 'resources.limits[\"nvidia.com/gpu\"]', max: 2", ""),
    ("container: image, pattern: '.*@sha256:.*'", "Pod/ephemeralcontainers"),
]


@pytest.mark.parametrize(("statement", "kinds"), GOOD)
def test_nothing_is_wrong_with_the_statements_of_the_policy_language(statement: str, kinds: str) -> None:
    assert told(statement, kinds) == []


BAD = [
    ("pod: spec.hostNetwrk, forbidden: true", "",
     "there is no field `hostNetwrk` in `spec.hostNetwrk`", "did you mean `hostNetwork`?"),
    ("container: ports.name, required: true", "",
     "there is no field `name` in `ports.name`", "it is a list: write [*] before `name`"),
    ("pod: 'spec.hostNetwork[*]', forbidden: true", "",
     "there is no field `[*]` in `spec.hostNetwork[*]`", "what is before it is true or false"),
    ("pod: spec.hostNetwork.x, forbidden: true", "",
     "there is no field `x` in `spec.hostNetwork.x`", "what is before it is true or false"),
    ("pod: 'spec.securityContext[*]', forbidden: true", "", "there is no field `[*]` in `spec.securityContext[*]`",
     "known here: appArmorProfile, fsGroup, fsGroupChangePolicy, runAsGroup, runAsNonRoot, runAsUser,"
     " seLinuxChangePolicy, seLinuxOptions, seccompProfile, supplementalGroups, supplementalGroupsPolicy, sysctls,"
     " windowsOptions"),
    ("pod: metadata.labels.app.kubernetes.io/name, required: true", "",
     "there is no field `kubernetes` in `metadata.labels.app.kubernetes.io/name`",
     'quote a key that has dots: metadata.labels["app.kubernetes.io/name"]'),
    ("pod: 'spec.containers[*].image', required: true", "",
     "`pod: spec.containers[*].image` would see one list of containers only",
     "write `container: image`, which sees every container"),
    ("pod: 'spec.initContainers[0].ports[*].name', required: true", "",
     "`pod: spec.initContainers[0].ports[*].name` would see one list of containers only",
     "write `container: ports[*].name`, which sees every container"),
    ("pod: 'spec.containers[*]', required: true", "",
     "`pod: spec.containers[*]` would see one list of containers only", "use `container:`"),
    ("object: 'spec.template.spec.containers[*].image', required: true", "Deployment",
     "`object: spec.template.spec.containers[*].image` would see one list of containers only",
     "write `container: image`, which sees every container"),
    ("object: spec.replicas, min: 2", "",
     "`object:` needs to know which kind it is about", "name it in match.kinds"),
    ("object: spec.replicas, min: 2", "Deployment, DaemonSet",
     "there is no field `replicas` in `spec.replicas`",
     "known here: minReadySeconds, revisionHistoryLimit, selector, template, updateStrategy"),
    ("pod: spec.hostPID, forbidden: true", "Service",
     "`pod:` is about pods, and Service carries none", "use `object:`"),
    ("container: tty, forbidden: true", "'*'", "`container:` is about pods, and * carries none", "use `object:`"),
    ("container: tty, forbidden: true", "Pod/exec",
     "`container:` is about pods, and Pod/exec carries none", "use `object:`"),
    ("pod: spec.hostPID, forbidden: true, when: {object: metadata.name, like: a}", "Pod, Deployment",
     "a condition on `object:` is literal, and the match includes Pod", "use `pod:`, or leave Pod out of match.kinds"),
    ("object: metadata.name, like: a, when: {object: metadata.name, like: a}", "'*'",
     "a condition on `object:` is literal, and the match includes Pod", "use `pod:`, or leave Pod out of match.kinds"),
    ("container: 'env[*].value', where: {nam: x}, forbidden: true", "",
     "there is no field `nam` in `env[*].nam`", "did you mean `name`?"),
    ("object: spec.template, unchanged: {except: [metadata.annotation]}", "Deployment",
     "there is no field `annotation` in `spec.template.metadata.annotation`", "did you mean `annotations`?"),
    ("container: tty, in: {container: stdn}", "",
     "there is no field `stdn` in `stdn`", "did you mean `stdin`?"),
    ("pod: '', forbidden: true", "", "the path is empty", "write it as spec.hostNetwork"),
    ("pod: 5, forbidden: true", "", "expected a path, found the number 5", "such as spec.hostNetwork"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "kinds", "message", "cure"), BAD, ids=[case[0] for case in BAD])
def test_a_path_that_leads_nowhere_or_sees_too_little_is_an_error(
    statement: str, kinds: str, message: str, cure: str
) -> None:
    assert told(statement, kinds) == error(message, cure)


def test_the_place_of_an_error_is_the_path_itself() -> None:
    (problem,) = problems(policy("- name: r\n  fields:\n  - {pod: spec.hostPID, forbidden: true}\n  - {pod: spec.x}\n"))
    assert (problem.place.line, problem.place.column, problem.place.length) == (12, 13, 6)


def test_the_fields_of_a_kind_that_is_not_known_give_a_warning_and_the_rule_is_used() -> None:
    assert told("object: spec.size, max: 3", "example.dev/Widget") == warning(
        "the fields of example.dev/Widget are not known here, so this path is not checked"
    )


@pytest.mark.parametrize(
    ("statement", "message", "cure"),
    [
        ("pod: spec.hostPID, min: 1", "`min` cannot judge `spec.hostPID`, which is true or false",
         "write equals: true or equals: false"),
        ("pod: spec.hostPID, pattern: a", "`pattern` cannot judge `spec.hostPID`, which is true or false",
         "write equals: true or equals: false"),
        ("pod: spec.priority, like: '1*'", "`like` cannot judge `spec.priority`, which is a whole number",
         "use equals, in, min or max"),
        ("container: args, like: a", "`like` cannot judge `args`, which is a list",
         "write [*] at the end of the path, for each element"),
        ("container: ports, max: 5", "`max` cannot judge `ports`, which is a list",
         "write [*] at the end of the path, for each element"),
        ("container: image, contains: [nginx]", "`contains` cannot judge `image`, which is a string",
         'use like: "*part*" for a part of a text, or leave out the [*] to judge the list'),
        ("pod: 'spec.volumes[*]', minItems: 1", "`minItems` cannot judge `spec.volumes[*]`, which is an object",
         "write required: nonEmpty where it must not be empty, or name a list in it"),
        ("container: 'args[*]', minItems: 1", "`minItems` cannot judge `args[*]`, which is a string",
         'use like: "*part*" for a part of a text, or leave out the [*] to judge the list'),
        ("pod: spec.securityContext, like: a", "`like` cannot judge `spec.securityContext`, which is an object",
         "name a field in it"),
        ("container: resources.limits, ranges: ['1-2']", "`ranges` cannot judge `resources.limits`, which is a map",
         "name a field in it"),
        ("container: 'env[*]', where: {value: {min: 1, maxItems: 2}}, forbidden: true",
         "`maxItems` cannot judge `value`, which is a string",
         'use like: "*part*" for a part of a text, or leave out the [*] to judge the list'),
    ],
)  # fmt: skip
def test_an_operator_that_cannot_work_on_the_fields_type_is_an_error(statement: str, message: str, cure: str) -> None:
    assert told(statement) == error(message, cure)


@pytest.mark.parametrize(
    ("statement", "message", "cure"),
    [
        ("pod: spec.hostPID, equals: 'true'", "`spec.hostPID` is true or false, and this is a string",
         "write true or false, without quotes"),
        ("pod: metadata.labels.a, equals: 5", "`metadata.labels.a` is a string, and this is the number 5",
         "put it in quotes"),
        ("pod: spec.priority, in: [1, '2']", "`spec.priority` is a whole number, and this is a string",
         "leave the quotes out"),
        ("pod: spec.nodeName, equals: [a, b]", "`spec.nodeName` is a string, and this is a list",
         "use `in` for one of several values"),
        ("container: 'ports[*]', where: {name: [a, b]}, forbidden: true", "`name` is a string, and this is a list",
         "use `in` for one of several values"),
        ("container: args, equals: a", "`args` is a list, and this is a string", "use `contains`"),
        ("container: args, contains: [5]", "an item of `args` is a string, and this is the number 5",
         "put it in quotes"),
        ("container: resources.limits.cpu, equals: lots", "`resources.limits.cpu` is a quantity, and this is a string",
         None),
    ],
)  # fmt: skip
def test_a_value_that_the_field_can_never_have_is_an_error(statement: str, message: str, cure: str | None) -> None:
    assert told(statement) == error(message, cure)


def test_a_port_may_be_a_number_or_a_name() -> None:
    assert told("container: livenessProbe.httpGet.port, in: [8080, http]") == []


@pytest.mark.parametrize("word", ["yes", "on", "true"])
def test_a_boolean_without_quotes_is_what_kubectl_reads(word: str) -> None:
    assert [level for level, _, _ in told(f"pod: spec.hostPID, equals: {word}") if level == "error"] == []
    assert error("`metadata.labels.a` is a string, and this is the boolean true", "put it in quotes")[0] in told(
        f"pod: metadata.labels.a, equals: {word}"
    )


def test_a_word_that_the_api_does_not_know_is_a_warning() -> None:
    assert told("container: imagePullPolicy, in: [Always, ifNotPresent]") == warning(
        "the API knows no `ifNotPresent` for `imagePullPolicy`", "did you mean `IfNotPresent`?"
    )


# What a statement says


@pytest.mark.parametrize(
    ("statement", "message", "cure"),
    [
        ("pod: spec.hostPID, forbidden: true, required: true", "a field that is forbidden cannot also have `required`",
         "keep one of them"),
        ("pod: spec.hostPID, forbidden: true, equals: true", "a field that is forbidden cannot also have `equals`",
         "keep one of them"),
        ("pod: spec.hostPID, forbidden: true, absent: refuse", "a field that is forbidden cannot also have `absent`",
         "keep one of them"),
        ("pod: spec.priority, min: 5, max: 4", "`min` is above `max`, so nothing can fit", "swap them"),
        ("container: args, minItems: 5, maxItems: 4",
         "`minItems` is above `maxItems`, so nothing can fit", "swap them"),
        ("pod: spec.hostPID, container: tty, forbidden: true", "a statement has one subject, here: pod and container",
         "pod: PATH, container: PATH or object: PATH"),
        ("forbidden: true", "a statement has one subject, here: none", "pod: PATH, container: PATH or object: PATH"),
        ("pod: spec.hostPID, forbiden: true, required: true", "unknown key `forbiden`", "did you mean `forbidden`?"),
        ("pod: spec.hostPID, absent: allow, equals: true", "`allow` is not one of refuse", None),
        ("pod: spec.hostPID, required: maybe", "`maybe` is not one of true, false, nonEmpty", None),
        ("pod: spec.nodeName, where: {name: a}, required: true", "`where` chooses elements, and the path has no [*]",
         None),
        ("container: 'env[*]', where: {}, forbidden: true", "expected fields of the element",
         "such as {name: {like: '*TOKEN*'}}"),
        ("container: 'env[*]', where: {name: {lik: a}}, forbidden: true", "unknown key `lik`", "did you mean `like`?"),
        ("container: args, unique: true", "`unique` compares elements, and the path has no [*]",
         "write args[*], or uniqueIn: pod to compare containers"),
        ("container: 'env[*].value', where: {name: a}, unchanged: true", "`where` cannot stand beside `unchanged`",
         "leave one of them out"),
        ("container: tty, unchanged: {only: [a]}", "expected true or {except: [PATH, ...]}", None),
        ("container: tty, unchanged: false", "expected true or {except: [PATH, ...]}", None),
        ("anyOf: [{pod: spec.hostPID, required: true}]", "anyOf needs at least two alternatives", None),
        ("anyOf: [{pod: spec.hostPID, required: true}, {container: tty, required: true}]",
         "the alternatives of anyOf must share one subject", "use pod: or container: in all"),
        ("anyOf: [{container: stdin, required: true}, {container: tty, required: true}], required: true",
         "`required` cannot stand beside anyOf", "put it into the alternatives"),
        ("anyOf: [{container: stdin, required: true}, {container: 'args[*]', uniqueIn: pod}]",
         "`uniqueIn` cannot stand in anyOf", "make a statement of its own of it"),
    ],
)  # fmt: skip
def test_words_that_contradict_each_other_or_say_nothing_are_an_error(
    statement: str, message: str, cure: str | None
) -> None:
    found = told(statement)
    assert error(message, cure)[0] in found
    assert [level for level, _, _ in found] == ["error"]


def test_a_path_of_which_nothing_is_said_is_an_error_in_rules_conditions_and_where() -> None:
    message = "nothing is said of `spec.hostPID`"
    for statement in (
        "pod: spec.hostPID",
        "pod: spec.hostPID, required: false",
        "pod: spec.nodeName, required: true, when: {pod: spec.hostPID}",
    ):
        assert [(level, text) for level, text, _ in told(statement)] == [("error", message)]
    (problem,) = told("container: 'env[*]', where: {name: {required: false}}, forbidden: true")
    assert problem[:2] == ("error", "nothing is said of `name`")


@pytest.mark.parametrize("word", ["absent: refuse", "unique: true", "uniqueIn: pod", "unchanged: true", "unless: {}"])
def test_words_that_only_a_rule_may_have_are_an_error_in_a_condition(word: str) -> None:
    found = told(f"pod: spec.hostPID, forbidden: true, when: {{container: 'args[*]', equals: a, {word}}}")
    assert (
        error(
            f"`{word.partition(':')[0]}` cannot stand in a condition", "conditions stand in a list, and all must hold"
        )[0]
        in found
    )


@pytest.mark.parametrize("raw", ["[]", "5", "[5]", "text"])
def test_what_is_no_statement_is_an_error(raw: str) -> None:
    (problem,) = problems(policy(f"- name: r\n  fields: {raw}\n"))
    assert problem.message in (
        "expected a list of statements, found a list",
        "expected a list of statements, found the number 5",
        "expected a list of statements, found a string",
        "expected a statement, found the number 5",
    )


# What is allowed and probably not meant


def test_required_below_each_points_to_min_items_where_an_empty_list_would_slip_through() -> None:
    assert told("container: 'ports[*].name', required: true") == warning(
        "where `ports` is empty or absent, this finds nothing", "add {container: ports, minItems: 1}"
    )
    assert told("pod: 'spec.volumes[*].projected.sources[*].secret', required: true") == warning(
        "where `spec.volumes[*].projected.sources` is empty or absent, this finds nothing",
        "add {pod: 'spec.volumes[*].projected.sources', minItems: 1}",
    )


@pytest.mark.parametrize("beside", ["minItems: 1", "required: nonEmpty"])
def test_no_such_warning_where_another_statement_wants_an_item(beside: str) -> None:
    text = (
        f"- name: r\n  fields:\n  - {{container: ports, {beside}}}\n  - {{container: 'ports[*].name', required: true}}"
    )
    assert problems(policy(text)) == ()


LIFTED = warning(
    "whoever writes the object can lift this rule with a label or annotation of their own",
    "choose by namespace (match.namespaceSelector), or make an exception",
)


@pytest.mark.parametrize("key", ["when", "unless"])
@pytest.mark.parametrize("path", ["metadata.labels.skip", 'metadata.annotations["a.b/c"]'])
def test_a_condition_on_a_label_or_annotation_of_the_users_own_is_a_warning(key: str, path: str) -> None:
    assert told(f"pod: spec.hostPID, forbidden: true, {key}: {{pod: '{path}', required: true}}") == LIFTED


def test_a_rules_own_condition_on_a_label_warns_too_and_any_of_does_not_hide_it() -> None:
    assert told("pod: spec.hostPID, forbidden: true", when="{pod: metadata.labels.skip, forbidden: true}") == LIFTED
    hidden = "{anyOf: [{pod: spec.hostIPC, equals: true}, {pod: metadata.labels.skip, equals: 'x'}]}"
    assert told("pod: spec.hostPID, forbidden: true", when=hidden) == LIFTED


def test_opting_in_to_what_a_rule_puts_in_is_no_lifting_unless_the_rule_is_severe() -> None:
    rule = (
        "- name: r\n  when: {pod: metadata.labels.certs, equals: 'on'}\n  defaults: {default: {pod: {hostname: x}}}\n"
    )
    assert problems(policy(rule)) == ()
    severe = [problem.message for problem in problems(policy(rule, severity="high"))]
    assert severe == [LIFTED[0][1]]


def test_conditions_on_anything_else_give_no_warning() -> None:
    assert told("pod: spec.hostPID, forbidden: true, unless: {pod: metadata.namespace, in: [a]}") == []


def test_a_condition_that_absence_answers_the_wrong_way_round_is_a_warning() -> None:
    statement = "pod: spec.hostPID, forbidden: true, when: {pod: spec.automountServiceAccountToken, equals: true}"
    assert told(statement) == warning(
        "where `spec.automountServiceAccountToken` is absent this is false, although absence means true",
        "say it the other way round, with notIn",
    )
    statement = "pod: spec.hostPID, forbidden: true, when: {container: tty, notIn: [false]}"
    assert told(statement) == warning(
        "where `tty` is absent this is true, although absence means false", "say it with equals"
    )
    assert told("pod: spec.hostPID, forbidden: true, when: {container: tty, equals: true}") == []


def test_a_star_before_a_tag_that_covers_no_slash_is_a_warning() -> None:
    assert told("container: image, notLike: ['*:latest', '**/*:edge', 'nginx*']") == warning(
        "`*` stays between slashes here, so `*:latest` covers nothing that has one", "write `**/*:latest`"
    )
