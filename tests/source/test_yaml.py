"""Reading YAML and JSON: the data, the places, and a clear problem with an exact place for everything wrong."""

import string
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from webhook.source.path import Path
from webhook.source.problem import Level, Place, Problem
from webhook.source.yaml import Document, Reading, read

POD = """\
# the web pod
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web, "team.example/name": shop}
  annotations:
spec:
  securityContext:
    runAsNonRoot: true
  containers:
  - name: web
    image: "nginx:1.27"
    command: [
      run
    ]
  -
    name: sidecar
    args:
    - |
      one
      two
"""


def reading(text: str | bytes) -> Reading:
    return read(text.encode() if isinstance(text, str) else text, "f.yaml")


def values(text: str | bytes) -> list[Any]:
    """The values of all documents; there must be no problem."""
    found = reading(text)
    assert found.problems == ()
    return [document.value for document in found.documents]


def one(text: str | bytes) -> Document:
    (document,) = reading(text).documents
    return document


def told(problem: Problem) -> tuple[str, int, int, int]:
    """Message, line, column and length of the caret."""
    return problem.message, problem.place.line, problem.place.column, problem.place.length


def problems(text: str | bytes) -> list[tuple[str, int, int, int]]:
    return [told(problem) for problem in reading(text).problems]


def pointed(place: Place) -> str:
    """The line, and the characters that the caret is under."""
    return f"{place.line}: {place.text[place.column - 1 : place.column - 1 + place.length]}"


# What is read


def test_plain_data_is_read_with_its_place_in_the_file() -> None:
    document = one("\n# a comment\nkind: Pod\nspec: {replicas: 3, on: [yes, ~, 1.5]}\n")
    assert document.value == {"kind": "Pod", "spec": {"replicas": 3, "true": [True, None, 1.5]}}
    assert (document.file, document.index, document.line) == ("f.yaml", 0, 3)


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only\n\n# comments\n", "---\n", "---\n---\n# c\n---\n", "null\n", "~\n"]
)
def test_a_file_that_says_nothing_has_no_documents_and_no_problems(text: str) -> None:
    assert reading(text) == Reading((), ())


def test_documents_are_split_where_kubectl_splits_them_and_empty_ones_are_left_out() -> None:
    found = reading("a: 1\n---\n# nothing\n---  # two\n\nb: 2\n---\nc: 3")
    assert [(d.value, d.index, d.line) for d in found.documents] == [
        ({"a": 1}, 0, 1),
        ({"b": 2}, 1, 6),
        ({"c": 3}, 2, 8),
    ]
    assert found.problems == ()


def test_a_text_block_at_the_end_of_a_file_without_a_last_line_break_ends_in_one_as_with_kubectl() -> None:
    assert values("a: |\n  text") == [{"a": "text\n"}]


def test_a_byte_order_mark_is_passed_over() -> None:
    document = one(b"\xef\xbb\xbfa: 1\n")
    assert document.value == {"a": 1}
    assert pointed(document.place(("a",))) == "1: 1"
    assert values(b'\xef\xbb\xbf{"a": 1}') == [{"a": 1}]


def test_carriage_returns_at_line_ends_are_no_part_of_values_or_of_shown_lines() -> None:
    document = one("a: 1\r\nb:\r\n- |\r\n  text\r\n- x\r\n")
    assert document.value == {"a": 1, "b": ["text\n", "x"]}
    assert document.place(("b", 1)) == Place("f.yaml", 5, 3, 1, "- x")


def test_an_alias_is_a_copy_of_its_own() -> None:
    value = one("a: &a {b: [1]}\nc: *a\nd: {<<: *a}\n").value
    assert value == {"a": {"b": [1]}, "c": {"b": [1]}, "d": {"b": [1]}}
    value["c"]["b"].append(2)
    value["d"]["b"].append(3)
    assert value["a"] == {"b": [1]}


def test_a_merge_acts_in_the_order_of_the_text_as_with_kubectl() -> None:
    assert one("x: &x {a: 1}\nv: {a: 2, <<: *x}\nw: {<<: *x, a: 2}\n").value == {
        "x": {"a": 1},
        "v": {"a": 1},
        "w": {"a": 2},
    }


def test_of_several_merged_mappings_the_first_wins() -> None:
    text = "x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz:\n  <<: [*x, *y]\n"
    assert one(text).value["z"] == {"a": 1, "b": 2}


json_like = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(string.ascii_letters, min_size=1), inner, max_size=4)
    ),
    max_leaves=25,
)


@given(json_like.filter(lambda value: value is not None))
def test_what_safe_dump_writes_quoted_is_read_as_safe_load_reads_it(value: Any) -> None:
    text = pyyaml.safe_dump({"value": value}, default_style='"', allow_unicode=True)
    assert values(text) == [pyyaml.safe_load(text)] == [{"value": value}]


@given(st.dictionaries(st.text(string.ascii_letters, min_size=3), json_like, min_size=1))
def test_the_careful_way_gives_the_same_data_as_the_quick_way(value: dict[str, Any]) -> None:
    text = pyyaml.safe_dump(value, allow_unicode=True)
    quick, careful = reading(text), reading(text + "anchor-1: &anchor 1\n")
    assert careful.problems == quick.problems  # such as y and Y, which are one key
    assert [document.value for document in careful.documents] == [
        {**document.value, "anchor-1": 1} for document in quick.documents
    ]


# JSON


def test_json_goes_the_same_way_in() -> None:
    document = one(' {"kind": "Pod",\n  "n": [1, -2.5, 1e3, true, null, "\\u00e9\\ud83d\\ude00\\/"]}\n')
    assert document.value == {"kind": "Pod", "n": [1, -2.5, 1000, True, None, "é😀/"]}
    assert type(document.value["n"][2]) is int
    assert pointed(document.place(("n", 1))) == "2: -2.5"
    assert pointed(document.place(("n", 5))) == '2: "\\u00e9????????????\\/"'


def test_a_json_list_is_one_document() -> None:
    assert values("[1, {}]") == [[1, {}]]


def test_json_objects_one_after_the_other_are_documents_each() -> None:
    found = reading('{"a": 1}{"b": 2}\n\n  {"c": 3}\n')
    assert [(d.value, d.index, d.line) for d in found.documents] == [
        ({"a": 1}, 0, 1),
        ({"b": 2}, 1, 1),
        ({"c": 3}, 2, 3),
    ]
    assert pointed(found.documents[1].place(("b",))) == "1: 2"
    assert pointed(found.documents[2].place(("c",), "key")) == '3: "c"'


def test_json_with_a_yaml_document_behind_it_is_read_as_kubectl_reads_it() -> None:
    assert values('{"a": 1}\n---\nb: 2\n') == [{"a": 1}, {"b": 2}]


def test_half_a_surrogate_pair_in_json_becomes_the_replacement_character() -> None:
    assert values('{"a": "x\\ud83dy\\ude00"}') == [{"a": "x�y�"}]


def test_numbers_beyond_64_bits_in_json_are_floats() -> None:
    (value,) = values('{"a": 9223372036854775807, "b": 9223372036854775808, "c": 1.0}')
    assert value == {"a": 2**63 - 1, "b": float(2**63), "c": 1}
    assert [type(number) for number in value.values()] == [int, float, int]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,\n "b": 2\n "c": 3}', ("this is no JSON: expected a , before this", 3, 2, 1)),
        ('{"a": 1,\n "b" 2}', ("this is no JSON: expected a : after the key", 2, 6, 1)),
        ('{"a": 1', ("the { that opens here is never closed", 1, 1, 1)),
        ('{"a": ["b",', ("the [ that opens here is never closed", 1, 7, 1)),
        ('{"a": 1,\n "a": 2}', ("duplicate key 'a': it stands at line 1, column 2 already", 2, 2, 3)),
        ('{"a": "b}', ('the quote " that opens here is never closed', 1, 7, 3)),
    ],
)
def test_a_mistake_in_json_is_told_with_its_place(text: str, expected: tuple[str, int, int, int]) -> None:
    assert problems(text) == [expected]


def test_what_json_forbids_and_yaml_allows_is_read_as_yaml() -> None:
    assert values('{"a": "x\n y", "b": yes,}') == [{"a": "x y", "b": True}]


# Places


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("kind",), "3: kind", "3: Pod"),
        (("metadata", "name"), "5: name", "5: web"),
        (("metadata", "labels"), "6: labels", '6: {app: web, "team.example/name": shop}'),
        (("metadata", "labels", "team.example/name"), '6: "team.example/name"', "6: shop"),
        (("metadata", "annotations"), "7: annotations", "7: annotations"),
        (("spec",), "8: spec", "8: spec"),
        (("spec", "securityContext", "runAsNonRoot"), "10: runAsNonRoot", "10: true"),
        (("spec", "containers"), "11: containers", "11: containers"),
        (("spec", "containers", 0), "12: name: web", "12: name: web"),
        (("spec", "containers", 0, "image"), "13: image", '13: "nginx:1.27"'),
        (("spec", "containers", 0, "command"), "14: command", "14: command"),
        (("spec", "containers", 0, "command", 0), "15: run", "15: run"),
        (("spec", "containers", 1), "18: name: sidecar", "18: name: sidecar"),
        (("spec", "containers", 1, "args", 0), "20: |", "20: |"),
        ((), "2: apiVersion: v1", "2: apiVersion: v1"),
    ],
)
def test_every_key_and_value_has_its_place(path: Path, key: str, value: str) -> None:
    document = one(POD)
    assert pointed(document.place(path, "key")) == key
    assert pointed(document.place(path)) == value


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("spec", "hostNetwork"), "8: spec"),
        (("spec", "containers", 0, "resources", "limits", "cpu"), "12: name: web"),
        (("spec", "containers", 7, "image"), "11: containers"),
        (("spec", "containers", "image"), "11: containers"),
        (("kind", "deeper"), "3: Pod"),
        (("kind", 0), "3: Pod"),
        (("status",), "2: apiVersion: v1"),
    ],
)
def test_a_path_where_nothing_stands_has_the_place_of_its_nearest_parent(path: Path, expected: str) -> None:
    assert pointed(one(POD).place(path)) == expected
    assert pointed(one(POD).place(path, "key")) == expected


def test_places_count_lines_of_the_file_and_columns_in_characters() -> None:
    found = reading("a: 1\n---\n# ä\nü: 😀 x\nb: {é: ö}\n")
    assert found.documents[1].place(("b", "é")) == Place("f.yaml", 5, 8, 1, "b: {é: ö}")
    assert found.documents[1].place(("ü",)) == Place("f.yaml", 4, 4, 3, "ü: 😀 x")


def test_keys_have_their_places_by_what_kubectl_calls_them() -> None:
    document = one("on: a\n0x10: b\n1.20: c\n")
    assert [pointed(document.place((key,), "key")) for key in document.value] == ["1: on", "2: 0x10", "3: 1.20"]


def test_a_value_that_comes_from_an_anchor_has_its_place_there_and_the_alias_its_own() -> None:
    document = one("x: &x {image: a}\ny: &y\n  <<: *x\n  b: 2\nz:\n  <<: [*y]\n  c: *x\n")
    assert pointed(document.place(("z", "image"))) == "1: a"
    assert pointed(document.place(("z", "b"), "key")) == "4: b"
    assert pointed(document.place(("z", "c"))) == "7: *x"
    assert pointed(document.place(("z", "c", "image"))) == "1: a"


def test_the_last_of_merged_and_written_keys_has_the_place() -> None:
    document = one("x: &x {a: 1}\nv: {a: 2, <<: *x}\nw: {<<: *x, a: 2}\n")
    assert pointed(document.place(("v", "a"))) == "1: 1"
    assert pointed(document.place(("w", "a"))) == "3: 2"


def test_a_long_value_is_pointed_at_in_its_first_line_only() -> None:
    document = one("a: one\n  two\nb: 'three\n  four'\n")
    assert pointed(document.place(("a",))) == "1: one"
    assert pointed(document.place(("b",))) == "3: 'three"


def test_json_that_the_yaml_parser_cannot_read_has_the_place_of_its_first_character() -> None:
    document = one('\n {"a"\n: 1}')
    assert document.value == {"a": 1}
    assert pointed(document.place(("a",))) == "2: {"


def test_helm_comments_name_the_origin() -> None:
    found = reading("---\n# Source: web/templates/pod.yaml\n# more\na: 1\n---\nb: 2 # Source: no\n# Source: neither\n")
    assert [document.origin for document in found.documents] == ["web/templates/pod.yaml", None]


# What is wrong

_FITS = "this line does not fit the {} that begins at line {}"
_NO_KEY = "a key cannot stand here: the line above has a value already, or lacks its colon"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1, 2\n", ("the [ that opens here is never closed", 1, 4, 1)),
        ("a: {b: 1,\n\n", ("the { that opens here is never closed", 1, 4, 1)),
        ("a: [1, 2\nb: 3\n", ("expected , or ] here: the [ at line 1, column 4 is still open", 2, 2, 1)),
        ("a: {b: c d: e}\n", ("expected , or } here: the { at line 1, column 4 is still open", 1, 11, 1)),
        ("a: [1,,2]\n", ("a value is missing before ,", 1, 7, 1)),
        ("a: ]\n", ("a value cannot begin with ]", 1, 4, 1)),
        ("a: [b] c\n", ("text after the closing bracket", 1, 8, 1)),
        ('x: 1\na: "abc\nb: c\n', ('the quote " that opens here is never closed', 2, 4, 4)),
        ("a: 'abc\nb: c\n", ("the quote ' that opens here is never closed", 1, 4, 4)),
        ("a: 'it's'\n", ("text after the closing quote", 1, 8, 2)),
        ('a: "x" y # c\n', ("text after the closing quote", 1, 8, 5)),
        ('a: "\\d"\n', ("\\d is no escape inside double quotes", 1, 5, 1)),
        ('a: "\\ud800"\n', ("this escape is no Unicode character", 1, 7, 1)),
        ("image: nginx: 1\n", ("a second ': ' on one line: the value looks like a mapping", 1, 13, 1)),
        ("a:\n  b: c\n   d: e\n", (_NO_KEY, 3, 4, 1)),
        ("a:b\ncd: e\n", (_NO_KEY, 2, 1, 2)),
        ("a:\n  b: c\n d: e\n", (_FITS.format("block", 1), 3, 2, 4)),
        ("a: b\n- c\n", (_FITS.format("block", 1), 2, 1, 3)),
        ("\n- a\nb: c\n", (_FITS.format("list", 2), 3, 1, 1)),
        ("a: b\nc\nd: e\n", ("this line is no key: value", 2, 1, 1)),
        ("a: |\n x\ny z\n", ("this line is no key: value", 3, 1, 3)),
        ("a: - b\n", ("a list cannot begin on the line of its key", 1, 4, 1)),
        ("a: ? b\n", ("a ? is YAML's sign for a key, and none can stand here", 1, 4, 1)),
        ("a: |x\n  y\n", ("only an indentation and a + or - may follow | and >", 1, 5, 1)),
        ("a: @b\n", ("a value cannot begin with @", 1, 4, 1)),
        ("a: `b`\n", ("a value cannot begin with `", 1, 4, 1)),
        ("a: %b\n", ("a value cannot begin with %", 1, 4, 1)),
        ("host: *.example.com\n", ("a value that begins with * is an alias in YAML", 1, 7, 13)),
        ("a: & b\n", ("a value that begins with & is an anchor in YAML", 1, 4, 1)),
        ("a: !<b\n", ("!<b is no tag", 1, 4, 1)),
        ("a: !b!c d\n", ("unknown tag !b!c", 1, 4, 1)),
        ("%YAML 1.1\n---\n", ("kubectl cannot read YAML directives", 1, 1, 9)),
        ("%a\n", ("a line cannot begin with %", 1, 1, 1)),
        ("a: 1\n...\nb: 2\n", ("the document is complete before this", 3, 1, 4)),
        ("a: 1\n... \n{b: 2}\n", ("the document is complete before this", 3, 1, 6)),
    ],
)
def test_bad_yaml_is_told_in_our_words_where_the_mistake_is(text: str, expected: tuple[str, int, int, int]) -> None:
    assert problems(text) == [expected]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a:\n\t- b\n", 2, 1),
        ("\ta: b\n", 1, 1),
        ("a: |\n\tb\n", 2, 1),
        ("a:\n  b: c\n\td: e\n", 3, 1),
        ("a:\n \tb: c\n", 2, 2),
    ],
)
def test_a_tab_as_indentation_is_told(text: str, line: int, column: int) -> None:
    (problem,) = reading(text).problems
    assert told(problem) == ("a tab cannot indent YAML", line, column, 1)
    assert problem.help == "use spaces"


def test_tabs_elsewhere_are_allowed() -> None:
    assert values('a:\tb\nc: "d\te"\t\nf: g\t#h\n') == [{"a": "b", "c": "d\te", "f": "g"}]


def test_a_problem_reads_as_place_level_message_and_cure() -> None:
    (problem,) = reading("a: 1\nb: 2\na: 3\n").problems
    assert problem.level is Level.ERROR
    assert str(problem) == (
        "f.yaml:3:1: error: duplicate key 'a': it stands at line 1, column 1 already "
        "(remove one of the two: kubectl would silently use the last)"
    )
    assert problem.place == Place("f.yaml", 3, 1, 1, "a: 3")


def test_duplicate_keys_are_all_told_with_both_places_even_when_they_are_only_equal_in_json() -> None:
    assert problems("x: 0\n---\n1: a\nspec:\n  on: b\n  'true': c\n  name: d\n  name: e\n'1': f\n") == [
        ("duplicate key 'true': it stands at line 5, column 3 already", 6, 3, 6),
        ("duplicate key 'name': it stands at line 7, column 3 already", 8, 3, 4),
        ("duplicate key '1': it stands at line 3, column 1 already", 9, 1, 3),
    ]


def test_a_key_that_a_merge_brings_may_be_written_again() -> None:
    assert values("x: &x {a: 1}\nv:\n  <<: *x\n  a: 2\n  b: 1\n") == [{"x": {"a": 1}, "v": {"a": 2, "b": 1}}]


def test_unknown_tags_are_told_and_kubernetes_tags_are_not() -> None:
    assert problems("a: !Ref b\nc: !!set {d}\ne: !!str [f]\ng: !!int 1\nh: !!timestamp 2024-01-01\n!x i: 1\n") == [
        ("unknown tag !Ref", 1, 4, 6),
        ("unknown tag !!set for a mapping", 2, 4, 1),
        ("unknown tag !!str for a list", 3, 4, 1),
        ("unknown tag !!timestamp", 5, 4, 22),
        ("unknown tag !x", 6, 1, 4),
    ]


def test_a_tag_that_the_value_contradicts_is_told() -> None:
    assert problems("a: !!int b\nc: !!bool 1\nd: !!binary $\n!!null ~: 1\n") == [
        ("b is no !!int", 1, 4, 7),
        ("1 is no !!bool", 2, 4, 8),
        ("!!binary needs base64", 3, 4, 10),
        ("~ cannot be a key", 4, 1, 8),
    ]


def test_keys_that_are_no_scalars_are_told() -> None:
    assert problems("? [a]\n: b\n? {c: d}\n: e\nf: &f [g]\n*f : h\n") == [
        ("a list cannot be a key", 1, 3, 1),
        ("a mapping cannot be a key", 3, 3, 1),
        ("a list cannot be a key", 6, 1, 2),
    ]


def test_keys_and_numbers_that_kubectl_refuses_are_told() -> None:
    assert problems("~: 1\n18446744073709551615: 2\na: .inf\nb: [.nan]\n.inf: 3\n") == [
        ("~ cannot be a key", 1, 1, 1),
        ("18446744073709551615 cannot be a key", 2, 1, 20),
        (".inf is a number that JSON, and so Kubernetes, cannot carry", 3, 4, 4),
        (".nan is a number that JSON, and so Kubernetes, cannot carry", 4, 5, 4),
    ]
    assert problems("a: 1\n: 2\n") == [("there is no key before this colon", 2, 1, 1)]


def test_aliases_of_nothing_and_merges_of_no_mapping_are_told() -> None:
    assert problems("a: *b\n<<: 1\nc: &c [d]\ne:\n  <<: *c\n") == [
        ("nothing above is anchored as &b", 1, 4, 2),
        ("<< takes a mapping or a list of mappings", 2, 5, 1),
        ("<< takes a mapping or a list of mappings", 5, 7, 2),
    ]


def test_an_anchor_that_contains_itself_is_told() -> None:
    assert problems("a: &a\n  b: *a\n") == [("&a contains itself", 2, 6, 2)]
    assert problems("a: &a\n  <<: *a\n") == [("&a contains itself", 2, 7, 2)]


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def test_aliases_of_aliases_are_bounded() -> None:
    assert len(values(bomb(4))) == 1
    assert problems(bomb(9)) == [("the aliases stand for more than 100,000 values", 5, 45, 3)]


def test_merges_of_merges_are_bounded() -> None:
    lines = ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 9)]
    (problem,) = reading("\n".join(lines)).problems
    assert problem.message == "the aliases stand for more than 100,000 values"
    assert problem.place.line == 6


def test_the_bound_on_aliases_is_one_for_all_documents_of_a_file() -> None:
    found = reading("\n---\n".join([bomb(4)] * 20))
    assert 0 < len(found.documents) < 20
    assert {problem.message for problem in found.problems} == {"the aliases stand for more than 100,000 values"}


def test_nesting_is_bounded_in_yaml_in_json_and_through_aliases() -> None:
    assert values("[" * 200 + "]" * 200) == values("[" * 199 + "[ ]" + "]" * 199)
    assert problems("[" * 201 + "]" * 201) == [("nested deeper than 200 levels", 1, 201, 1)]
    assert problems("[" * 100_000) == [("nested deeper than 200 levels", 1, 201, 1)]
    assert problems('{"a":' * 100_000) == [("nested deeper than 200 levels", 1, 1001, 1)]
    assert problems("- " * 201 + "a\n") == [("nested deeper than 200 levels", 1, 401, 1)]
    chain = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{x: *a{n - 1}}}\n" for n in range(1, 150))
    assert problems(chain) == [("aliases nest deeper than 200 levels", 101, 17, 4)]


def test_a_bad_document_hides_none_of_the_others_and_positions_stay_those_of_the_file() -> None:
    found = reading("a: 1\n---\nb: [\n---\nc: 3\n---\nd: @\n---\ne: 5\n")
    assert [(d.value, d.index, d.line) for d in found.documents] == [
        ({"a": 1}, 0, 1),
        ({"c": 3}, 2, 5),
        ({"e": 5}, 4, 9),
    ]
    assert [told(problem) for problem in found.problems] == [
        ("the [ that opens here is never closed", 3, 4, 1),
        ("a value cannot begin with @", 7, 4, 1),
    ]


def test_a_line_that_begins_with_three_dashes_and_goes_on_is_told_and_the_next_document_is_read() -> None:
    found = reading("ca: |\n-----BEGIN CERTIFICATE-----\nMIIB\n---\nb: 2\n")
    assert [told(problem) for problem in found.problems] == [
        ("a line that begins with --- begins a new document, and nothing but a comment may follow on it", 2, 1, 27)
    ]
    assert [document.value for document in found.documents] == [{"ca": ""}, {"b": 2}]


def test_the_end_of_a_document_may_be_marked() -> None:
    assert values("a: 1\n...\n--- \nb: 2\n...\n# c\n") == [{"a": 1}, {"b": 2}]


# Files that are no YAML


def test_a_binary_file_is_one_problem() -> None:
    assert problems(b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40) == [
        ("this is a binary file, neither YAML nor JSON", 1, 1, 1)
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_other_encodings_are_refused_with_the_cure(encoding: str) -> None:
    (problem,) = reading("a: 1\n".encode(encoding)).problems
    assert (problem.message, problem.help) == ("the file is UTF-16 or UTF-32 text", "save it as UTF-8")


def test_a_byte_that_is_not_utf_8_is_told_where_it_stands_and_the_other_documents_are_read() -> None:
    found = reading(b"a: 1\n---\n\xc3\xa9: caf\xe9\n---\nb: 2\n")
    assert [told(problem) for problem in found.problems] == [("byte 0xe9 is not UTF-8", 3, 7, 1)]
    assert found.problems[0].place.text == "é: caf�"
    assert [document.value for document in found.documents] == [{"a": 1}, {"b": 2}]


def test_a_nul_and_a_terminal_escape_are_told_where_they_stand() -> None:
    assert problems("a: 1\nb: x\0y\n") == [("the control character U+0000 cannot stand in YAML", 2, 5, 1)]
    assert problems("b: x\x1b[2J\n") == [("the control character U+001B cannot stand in YAML", 1, 5, 1)]


def test_no_message_carries_a_control_character_of_the_file() -> None:
    for text in ('? "\\e[2J"\n: 1\n"\\e[2J": 2\n', 'a: "\\\x85"\n', 'a: !!int "\\e"\n', 'a: "\\u202e\\e" \n"a": 2\n'):
        for problem in reading(text).problems:
            assert problem.message.isprintable(), problem.message


def test_a_large_file_is_read_in_one_go() -> None:
    text = "---\n".join(f"name: pod-{n}\ntext: {'x' * 1000}\n" for n in range(10_000))
    found = reading(text)
    assert len(text) > 10_000_000
    assert len(found.documents) == 10_000
    assert (found.documents[-1].value["name"], found.documents[-1].line) == ("pod-9999", 29_998)


def test_a_file_full_of_mistakes_is_told_a_bounded_number_of_times() -> None:
    assert len(reading("a: 1\n" * 5000).problems) == 101
    found = reading("a: @\n---\n" * 5000 + "b: 1\n")
    assert len(found.problems) == 201
    assert found.problems[-1].message == "more than 200 problems: the rest is not shown"
    assert [document.value for document in found.documents] == [{"b": 1}]


# Helm templates


@pytest.mark.parametrize(
    ("text", "line", "column", "length"),
    [
        ("a: {{ .Values.b }}\n", 1, 4, 15),
        ("a: b\n{{- if .Values.c }}\nd: e\n{{- end }}\n", 2, 1, 19),
        ("a:\n  {{- toYaml .Values.b | nindent 2 }}\nc: d\n", 2, 3, 35),
        ("a: b\n  {{- toYaml .Values.b | nindent 2 }}\n", 2, 3, 35),
        ("- {{ x }}\n", 1, 3, 7),
        ("name: web-{{ .Release.Name }}\n", 1, 11, 19),
        ('name: web-{{ include "web.name" . }}\n', 1, 11, 26),
        ('{{- define "x" }}\n---\na: 1\n{{- end }}\n', 1, 1, 17),
        ("a: 1\n# {{ no }}\nb: {{ yes }}\n", 3, 4, 9),
    ],
)
def test_a_helm_template_is_named_with_the_cure(text: str, line: int, column: int, length: int) -> None:
    problem = reading(text).problems[0]
    assert told(problem) == (
        "this looks like a Helm template, which is no YAML until it is rendered",
        line,
        column,
        length,
    )
    assert problem.help == "check what Helm makes of it: helm template CHART | doorward check -"


def test_braces_in_quotes_in_texts_and_of_other_tools_are_no_helm_template() -> None:
    text = "a: '{{ .Values.x }}'\nb: |\n  {{ .Values.x }}\nc: x-{{inputs.parameters.y}}\nd: x-{{.branch}}\n"
    assert values(text) == [
        {"a": "{{ .Values.x }}", "b": "{{ .Values.x }}\n", "c": "x-{{inputs.parameters.y}}", "d": "x-{{.branch}}"}
    ]


def test_another_mistake_beside_quoted_braces_is_told_as_what_it_is() -> None:
    assert problems("a: '{{ x }}'\nb: @\n") == [("a value cannot begin with @", 2, 4, 1)]
