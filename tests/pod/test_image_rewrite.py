"""Rewrites: what an image is pulled as instead, and which lists of rewrites make no sense."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook.pod.image import Image
from webhook.pod.image_rewrite import RewriteError, Rewrites, RewriteSource, RewriteTarget, rewrite

SHA256 = f"sha256:{'0123456789abcdef' * 4}"


def _list(*pairs: tuple[str, str]) -> Rewrites:
    return Rewrites.of([(RewriteSource.parse(source), RewriteTarget.parse(target)) for source, target in pairs])


MIRRORS = _list(
    ("*", "registry.corp.example/proxy/{host}"),
    ("docker.io", "registry.corp.example/dockerhub"),
    ("docker.io/acme", "registry.corp.example/acme-mirror"),
    ("quay.io/team/app", "registry-2.corp.example:5000"),
    ("quay.io/one", "registry-2.corp.example:5000"),
    ("registry.corp.example/old", "registry.corp.example/new"),
)


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("nginx", "registry.corp.example/dockerhub/library/nginx"),
        ("nginx:1.27", "registry.corp.example/dockerhub/library/nginx:1.27"),
        (f"index.docker.io/x/y:1@{SHA256}", f"registry.corp.example/dockerhub/x/y:1@{SHA256}"),
        (f"x/y@{SHA256}", f"registry.corp.example/dockerhub/x/y@{SHA256}"),
        ("acme/web:1", "registry.corp.example/acme-mirror/web:1"),
        ("acme2/web:1", "registry.corp.example/dockerhub/acme2/web:1"),
        ("quay.io/team/app/web", "registry-2.corp.example:5000/web"),
        ("quay.io/team/app", None),
        ("quay.io/team/web", "registry.corp.example/proxy/quay.io/team/web"),
        ("gcr.io/x:1", "registry.corp.example/proxy/gcr.io/x:1"),
        ("GCR.io/x:1", "registry.corp.example/proxy/gcr.io/x:1"),
        ("a.b:5000/x", "registry.corp.example/proxy/a.b_5000/x"),
        ("[::1]:5000/x", None),
        ("gcr.io/" + "x" * 250, None),
        ("registry.corp.example/shop/web", None),
        ("registry.corp.example/old/web", "registry.corp.example/new/web"),
        ("registry.corp.example/new/web", None),
        ("registry.corp.example/dockerhub/library/nginx", None),
        ("registry.corp.example/proxy/gcr.io/x", None),
        ("registry.corp.example/proxy", None),
        ("registry-2.corp.example:5000/web", None),
        ("registry-2.corp.example/web", "registry.corp.example/proxy/registry-2.corp.example/web"),
        ("registry.corp.example.evil.com/x", "registry.corp.example/proxy/registry.corp.example.evil.com/x"),
    ],
)
def test_an_image_is_rewritten_by_the_longest_source_that_it_is_below(text: str, rewritten: str | None) -> None:
    assert rewrite(Image.parse(text), MIRRORS) == rewritten


def test_two_hosts_never_become_one_image() -> None:
    assert rewrite(Image.parse("a.b/x"), MIRRORS) != rewrite(Image.parse("a.b:80/x"), MIRRORS)


def test_without_rewrites_nothing_is_rewritten() -> None:
    assert rewrite(Image.parse("nginx"), _list()) is None


def test_a_host_may_stand_anywhere_in_a_target_path() -> None:
    rewrites = _list(("*", "r.example/mirror-{host}/all"))
    assert rewrite(Image.parse("a.b:1/x:2"), rewrites) == "r.example/mirror-a.b_1/all/x:2"
    assert rewrite(Image.parse("r.example/x"), rewrites) is None


hosts = st.sampled_from(["docker.io", "a.b:80", "quay.io", "registry.corp.example", "registry-2.corp.example:5000"])
paths = st.lists(st.sampled_from(["acme", "old", "new", "proxy", "dockerhub", "team", "app"]), min_size=1, max_size=4)


@settings(deadline=None)
@given(hosts, paths)
def test_rewriting_twice_is_rewriting_once(host: str, path: list[str]) -> None:
    rewritten = rewrite(Image.parse(f"{host}/{'/'.join(path)}:1"), MIRRORS)
    assert rewritten is None or rewrite(Image.parse(rewritten), MIRRORS) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nginx", '"nginx" is no image pattern: it has no host; did you mean "docker.io/library/nginx"?'),
        ("a.b/*", '"a.b/*" cannot be rewritten: it must be one host or path, without *'),
        ("**", '"**" cannot be rewritten: it must be one host or path, without *'),
        ("a.b/c:1", '"a.b/c:1" cannot be rewritten: leave out tag and digest, an image keeps its own'),
        ("a.b/C", '"a.b/C" is no image pattern: a repository has no upper case letters, write "c"'),
    ],
)
def test_a_source_is_a_plain_host_or_path_or_any_other_host(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        RewriteSource.parse(text)


def test_a_digest_is_no_source() -> None:
    with pytest.raises(ValueError, match="cannot be rewritten: leave out tag and digest, an image keeps its own"):
        RewriteSource.parse(f"a.b/c@{SHA256}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("*", '"*" cannot be a target: it must be one host or path, without *'),
        ("mirror/x", '"mirror" is no host; did you mean "docker.io/mirror/x"?'),
        ("a.b/x:1", '"a.b/x:1" cannot be a target: leave out tag and digest, an image keeps its own'),
        ("a.b/{hots}", '"{hots}" is no placeholder here; there is only {host}'),
        ("a.b/{image.path}", '"{image.path}" is no placeholder here; there is only {host}'),
        ("a.b/{", '"{" is no placeholder here; there is only {host}'),
        ("{host}/x", '"{host}/x" cannot be a target: {host} stands in the path, or any host could be meant'),
        ("{host}.a.b", '"{host}.a.b" cannot be a target: {host} stands in the path, or any host could be meant'),
        ("a.b/X", '"a.b/X" is no image pattern: a repository has no upper case letters, write "x"'),
    ],
)
def test_a_target_is_a_plain_host_or_path_with_a_place_for_the_host(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        RewriteTarget.parse(text)


def test_a_host_with_a_port_is_a_source_and_a_target() -> None:
    rewrites = _list(("registry:5000", "mirror:5000"))
    assert rewrite(Image.parse("registry:5000/x"), rewrites) == "mirror:5000/x"


@pytest.mark.parametrize(
    ("pairs", "index", "message"),
    [
        (
            [("docker.io", "r.example/a"), ("*", "r.example/all")],
            1,
            "images of different hosts would become one: write r.example/all/{host}",
        ),
        ([("docker.io", "r.example/a"), ("index.docker.io", "r.example/b")], 1, '"index.docker.io" is rewritten twice'),
        ([("*", "r.example/{host}"), ("*", "s.example/{host}")], 1, '"*" is rewritten twice'),
        (
            [("r.example/old", "r.example")],
            0,
            '"r.example/old" can never be rewritten: everything below it is already below the target "r.example"',
        ),
        (
            [("a.b", "r.example/x/{host}"), ("r.example/x/y", "s.example")],
            1,
            '"r.example/x/y" can never be rewritten: everything below it is already below the target '
            '"r.example/x/{host}"',
        ),
    ],
)
def test_rewrites_that_contradict_each_other_are_refused(
    pairs: list[tuple[str, str]], index: int, message: str
) -> None:
    with pytest.raises(RewriteError, match=f"^{re.escape(message)}$") as refused:
        _list(*pairs)
    assert refused.value.index == index
