"""Globs, path globs, regular expressions in linear time, and did-you-mean."""

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook.patterns import Glob, Globs, PathGlob, Pattern, closest, shown

few_letters = st.text(alphabet="ab*", max_size=8)
words = st.text(alphabet="ab\n", max_size=12)


@pytest.mark.parametrize(
    ("glob", "value", "covered"),
    [
        ("", "", True),
        ("", "a", False),
        ("latest", "latest", True),
        ("latest", "Latest", False),
        ("latest", "latest-1", False),
        ("*", "", True),
        ("*", "any\nthing", True),
        ("1.*", "1.27", True),
        ("1.*", "1", False),
        ("*-SNAPSHOT", "4-SNAPSHOT", True),
        ("*-SNAPSHOT", "4-SNAPSHOT-1", False),
        ("*PASSWORD*", "DB_PASSWORD_FILE", True),
        ("*PASSWORD*", "DB_PASSWD", False),
        ("ab*ba", "aba", False),
        ("ab*ba", "abba", True),
        ("a*b*c*d", "a-c-b-c-d", True),
        ("a*b*c*d", "a-c-b-d", False),
        ("**", "x", True),
        ("a**b", "a/b", True),
        ("v?", "v1", False),
        ("v?", "v?", True),
        ("\\*", "\\x", True),
        ("\\*", "*", False),
        ("[ab]", "a", False),
    ],
)
def test_a_glob_knows_only_the_star(glob: str, value: str, covered: bool) -> None:
    assert Glob.parse(glob).matches(value) is covered


@settings(deadline=None)
@given(few_letters, words)
def test_a_glob_agrees_with_a_naive_one(glob: str, value: str) -> None:
    naive = ".*".join(re.escape(piece) for piece in glob.split("*"))
    assert Glob.parse(glob).matches(value) is (re.fullmatch(naive, value, re.DOTALL) is not None)


def test_a_glob_that_would_backtrack_answers_on_a_long_value() -> None:
    assert not Glob.parse("*a" * 40 + "*b").matches("a" * 100_000)


def test_globs_look_up_the_exact_ones_and_try_the_others_in_order() -> None:
    globs = Globs.of(["team-*", "billing", "*-test", "team-a"])
    assert globs.exact == {"billing", "team-a"}
    assert [glob.text for glob in globs.others] == ["team-*", "*-test"]
    assert globs.first("team-a") == "team-a"
    assert globs.first("team-b-test") == "team-*"
    assert globs.first("x-test") == "*-test"
    assert globs.first("shop") is None
    assert globs.matches("billing")
    assert not globs.matches("billings")


def test_a_set_of_no_globs_is_false_and_covers_nothing() -> None:
    assert not Globs.of([])
    assert not Globs.of([]).matches("")
    assert Globs.of(["*"])


@pytest.mark.parametrize(
    ("glob", "path", "matches", "covers"),
    [
        ("/data", "/data", True, True),
        ("/data", "/data/x", False, True),
        ("/data", "/database", False, False),
        ("/data/*", "/data/x", True, True),
        ("/data/*", "/data/", False, False),
        ("/data/*", "/data/x/y", False, True),
        ("/data/*-a", "/data/x-a", True, True),
        ("/data/**", "/data", False, False),
        ("/data/**", "/data/x", True, True),
        ("/data/**", "/data/x/y", True, True),
        ("/**/run", "/run", True, True),
        ("/**/run", "/var/run", True, True),
        ("/**/run", "/var/run/docker.sock", False, True),
        ("/**/run", "/var/runs", False, False),
        ("a/**/b/**/c", "a/b/c", True, True),
        ("a/**/b/**/c", "a/x/b/y/z/c", True, True),
        ("a/**/b/**/c", "a/x/c/y/b", False, False),
        ("a/**/b/c", "a/b/b/c", True, True),
        ("**", "a", True, True),
        ("**/**/a", "a", True, True),
        ("a/**/b", "a", False, False),
        ("a/**/b", "a/b", True, True),
        ("a/**/a", "a", False, False),
    ],
)
def test_in_a_path_one_star_stays_within_a_segment(glob: str, path: str, matches: bool, covers: bool) -> None:
    assert PathGlob.parse(glob).matches(path) is matches
    assert PathGlob.parse(glob).covers(path) is covers


segments = st.lists(st.sampled_from(["a", "b", "ab", "*", "a*", "**"]), min_size=1, max_size=5)
plain_segments = st.lists(st.sampled_from(["a", "b", "ab", "ba"]), min_size=1, max_size=6)


@settings(deadline=None)
@given(segments, plain_segments)
def test_a_path_glob_agrees_with_a_naive_one(glob: list[str], path: list[str]) -> None:
    parsed = PathGlob.parse("/".join(glob))
    assert parsed.matches("/".join(path)) is _naive(glob, path)
    assert parsed.covers("/".join(path)) is any(_naive(glob, path[:end]) for end in range(1, len(path) + 1))


def _naive(glob: list[str], path: list[str]) -> bool:
    if not glob:
        return not path
    if glob == ["**"]:
        return bool(path)
    if glob[0] == "**":
        rest = glob[1:]
        least = 1 if set(rest) == {"**"} else 0
        return any(_naive(rest, path[start:]) for start in range(len(path) + 1 - least))
    if not path or not re.fullmatch(glob[0].replace("*", ".*"), path[0]):
        return False
    return _naive(glob[1:], path[1:])


def test_two_stars_within_a_segment_are_refused_with_the_cure() -> None:
    with pytest.raises(ValueError, match=r'^in "a/b\*\*", \*\* must fill a segment of its own: write b\* or b\*/\*\*$'):
        PathGlob.parse("a/b**")


@pytest.mark.parametrize(
    ("pattern", "value", "covered"),
    [
        ("CC-[0-9]{4}", "CC-1234", True),
        ("CC-[0-9]{4}", "CC-12345", False),
        ("CC-[0-9]{4}", "xCC-1234", False),
        ("CC-[0-9]{4}", "CC-1234\n", False),
        ("a|bc", "a", True),
        ("a|bc", "abc", False),
        ("^a$|^b$", "b", True),
        ("a.b", "a\nb", True),
        ("a.b", "aéb", True),
        ("a.b", "a\ud800b", True),
        ("a\ufffdb", "a\ud800b", True),
        ("(?i)abc", "ABC", True),
        ("", "", True),
        ("", "x", False),
        (r"\d+", "٣", False),
        (r"\pL+", "éß", True),
        ("(a+)+b", "a" * 20_000, False),
    ],
)
def test_a_pattern_covers_the_whole_value(pattern: str, value: str, covered: bool) -> None:
    assert Pattern.parse(pattern).matches(value) is covered


NOT_LINEAR = "does not exist here, because every expression runs in linear time"


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("x(a|b", "missing ) at character 2"),
        ("a)b", "unexpected ) at character 2"),
        (r"[]a(]\((b", "missing ) at character 8"),
        ("x[a-", 'missing ] at character 2, "[a-"'),
        ("ab[z-a]", 'invalid character class range at character 4, "z-a"'),
        ("*a", 'no argument for repetition operator at character 1, "*"'),
        ("a(?=b)", f'invalid perl operator at character 2, "(?=" (look-ahead {NOT_LINEAR})'),
        ("a(?<!b)", f'invalid perl operator at character 2, "(?<!" (look-behind {NOT_LINEAR})'),
        (r"a\1", rf'invalid escape sequence at character 2, "\1" (a reference back to a group {NOT_LINEAR})'),
        (
            r"a\Z",
            r'invalid escape sequence at character 2, "\Z" (leave it out: an expression always covers the whole value)',
        ),
        (
            "a{1001}",
            'invalid repetition size at character 2, "{1001}" (at most 1000, nested ones multiplied)',
        ),
        (
            r"(\pL{400}\pN{500}){2}",
            "pattern too large - compile failed (its repetitions written out take too much memory)",
        ),
    ],
)
def test_a_broken_pattern_is_refused_at_its_place(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f'^"{re.escape(pattern)}" is no regular expression: {re.escape(reason)}$'):
        Pattern.parse(pattern)


def test_half_a_surrogate_pair_and_an_endless_text_are_no_patterns() -> None:
    with pytest.raises(ValueError, match=r'^"a\\ud800" is no regular expression: it holds half of a surrogate pair$'):
        Pattern.parse("a\ud800")
    with pytest.raises(ValueError, match=r"^a regular expression has at most 10000 characters, this one 10001$"):
        Pattern.parse("a" * 10_001)


@pytest.mark.parametrize("pattern", ["a^b", "$a", "team-^[0-9]+$", r"US$[0-9]+", r"[^\x00-\x{10FFFF}]", r"a\Ab"])
def test_a_pattern_that_provably_matches_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"can never match anything"):
        Pattern.parse(pattern)


@pytest.mark.parametrize("pattern", [".*", "", r"\z", "(?m)a$\n^b", "x{0}", "a|b^c", "^", "^$"])
def test_an_odd_pattern_that_does_match_something_is_taken(pattern: str) -> None:
    assert Pattern.parse(pattern).text == pattern


def test_the_regular_expression_engine_is_loaded_only_when_one_is_used() -> None:
    program = (
        "import sys\n"
        "from webhook.patterns import Glob, Pattern, PathGlob\n"
        "Glob.parse('a*').matches('ab'), PathGlob.parse('a/**').matches('a/b')\n"
        "assert 're2' not in sys.modules\n"
        "Pattern.parse('a+')\n"
        "assert 're2' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("word", "candidates", "meant"),
    [
        ("pullpolicy", ["pull", "pullPolicy"], "pullPolicy"),
        ("pull-policy", ["pullPolicy"], "pullPolicy"),
        ("imgaes", ["names", "images"], "images"),
        ("requierd", ["required", "request"], "required"),
        ("minitems", ["maxItems", "minItems"], "minItems"),
        ("form", ["from", "for"], "from"),
        ("frm", ["from"], "from"),
        ("registry", ["resources", "rewrite"], None),
        ("x", ["y"], None),
        ("ab", ["xy"], None),
        ("", ["name"], None),
        ("anything", [], None),
    ],
)
def test_the_closest_word_is_the_one_that_was_probably_meant(
    word: str, candidates: list[str], meant: str | None
) -> None:
    assert closest(word, candidates) == meant


def test_of_two_equally_close_words_the_first_is_proposed() -> None:
    assert closest("max", ["min", "mix", "mux"]) == "mix"


def test_what_is_shown_cannot_steer_a_terminal_and_stays_short() -> None:
    assert shown("a\x1b[31m\r\n\u202e\ud800é") == r'"a\x1b[31m\r\n\u202e\ud800é"'
    assert shown(r"a\d") == r'"a\d"'
    assert shown("x" * 500, 10) == '"xxxxxxxxx…"'
