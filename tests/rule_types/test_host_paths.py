"""Paths of the node are compared by segments, and the longest entry decides."""

import pytest

from webhook.rule_types._host_paths import Allowed, HostPath, below, segments_of


def covers(entry: str, path: str) -> bool:
    segments = segments_of(path)
    return segments is not None and HostPath.parse(entry).covers(segments)


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/", ()),
        ("//", ()),
        ("/data", ("data",)),
        ("/data/", ("data",)),
        ("//data///x/./y", ("data", "x", "y")),
        ("/data/../etc", ("etc",)),
        ("/../../etc", ("etc",)),
        ("/data/..", ()),
        ("/data/...", ("data", "...")),
        ("data", None),
        ("", None),
        ("./data", None),
        ("C:\\data", None),
    ],
)
def test_a_path_is_where_its_segments_lead(path: str, segments: tuple[str, ...] | None) -> None:
    assert segments_of(path) == segments


@pytest.mark.parametrize(
    ("base", "path", "segments"),
    [
        (("data",), "a/b", ("data", "a", "b")),
        (("data",), "/a", ("data", "a")),
        (("data",), "../etc", ("etc",)),
        (("data",), "a/../../../etc", ("etc",)),
    ],
)
def test_a_sub_path_leads_on_from_the_volumes_own(base: tuple[str, ...], path: str, segments: tuple[str, ...]) -> None:
    assert below(base, path) == segments


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        (
            "/data",
            ["/data", "/data/", "/data/x/y", "//data", "/x/../data"],
            ["/", "/dat", "/database", "/x/data", "/Data"],
        ),
        ("/data/", ["/data"], ["/database"]),
        ("/", ["/", "/etc", "/var/run/docker.sock"], ["etc"]),
        ("/data/*", ["/data/x", "/data/x/y"], ["/data", "/data/../etc", "/database/x"]),
        ("/data/shop-*", ["/data/shop-1/x"], ["/data/shop", "/data/pay/shop-1"]),
        ("/srv/**/cache", ["/srv/cache", "/srv/a/b/cache", "/srv/a/cache/x"], ["/srv", "/srv/a", "/cache"]),
        ("/**", ["/etc"], ["/"]),
        ("/data/**", ["/data/x", "/data/x/y"], ["/data"]),
    ],
)
def test_an_entry_covers_itself_and_what_is_below(entry: str, inside: list[str], outside: list[str]) -> None:
    assert [path for path in inside if not covers(entry, path)] == []
    assert [path for path in outside if covers(entry, path)] == []


@pytest.mark.parametrize(
    ("path", "decides"),
    [
        ("/x", "/"),
        ("/data", "/data"),
        ("/data/x", "/data/*"),
        ("/data/app", "/data/app"),
        ("/data/app/logs", "/data/app"),
        ("/data/apple", "/data/ap*"),
        ("/data/b/deep", "/data/**/deep"),
    ],
)
def test_the_longest_entry_decides_whatever_the_order(path: str, decides: str) -> None:
    texts = ["/", "/data", "/data/*", "/data/app", "/data/ap*", "/data/**/deep"]
    segments = segments_of(path) or ()
    for order in (texts, texts[::-1]):
        found = Allowed.of((HostPath.parse(text), False) for text in order).find(segments)
        assert found is not None
        assert found[0].text == decides


def test_what_no_entry_covers_is_not_found() -> None:
    assert Allowed.of([(HostPath.parse("/data"), False)]).find(("etc",)) is None


@pytest.mark.parametrize(
    ("text", "message", "cure"),
    [
        ("data", '"data" is no path of the node: it does not begin with /', "write /data"),
        ("/data/../etc", '"/data/../etc" leads back with ..', "write /etc"),
    ],
)
def test_an_entry_that_is_no_path_is_refused(text: str, message: str, cure: str) -> None:
    with pytest.raises(ValueError, match=r"^\(") as raised:
        HostPath.parse(text)
    assert raised.value.args == (message, cure)


def test_a_double_star_fills_a_segment() -> None:
    with pytest.raises(ValueError, match=r"^in \"a\*\*\", \*\* must fill a segment") as raised:
        HostPath.parse("/a**")
    assert "write a* or a*/**" in str(raised.value)
