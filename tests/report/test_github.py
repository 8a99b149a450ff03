from tests.report.findings import TAG, checked, root, run, secret, tag
from webhook.admission.finding import Cause, Mode, Standing
from webhook.report.github import report
from webhook.source.problem import Place, Problem


def test_a_finding_is_an_annotation_at_its_line() -> None:
    assert report(run(checked(tag()))) == (
        "::error file=deploy/web.yaml,line=13,col=16,endColumn=28,title=image-tags/image-tag-pinned::"
        'Deployment shop/web: spec.template.spec.containers[0].image (web): "nginx:latest" has no fixed version'
        "%0Afix: use a version tag or digest, for example nginx:1.27.2"
        "%0Aask: #platform-help | docs: https://policies.acme.example/image-tags\n"
    )


def test_errors_come_before_warnings_and_notices() -> None:
    findings = tag(standing=Standing.EXCEPTED), tag(mode=Mode.AUDIT), tag(mode=Mode.WARN), tag(), root()
    lines = report(run(checked(*findings))).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::notice", "::notice"]
    assert "title=pod-security/run-as-non-root::" in lines[0]


def test_what_is_undecided_is_a_warning_that_says_so() -> None:
    line = report(run(checked(tag(cause=Cause.UNAVAILABLE))))
    assert line.startswith("::warning ")
    assert ",title=undecided%3A image-tags/image-tag-pinned::" in line


def test_an_unreadable_input_is_an_error() -> None:
    broken = Problem("not YAML", Place("bad.yaml", 3, 2, 1, "{"), help="close the brace")
    assert report(run(problems=(broken,))) == (
        "::error file=bad.yaml,line=3,col=2,endColumn=3,title=doorward::not YAML%0Ahelp: close the brace\n"
    )


def test_only_what_github_keeps_is_written_and_the_rest_counted() -> None:
    findings = [
        *(tag(index) for index in range(14)),
        *(tag(index, mode=Mode.WARN) for index in range(12)),
        *(tag(index, mode=Mode.AUDIT) for index in range(11)),
    ]
    lines = report(run(checked(*findings))).splitlines()
    levels = [line.split(" ")[0] for line in lines]
    assert [levels.count(level) for level in ("::error", "::warning", "::notice")] == [10, 10, 10]
    assert lines[-1] == "::notice title=doorward::+8 more: doorward check prints all of them"


def test_nothing_is_counted_where_everything_is_written() -> None:
    assert report(run(checked(*[tag(index) for index in range(10)]))).count("\n") == 10
    assert report(run(checked())) == ""


def test_users_can_neither_end_a_line_nor_begin_a_command() -> None:
    odd = tag(message="100% of\n::add-mask::x\r\x1b", container="a,b:c%")
    text = report(run(checked(odd, file="a,b:c%\n::error::x.yaml")))
    (line,) = text.splitlines()
    assert line.startswith("::error file=a%2Cb%3Ac%25 %3A%3Aerror%3A%3Ax.yaml,line=13,")
    assert "(a,b:c%25): 100%25 of ::add-mask::x \ufffd%0A" in line


def test_files_are_told_relative_to_the_repository() -> None:
    done = run(checked(tag()))._replace(root="/repo", cwd="/repo/apps")
    assert report(done).startswith("::error file=apps/deploy/web.yaml,")


def test_secrets_stay_out() -> None:
    assert "hunter2" not in report(run(checked(secret())))


def test_a_rule_without_docs_and_contact_adds_no_empty_line() -> None:
    bare = TAG._replace(docs="", contact="", team="platform")
    assert report(run(checked(tag(rule=bare)))).endswith("nginx:1.27.2%0Aask: platform\n")
    assert not report(run(checked(root()))).endswith("%0A\n")
