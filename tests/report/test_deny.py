import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.objects import pod, request, workload
from tests.report.findings import CONTAINERS, TAG, decision, root, secret, tag
from webhook.admission.decision import Decision
from webhook.admission.finding import Cause, Finding, Mode, Standing
from webhook.admission.request import Operation, Request
from webhook.report.deny import causes, denial, deny_message

ASKED = request(workload("Deployment"))


def message(*findings: Finding, asked: Request = ASKED) -> str:
    return deny_message(decision(*findings), asked)


def test_a_refusal_names_the_object_every_finding_the_cure_and_whom_to_ask() -> None:
    assert message(tag(), root()) == (
        "2 rules block Deployment shop/web (2 problems)\n"
        "\n"
        '  [image-tag-pinned] spec.template.spec.containers[0].image (web): "nginx:latest" has no fixed version\n'
        "      fix: use a version tag or digest, for example nginx:1.27.2\n"
        "      why: A moving tag changes what runs without anybody deciding it.\n"
        "  [run-as-non-root] spec.template.spec.securityContext.runAsNonRoot: missing, must be true\n"
        "      fix: add securityContext: {runAsNonRoot: true}\n"
        "\n"
        "  reproduce: doorward check FILE | ask: #platform-help | "
        "docs: https://policies.acme.example/image-tags | id: 7f3c2a1b"
    )


def test_one_rule_is_told_in_the_singular() -> None:
    assert message(tag()).splitlines()[0] == "1 rule blocks Deployment shop/web (1 problem)"


def test_the_same_finding_in_several_containers_is_told_once() -> None:
    findings = [tag(index, name) for index, name in enumerate(["web", "worker", "proxy", "logs"])]
    lines = message(*findings).splitlines()
    assert lines[0] == "1 rule blocks Deployment shop/web (4 problems)"
    assert lines[2].startswith(
        "  [image-tag-pinned] spec.template.spec.containers[0].image (web, worker and 2 more containers): "
    )
    assert sum("[image-tag-pinned]" in line for line in lines) == 1


def test_the_same_finding_in_an_init_container_belongs_to_the_others() -> None:
    init = tag(path=(*CONTAINERS[:-1], "initContainers", 0, "image"), container="setup")
    assert "containers[0].image (web and setup): " in message(tag(), init)


def test_the_same_finding_at_several_places_without_a_container_is_counted() -> None:
    volumes = [root(path=("spec", "volumes", index, "hostPath")) for index in range(3)]
    assert "[run-as-non-root] spec.volumes[0].hostPath and 2 more places: missing" in message(*volumes)


def test_two_places_in_one_container_are_counted() -> None:
    ports = [tag(path=(*CONTAINERS, 0, "ports", index, "hostPort")) for index in range(2)]
    assert "containers[0].ports[0].hostPort (web) and 1 more place: " in message(*ports)


def test_other_values_are_not_the_same_finding() -> None:
    other = tag(1, "worker", message='"redis:latest" has no fixed version', value="redis:latest")
    assert sum("[image-tag-pinned]" in line for line in message(tag(), other).splitlines()) == 2


def test_five_are_told_in_detail_and_the_rest_is_counted() -> None:
    findings = [tag(message=f"problem {index}") for index in range(8)]
    lines = message(*findings).splitlines()
    assert sum("[image-tag-pinned]" in line for line in lines) == 5
    assert "  +3 more: doorward check FILE" in lines


def test_rules_of_one_name_are_told_with_their_policies() -> None:
    other = TAG._replace(policy="other")
    text = message(tag(), tag(rule=other))
    assert "  [image-tags/image-tag-pinned] " in text
    assert "  [other/image-tag-pinned] " in text


def test_findings_that_do_not_deny_are_not_told() -> None:
    others = tag(mode=Mode.WARN), tag(mode=Mode.AUDIT), tag(standing=Standing.OLD), tag(standing=Standing.EXCEPTED)
    assert message(root(), *others).splitlines()[0] == "1 rule blocks Deployment shop/web (1 problem)"
    assert "image-tag-pinned" not in message(root(), *others)


def test_why_is_left_out_where_the_essentials_would_not_fit_into_an_event() -> None:
    short, long = message(tag()), message(*[tag(message=f"problem {index}" * 9) for index in range(4)])
    assert "why: " in short
    assert len(short.encode()) <= 900
    assert "why: " not in long


def test_the_essentials_stand_in_the_first_900_bytes() -> None:
    worst = tag(message="m" * 900, fix="f" * 900, path=(*CONTAINERS, 0, "x" * 900), container="c" * 63)
    asked = ASKED._replace(namespace="n" * 63, name="w" * 253)
    text = deny_message(decision(worst, *[tag(message=f"{index}" * 300) for index in range(6)]), asked)
    first = text.encode()[:900].decode("utf-8", "ignore")
    assert len(first.splitlines()[0]) == 150
    assert first.splitlines()[0].endswith("w… (7 problems)")
    assert "[image-tag-pinned] " in first
    assert "fix: " + "f" * 197 in first
    assert len(text.encode()) <= 4000


def test_the_message_reads_well_in_one_paragraph() -> None:
    assert " ".join(message(tag(), root()).split()).startswith(
        "2 rules block Deployment shop/web (2 problems) [image-tag-pinned] "
        'spec.template.spec.containers[0].image (web): "nginx:latest" has no fixed version '
        "fix: use a version tag or digest"
    )


@pytest.mark.parametrize("word", ["immutable", "IMMUTABLE", "Immutable"])
def test_the_word_at_which_flux_recreates_objects_is_never_written(word: str) -> None:
    rule = TAG._replace(name="immutable-production")
    text = message(tag(rule=rule, message=f'"{word}:latest" is {word}', fix=f"not {word}"))
    assert "immutable" not in text.lower()
    assert "[im-mutable-production]" in text
    (cause,) = causes(decision(tag(message=f"is {word}")))
    assert "immutable" not in cause["message"].lower()


def test_values_of_environment_variables_are_never_told() -> None:
    text = message(secret())
    assert "hunter2" not in text
    assert "env[0].value (web): (not shown) is a password" in text
    assert "fix: put (not shown) into a Secret" in text
    assert "hunter2" not in str(causes(decision(secret())))


def test_values_of_a_secret_are_never_told() -> None:
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"}, "data": {"p": "aGk="}}
    finding = tag(path=("data", "p"), value="aGk=", message='"aGk=" is not allowed', container="")
    text = deny_message(decision(finding, object=obj), request(obj))
    assert "aGk=" not in text
    assert "data.p: (not shown) is not allowed" in text


def test_a_refused_deletion_says_so_and_offers_no_check_of_a_file() -> None:
    asked = request(None, workload("Deployment"), operation=Operation.DELETE)
    text = deny_message(decision(root(path=(), message="no deletions on Friday"), object=None), asked)
    assert text.splitlines()[0] == "1 rule blocks deleting Deployment shop/web (1 problem)"
    assert "  [run-as-non-root] no deletions on Friday" in text
    assert "doorward check" not in text


def test_a_refused_exec_names_the_pod() -> None:
    asked = request(pod(), operation=Operation.CONNECT, subresource="exec")
    assert message(root(), asked=asked).splitlines()[0] == "1 rule blocks exec on Pod shop/web (1 problem)"


def test_what_could_not_be_decided_beside_a_violation_is_told_after_it() -> None:
    unknown = root(cause=Cause.UNAVAILABLE, path=(), message="could not be decided: the labels are not known")
    lines = message(unknown, tag()).splitlines()
    assert lines[0] == "1 rule blocks Deployment shop/web (1 problem, 1 more could not be decided)"
    assert lines[2].startswith("  [image-tag-pinned] ")
    assert lines[5].startswith("  [run-as-non-root] could not be decided: the labels are not known")


def test_a_missing_fact_is_no_violation_and_asks_to_try_again() -> None:
    unknown = tag(cause=Cause.UNAVAILABLE, path=(), container="", message="could not be decided: no labels", fix=None)
    assert message(unknown) == (
        "Deployment shop/web could not be decided: 1 rule lacks a fact; the object is not at fault\n"
        "\n"
        "  [image-tag-pinned] could not be decided: no labels\n"
        "      why: A moving tag changes what runs without anybody deciding it.\n"
        "\n"
        "  try again in a minute | ask: #platform-help | docs: https://policies.acme.example/image-tags | id: 7f3c2a1b"
    )


def test_a_rule_that_broke_is_told_as_our_failure() -> None:
    broken = tag(cause=Cause.FAILED, path=(), message="could not be checked: the rule broke")
    unknown = root(cause=Cause.UNAVAILABLE, path=(), message="could not be decided: no labels")
    lines = message(broken, unknown).splitlines()
    assert lines[0] == (
        "Deployment shop/web could not be decided: 1 rule failed and 1 rule lacks a fact; the object is not at fault"
    )
    assert lines[-1].startswith("  ask: #platform-help | ")


@pytest.mark.parametrize(
    ("made", "answer"),
    [
        (decision(tag()), (403, "Forbidden")),
        (decision(tag(), root(cause=Cause.FAILED)), (403, "Forbidden")),
        (decision(tag(cause=Cause.FAILED)), (500, "InternalError")),
        (decision(tag(cause=Cause.UNAVAILABLE)), (500, "InternalError")),
    ],
)
def test_a_violation_is_forbidden_and_what_is_undecided_is_an_internal_error(
    made: Decision, answer: tuple[int, str]
) -> None:
    assert denial(made) == answer


def test_programs_get_every_blocking_finding_as_a_cause() -> None:
    unknown = root(cause=Cause.UNAVAILABLE, path=(), message="could not be decided: no labels", fix=None)
    assert causes(decision(tag(), unknown, tag(mode=Mode.WARN))) == [
        {
            "field": "spec.template.spec.containers[0].image",
            "message": '"nginx:latest" has no fixed version; '
            "fix: use a version tag or digest, for example nginx:1.27.2",
            "reason": "image-tags/image-tag-pinned",
        },
        {
            "field": "(object)",
            "message": "could not be decided: no labels",
            "reason": "pod-security/run-as-non-root",
        },
    ]


def test_causes_are_bounded() -> None:
    assert len(causes(decision(*[tag(index) for index in range(1000)]))) == 100


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            tag,
            message=st.text(max_size=400),
            fix=st.one_of(st.none(), st.text(max_size=400)),
            container=st.text(max_size=70),
            path=st.lists(st.one_of(st.text(max_size=300), st.integers(0, 99)), max_size=6).map(tuple),
            value=st.one_of(st.none(), st.text(max_size=300), st.integers(), st.lists(st.text())),
        ),
        min_size=1,
        max_size=8,
    ),
    st.text(max_size=300),
)
def test_whatever_users_write_the_message_is_bounded_and_clean(findings: list[Finding], name: str) -> None:
    made = decision(*findings)
    text = deny_message(made, ASKED._replace(name=name))
    told = text + "".join(f"{cause['field']}{cause['message']}" for cause in causes(made))
    assert len(text.encode()) <= 4000  # and it can be encoded at all
    assert all(char == "\n" or ord(char) >= 32 for char in told)
    assert not any("\x7f" <= char <= "\x9f" or char in "\u2028\u2029" for char in told)
    assert "immutable" not in told.lower()
    assert len(text.splitlines()[0]) <= 160  # a dash in every word that we do not write
