from webhook.report.snippet import Diagnostic, problem, render
from webhook.report.style import Style
from webhook.source.problem import Level, Place, Problem

PLAIN = Style()
ASCII = Style(unicode=False)


def drawn(text: str, column: int, length: int, style: Style = PLAIN, **changes: object) -> list[str]:
    """The source line and the line with carets, without their gutters."""
    place = Place("web.yaml", 7, column, length, text)
    lines = render(Diagnostic("error", "r", "title", place, **changes), style).splitlines()  # type: ignore[arg-type]
    assert lines[2] == "  |"
    assert lines[3].startswith("7 | ")
    assert lines[4].startswith("  | ")
    return [lines[3][4:], lines[4][4:]]


def test_a_finding_is_told_with_its_line_a_caret_and_the_cure() -> None:
    place = Place("deploy/web.yaml", 16, 16, 12, "        image: nginx:latest")
    around = Place("deploy/web.yaml", 15, 9, 9, "      - name: web")
    found = Diagnostic(
        level="error",
        code="image-tag-pinned",
        title="Images have a fixed version",
        place=place,
        subject='Deployment shop/web, container "web"',
        label='"nginx:latest" has no fixed version',
        around=around,
        footers=(("help", "use a version tag or digest"),),
    )
    assert render(found, PLAIN) == "\n".join(
        [
            "error[image-tag-pinned]: Images have a fixed version",
            '  --> deploy/web.yaml:16:16   Deployment shop/web, container "web"',
            "   |",
            "15 |       - name: web",
            "16 |         image: nginx:latest",
            '   |                ^^^^^^^^^^^^ "nginx:latest" has no fixed version',
            "   |",
            "help: use a version tag or digest",
        ]
    )


def test_lines_that_are_left_out_between_are_shown_as_a_gap() -> None:
    around = Place("web.yaml", 3, 1, 1, "- name: web")
    place = Place("web.yaml", 7, 3, 3, "  cpu: 1")
    assert render(Diagnostic("error", "r", "t", place, around=around), PLAIN).splitlines()[3:] == [
        "3 | - name: web",
        "...",
        "7 |   cpu: 1",
        "  |   ^^^",
    ]


def test_a_problem_of_a_rules_file_has_its_cure_and_no_rule() -> None:
    found = Problem("unknown key `imags`", Place("p.yaml", 2, 3, 5, "  imags: {}"), help="did you mean `images`?")
    assert render(problem(found), PLAIN) == (
        "error: unknown key `imags`\n --> p.yaml:2:3\n  |\n2 |   imags: {}\n  |   ^^^^^\n  |\n"
        "help: did you mean `images`?"
    )


def test_a_warning_of_a_rules_file_says_so() -> None:
    found = Problem("it never matches", Place("p.yaml", 2, 1, 1, "x"), Level.WARNING)
    assert render(problem(found), PLAIN).startswith("warning: it never matches\n")


def test_a_place_without_text_shows_no_line() -> None:
    found = Problem("this is a binary file", Place("p.yaml", 1, 1, 1, ""))
    assert render(problem(found), PLAIN) == "error: this is a binary file\n --> p.yaml:1:1"


def test_a_label_without_a_line_is_still_told() -> None:
    found = Diagnostic("undecided", "r", "t", Place("p.yaml", 1, 1, 1, ""), label="could not be decided")
    assert render(found, PLAIN).splitlines()[2] == "  = could not be decided"


def test_carets_stand_under_wide_characters() -> None:
    assert drawn("名前: 値段x", 5, 2) == ["名前: 値段x", "      ^^^^"]


def test_combining_characters_take_no_column() -> None:
    assert drawn("e\u0301: x", 5, 1) == ["e\u0301: x", "   ^"]


def test_tabs_are_as_wide_as_they_are_shown() -> None:
    assert drawn("\timage: x", 2, 5) == ["    image: x", "    ^^^^^"]


def test_a_long_line_is_cut_around_the_caret() -> None:
    line, carets = drawn("a" * 500 + "VALUE" + "b" * 500, 501, 5)
    assert line == "…" + "a" * 40 + "VALUE" + "b" * 65 + "…"
    assert carets == " " * 41 + "^^^^^"


def test_a_long_value_is_marked_as_far_as_it_is_shown() -> None:
    line, carets = drawn("image: " + "a" * 500, 8, 500)
    assert line == "image: " + "a" * 103 + "…"
    assert carets == " " * 7 + "^" * 103


def test_a_long_line_is_cut_at_its_end_where_the_caret_is_near_its_start() -> None:
    line, carets = drawn("image: x # " + "c" * 500, 8, 1)
    assert line == "image: x # " + "c" * 99 + "…"
    assert carets == "       ^"


def test_a_caret_at_the_end_of_a_line_stands_behind_it() -> None:
    assert drawn("image:", 7, 1) == ["image:", "      ^"]


def test_control_characters_never_reach_the_terminal() -> None:
    line, _ = drawn("image: \x1b[31mred\x07", 8, 3, label="bad \x1b[2J\nvalue")
    assert line == "image: \ufffd[31mred\ufffd"
    text = render(Diagnostic("error", "r", "t\x1b", Place("f\x1b.yaml", 1, 1, 1, "\x9b"), label="\x1b"), PLAIN)
    assert not any(ord(char) < 32 and char != "\n" for char in text)
    assert "\x9b" not in text


def test_a_secret_value_is_covered() -> None:
    assert drawn("password: hunter2", 11, 7, hidden=True) == ["password: *******", "          ^^^^^^^"]


def test_where_only_ascii_can_be_shown_columns_still_fit() -> None:
    line, carets = drawn("名: 値x", 4, 1, style=ASCII)
    assert line == "??: ??x"
    assert carets == "    ^^"


def test_where_only_ascii_can_be_shown_an_ellipsis_is_three_dots() -> None:
    line, carets = drawn("a" * 500 + "VALUE" + "b" * 500, 501, 5, style=ASCII, label="cut…")
    assert line.startswith("..." + "a" * 40 + "VALUE")
    assert carets == " " * 43 + "^^^^^ cut..."
    assert line.isascii()


def test_colour_is_added_and_changes_no_word() -> None:
    import re

    found = Diagnostic("error", "r", "t", Place("w", 1, 1, 1, "x"), label="bad", footers=(("help", "mend it"),))
    coloured = render(found, Style(colour=True))
    assert "\033[1;31merror[r]\033[0m: t" in coloured
    assert re.sub(r"\033\[[0-9;]*m", "", coloured) == render(found, PLAIN)
