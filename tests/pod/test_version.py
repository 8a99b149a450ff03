"""Semantic versions, the versions that image tags state, and ranges of them."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook.pod.version import Version, VersionRange


def of(tag: str) -> Version:
    version = Version.of_tag(tag)
    assert version is not None
    return version


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1.4.2", "1.4.2"),
        ("v1.4.2", "1.4.2"),
        ("V0.0.0", "0.0.0"),
        ("1.4.2-rc.1", "1.4.2-rc.1"),
        ("1.4.2-0a.-.01x", "1.4.2-0a.-.01x"),
        ("1.4.2+build.01", "1.4.2"),
        ("1.4.2-rc.1+build", "1.4.2-rc.1"),
    ],
)
def test_a_semantic_version_is_read_as_semver_says(text: str, canonical: str) -> None:
    version = Version.parse(text)
    assert version.canonical == canonical
    assert version.text == text


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("1.4", "write 1.4.0"),
        ("01.4.2", "write 1.4.2"),
        ("1.4.2-", "write three numbers, such as 1.4.2"),
        ("1.4.2-rc..1", "write three numbers, such as 1.4.2"),
        ("1.4.2.5", "write three numbers, such as 1.4.2"),
        ("latest", "write three numbers, such as 1.4.2"),
        ("1.4.2\n", "write three numbers, such as 1.4.2"),
        ("1" * 300, "write three numbers, such as 1.4.2"),
        ("", "write three numbers, such as 1.4.2"),
    ],
)
def test_what_is_no_semantic_version_is_refused_with_the_cure(text: str, cure: str) -> None:
    with pytest.raises(ValueError, match=f"is no semantic version: {re.escape(cure)}$"):
        Version.parse(text)


def test_versions_are_ordered_as_semver_orders_them() -> None:
    ordered = [
        "0.9.9",
        "1.0.0-1",
        "1.0.0-2",
        "1.0.0-11",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1",
        "1.2.0",
        "1.10.0",
        "2.0.0",
    ]
    versions = [Version.parse(text) for text in ordered]
    assert all(one < other and other > one and one != other for one, other in pairwise(versions))


def test_a_leading_v_and_build_metadata_count_for_nothing() -> None:
    assert Version.parse("v1.4.2+a") == Version.parse("1.4.2+b")
    assert not Version.parse("v1.4.2+a") < Version.parse("1.4.2+b")


@pytest.mark.parametrize(
    ("tag", "canonical"),
    [("1", "1.0.0"), ("v1.27", "1.27.0"), ("1.27.3-alpine", "1.27.3-alpine"), ("1-alpine3.20", "1.0.0-alpine3.20")],
)
def test_a_tag_may_state_a_version_loosely(tag: str, canonical: str) -> None:
    assert of(tag).canonical == canonical


@pytest.mark.parametrize("tag", ["latest", "1.2.3.4", "stable-1.2", "1_2", "v", "", "1.2-", "1..2"])
def test_a_tag_may_state_no_version(tag: str) -> None:
    assert Version.of_tag(tag) is None


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("<2.1.9", ["2.1.8", "v2.1", "2.1.9-rc.1", "0"], ["2.1.9", "2.1.10", "3"]),
        ("<=2.1", ["2.1.0"], ["2.1.1"]),
        (">2", ["2.0.1"], ["2.0.0", "2.0.0-rc1"]),
        (">=1.2, <2", ["1.2.0", "1.99", "2.0.0-rc1"], ["1.1.9", "2.0"]),
        (">=1.2 <2", ["1.5"], ["2"]),
        (">=1.2<2", ["1.5"], ["2"]),
        ("> 1", ["1.1"], ["1"]),
        ("=1.2", ["v1.2.0", "1.2.0+x"], ["1.2.1"]),
        ("!=1.2, !=1.3", ["1.4"], ["1.2", "1.3.0"]),
        (" >=1 ", ["1"], ["0.9"]),
    ],
)
def test_a_range_holds_the_versions_that_meet_all_its_comparators(
    text: str, inside: list[str], outside: list[str]
) -> None:
    versions = VersionRange.parse(text)
    assert [tag for tag in inside if not versions.contains(of(tag))] == []
    assert [tag for tag in outside if versions.contains(of(tag))] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a range of versions is empty: write >=1.2, <2.0.1"),
        ("1.2", '"1.2" is no range of versions at "1.2": write >=1.2, <2.0.1'),
        ("<latest", '"<latest" is no range of versions at "<latest": write >=1.2, <2.0.1'),
        (">=1, ", '">=1, " is no range of versions at ">=1,": write >=1.2, <2.0.1'),
        (">=1 2", '">=1 2" is no range of versions at ">=1 2": write >=1.2, <2.0.1'),
        (">=1, ~2", '">=1, ~2" is no range of versions at ">=1, ~2": write >=1.2, <2.0.1'),
        ("=<2", '"=<2" is no range of versions at "=<2": write >=1.2, <2.0.1'),
        ("<1, >2", 'no version can be in the range "<1, >2": its bounds exclude each other'),
        (">=1, <1", 'no version can be in the range ">=1, <1": its bounds exclude each other'),
        ("=1, =2", 'no version can be in the range "=1, =2": its bounds exclude each other'),
        (">=1, <=1, !=1", 'no version can be in the range ">=1, <=1, !=1": its bounds exclude each other'),
        ("<0.0.0-0", 'no version can be in the range "<0.0.0-0": its bounds exclude each other'),
    ],
)
def test_a_range_that_is_none_or_holds_nothing_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        VersionRange.parse(text)


numbers = st.integers(min_value=0, max_value=3)
pre_releases = st.lists(st.sampled_from(["0", "1", "10", "a", "b", "a-1"]), max_size=2)
versions = st.builds(
    lambda a, b, c, pre: f"{a}.{b}.{c}" + (f"-{'.'.join(pre)}" if pre else ""), numbers, numbers, numbers, pre_releases
)


@settings(deadline=None)
@given(versions, versions, versions)
def test_the_order_of_versions_is_total(a: str, b: str, c: str) -> None:
    one, two, three = sorted(map(Version.parse, (a, b, c)))
    assert one <= two <= three
    assert one <= three
    assert Version.parse(one.canonical) == one
    assert (one == two) == (one.canonical == two.canonical)
