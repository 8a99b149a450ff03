"""Image references as github.com/distribution/reference v0.6.0 reads them, and patterns over them."""

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook.pod.image import Image, ImagePattern, ImagePatterns

HEX = "0123456789abcdef"
SHA256 = f"sha256:{HEX * 4}"
SHA512 = f"sha512:{HEX * 8}"


@pytest.mark.parametrize(
    ("text", "host", "path", "tag", "digest"),
    [
        ("nginx", "docker.io", "library/nginx", None, None),
        ("nginx:1.27", "docker.io", "library/nginx", "1.27", None),
        ("acme/web", "docker.io", "acme/web", None, None),
        ("acme/shop/web:v1", "docker.io", "acme/shop/web", "v1", None),
        ("docker.io/nginx", "docker.io", "library/nginx", None, None),
        ("docker.io/library/nginx", "docker.io", "library/nginx", None, None),
        ("index.docker.io/nginx", "docker.io", "library/nginx", None, None),
        ("index.docker.io/acme/web", "docker.io", "acme/web", None, None),
        ("docker.io/index.docker.io/x", "docker.io", "index.docker.io/x", None, None),
        ("library/nginx", "docker.io", "library/nginx", None, None),
        ("library/a/b", "docker.io", "library/a/b", None, None),
        ("docker.io:443/nginx", "docker.io:443", "nginx", None, None),
        ("registry:5000", "docker.io", "library/registry", "5000", None),
        ("registry:5000/web", "registry:5000", "web", None, None),
        ("localhost", "docker.io", "library/localhost", None, None),
        ("localhost/web", "localhost", "web", None, None),
        ("localhost:5000/web:1", "localhost:5000", "web", "1", None),
        ("example.com", "docker.io", "library/example.com", None, None),
        ("example.com/web", "example.com", "web", None, None),
        ("127.0.0.1:80/a/b", "127.0.0.1:80", "a/b", None, None),
        ("[::1]/web", "[::1]", "web", None, None),
        ("[2001:DB8::1]:5000/web:1", "[2001:db8::1]:5000", "web", "1", None),
        ("a--b.example/web", "a--b.example", "web", None, None),
        ("Foo/web", "foo", "web", None, None),
        ("LOCALHOST/web", "localhost", "web", None, None),
        ("Registry.Corp.Example:5000/web", "registry.corp.example:5000", "web", None, None),
        ("Docker.io/nginx", "docker.io", "library/nginx", None, None),
        ("Index.Docker.IO/nginx", "docker.io", "library/nginx", None, None),
        ("foo_bar.x/web:1", "foo_bar.x", "web", "1", None),
        ("a_b/web", "docker.io", "a_b/web", None, None),
        ("a.b/c__d/e---f/g_h.i", "a.b", "c__d/e---f/g_h.i", None, None),
        ("a.b/c:_X-y.Z", "a.b", "c", "_X-y.Z", None),
        ("a.b/c:" + "t" * 128, "a.b", "c", "t" * 128, None),
        ("a.b/" + "x" * 255, "a.b", "x" * 255, None, None),
        (f"a.b/c@{SHA256}", "a.b", "c", None, SHA256),
        (f"a.b/c:1@{SHA256}", "a.b", "c", "1", SHA256),
        (f"nginx@{SHA512}", "docker.io", "library/nginx", None, SHA512),
        (f"a.b/c@sha384:{HEX * 6}", "a.b", "c", None, f"sha384:{HEX * 6}"),
        (HEX * 4 + "0", "docker.io", "library/" + HEX * 4 + "0", None, None),
    ],
)
def test_a_reference_is_normalised_as_a_runtime_does(
    text: str, host: str, path: str, tag: str | None, digest: str | None
) -> None:
    image = Image.parse(text)
    assert (image.host, image.path, image.tag, image.digest, image.text) == (host, path, tag, digest, text)
    assert image.repository == f"{host}/{path}"
    assert image.segments == tuple(path.split("/"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        (" \t", "it is empty"),
        (" nginx", "it has blanks around it"),
        ("nginx\n", "it has blanks around it"),
        ("http://a.b/c", 'leave out the scheme "http://"'),
        ("docker://nginx", 'leave out the scheme "docker://"'),
        ("a.b/c d", 'it contains " " (U+0020)'),
        ("a.b/caf\u00e9", 'it contains "\u00e9" (U+00E9)'),
        ("a.b/c\x1b[31m", 'it contains "\\x1b" (U+001B)'),
        ("a.b/\u0430", 'it contains "\u0430" (U+0430)'),
        (HEX * 4, "it is an image ID; name a repository before it"),
        ("x" * 1025, "it is longer than 1024 characters"),
        ("a.b/" + "x" * 256, "its path is longer than 255 characters"),
        ("a.b/Web", 'a repository has no upper case letters, write "web"'),
        ("Nginx", 'a repository has no upper case letters, write "library/nginx"'),
        ("a.b/", "a part of its path is empty"),
        ("a.b//c", "a part of its path is empty"),
        ("/c", "a part of its path is empty"),
        ("a.b/c/", "a part of its path is empty"),
        ("a.b/-c", '"-c" is not made of lower case letters and digits with single . _ or - between them'),
        ("a.b/c..d", '"c..d" is not made of lower case letters and digits with single . _ or - between them'),
        ("a.b/../c", '".." is not made of lower case letters and digits with single . _ or - between them'),
        ("a.b/c___d", '"c___d" is not made of lower case letters and digits with single . _ or - between them'),
        ("a.b/*", '"*" is not made of lower case letters and digits with single . _ or - between them'),
        ("[fe80]/c", '"[fe80]" is not made of lower case letters and digits with single . _ or - between them'),
        ("a.b/c:", "nothing follows the colon"),
        ("a.b/c:-x", '"-x" is no tag (at most 128 letters, digits, _ . and -, not beginning with . or -)'),
        ("a.b/c:a+b", '"a+b" is no tag (at most 128 letters, digits, _ . and -, not beginning with . or -)'),
        ("a.b/c:1:2", '"1:2" is no tag (at most 128 letters, digits, _ . and -, not beginning with . or -)'),
        ("a.b/c:5000/d", 'a port belongs to the host and a tag to the end, not ":5000/d"'),
        ("a.b/c@", '"" is no digest, write sha256: and 64 hexadecimal digits'),
        ("a.b/c@latest", '"latest" is no digest, write sha256: and 64 hexadecimal digits'),
        ("a.b/c@sha256:", '"sha256:" is no digest, after the colon stand 64 lower case hexadecimal digits'),
        ("a.b/c@sha256:12", '"sha256:12" is no digest, after the colon stand 64 lower case hexadecimal digits'),
        ("a.b/c@md5:" + HEX * 2, f'"md5:{HEX * 2}" is no digest, write sha256: and 64 hexadecimal digits'),
        ("a..b/c", '"a..b" is no host name with or without a port'),
        ("a.b:/c", '"a.b:" is no host name with or without a port'),
        ("a.b:x/c", '"a.b:x" is no host name with or without a port'),
        ("a_b:1/c", '"a_b:1" is no host name with or without a port'),
        ("-a.b/c", '"-a.b" is no host name with or without a port'),
        ("a.b./c", '"a.b." is no host name with or without a port'),
    ],
)
def test_what_no_runtime_would_pull_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"is no image reference: {re.escape(reason)}$"):
        Image.parse(text)


def test_upper_case_digits_in_a_digest_are_refused() -> None:
    with pytest.raises(ValueError, match="after the colon stand 64 lower case hexadecimal digits"):
        Image.parse(f"a.b/c@sha256:{HEX.upper() * 4}")


@pytest.mark.parametrize(
    ("text", "tag", "suffix"),
    [
        ("nginx", "latest", ""),
        ("nginx:1", "1", ":1"),
        (f"nginx:1@{SHA256}", "1", f":1@{SHA256}"),
        (f"nginx@{SHA256}", None, f"@{SHA256}"),
    ],
)
def test_without_tag_and_digest_the_tag_is_latest(text: str, tag: str | None, suffix: str) -> None:
    assert Image.parse(text).tag_or_latest == tag
    assert Image.parse(text).suffix == suffix


def test_two_spellings_of_one_image_are_equal() -> None:
    assert Image.parse("nginx:1") == Image.parse("docker.io/library/nginx:1")
    assert Image.parse("nginx") != Image.parse("nginx:latest")


hosts = st.sampled_from(["docker.io", "a.b", "a.b:5000", "localhost", "[::1]:80"])
names = st.lists(st.sampled_from(["a", "web", "x_y", "a--b", "0"]), min_size=1, max_size=3)
suffixes = st.sampled_from(["", ":1", f"@{SHA256}", f":1@{SHA256}"])


@settings(deadline=None)
@given(hosts, names, suffixes)
def test_the_normal_form_is_read_as_itself(host: str, path: list[str], suffix: str) -> None:
    image = Image.parse(f"{host}/{'/'.join(path)}{suffix}")
    assert Image.parse(image.repository + image.suffix) == image


@settings(deadline=None)
@given(st.text(max_size=20) | st.text(alphabet="aA0.:/@-_[]*", max_size=20))
def test_any_text_is_an_image_or_refused(text: str) -> None:
    for parse in (Image.parse, ImagePattern.parse):
        with suppress(ValueError):
            assert parse(text).text == text


@pytest.mark.parametrize(
    ("pattern", "covered", "not_covered"),
    [
        (
            "registry.corp.example",
            ["registry.corp.example/web", "registry.corp.example/a/b:1", "REGISTRY.corp.example/web"],
            [
                "registry.corp.example.evil.com/web",
                "registry.corp.example:5000/web",
                "evil.registry.corp.example/web",
                "registry-corp.example/web",
                "docker.io/registry.corp.example/web",
                "registry.corp.example",
                "web",
            ],
        ),
        ("a.b:5000", ["a.b:5000/web"], ["a.b/web", "a.b:50000/web", "a.b:500/web"]),
        ("a.b/team", ["a.b/team", "a.b/team:1", "a.b/team/web"], ["a.b/teams/web", "a.b/x/team", "a.b/te"]),
        ("a.b/team/**", ["a.b/team/web", "a.b/team/x/web"], ["a.b/team", "a.b/teams/web"]),
        ("a.b/team-*", ["a.b/team-a", "a.b/team-a/web"], ["a.b/team", "a.b/x/team-a"]),
        ("a.b:5000/team-*/**", ["a.b:5000/team-a/web"], ["a.b:5000/team-a", "a.b:5000/x/web"]),
        ("a.b/*/web", ["a.b/x/web", "a.b/x/web/y"], ["a.b/web", "a.b/x/y/web"]),
        ("a.b/**/web", ["a.b/web", "a.b/x/y/web", "a.b/x/web/z"], ["a.b/webs"]),
        ("*.b", ["a.b/web", "x.a.b/web"], ["a.b:5000/web", "b.c/web", "a.bb/web"]),
        ("*.b:5000/x", ["a.b:5000/x"], ["a.b/x", "a.b:80/x"]),
        ("*.b:*/x", ["a.b:5000/x", "a.b:1/x"], ["a.b/x"]),
        ("[::1]:*/x", ["[::1]:80/x"], ["[::1]/x", "[::2]:80/x"]),
        ("*", ["web", "a.b:1/web", "[::1]:80/x"], []),
        ("**", ["web", "a.b/x/web:1"], []),
        ("*/x", ["a.b/x", "a.b:80/x/y"], ["a.b/y/x"]),
        ("**/tiller", ["a.b/tiller", "a.b:1/x/y/tiller:2", "tiller", "acme/tiller/x"], ["a.b/tillers"]),
        ("docker.io", ["web", "acme/web", "index.docker.io/x"], ["docker.io:443/web", "a.b/docker.io/web"]),
        ("index.docker.io/acme", ["acme/web", "docker.io/acme/web"], ["acme2/web"]),
        ("docker.io/acme", ["acme/web", "acme"], ["library/web"]),
        ("Registry.Corp.Example/web", ["registry.corp.example/web"], ["registry.corp.example/webs"]),
        ("docker.io/nginx:1.*", ["nginx:1.27", "docker.io/library/nginx:1.2"], ["nginx", "nginx/nginx:1.27"]),
        ("a.b/c:latest", ["a.b/c", "a.b/c:latest"], ["a.b/c:1", "a.b/c/d", f"a.b/c@{SHA256}", "a.b/c:latest-1"]),
        ("a.b/c:1.*", ["a.b/c:1.2", f"a.b/c:1.2@{SHA256}"], ["a.b/c:2", "a.b/c/d:1.2", "a.b/c", f"a.b/c@{SHA256}"]),
        ("a.b/c:*", ["a.b/c", "a.b/c:1", f"a.b/c@{SHA256}"], ["a.b/c/d", "a.b/d"]),
        ("a.b/**:latest", ["a.b/c", "a.b/c/d:latest"], ["a.b/c:1"]),
        ("**/*:latest", ["web", "a.b/c/d"], ["a.b/c:1"]),
        ("a.b/c:*-SNAPSHOT", ["a.b/c:1-SNAPSHOT"], ["a.b/c:1-snapshot"]),
        (
            "**/argocd:<2.1.9",
            ["a.b/argocd:2.1.8", "argocd:v2.1", "x/argocd:2.1.9-rc1"],
            ["a.b/argocd:2.1.9", "a.b/argocd:v2.10.0", "a.b/argocd", "a.b/argocd:stable", "a.b/argocd/x:2.1"],
        ),
        ("a.b/c:>=1.2, <2", ["a.b/c:1.2", "a.b/c:v1.99.1"], ["a.b/c:2.0.0", "a.b/c:1.1", f"a.b/c@{SHA256}"]),
        (f"a.b/c@{SHA256}", [f"a.b/c@{SHA256}", f"a.b/c:1@{SHA256}"], ["a.b/c", f"a.b/c@{SHA512}", f"a.b/d@{SHA256}"]),
        (f"a.b/c:1@{SHA256}", [f"a.b/c:1@{SHA256}"], [f"a.b/c:2@{SHA256}", "a.b/c:1"]),
    ],
)
def test_a_pattern_covers_whole_segments_only(pattern: str, covered: list[str], not_covered: list[str]) -> None:
    parsed = ImagePattern.parse(pattern)
    assert [text for text in covered if not parsed.matches(Image.parse(text))] == []
    assert [text for text in not_covered if parsed.matches(Image.parse(text))] == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "it is empty; a pattern for every image is **"),
        (" a.b", "it has blanks around it"),
        ("https://a.b/c", 'leave out the scheme "https://"'),
        ("nginx", 'it has no host; did you mean "docker.io/library/nginx"?'),
        ("nginx:1.*", 'it has no host; did you mean "docker.io/library/nginx:1.*"?'),
        ("acme/web", '"acme" is no host; did you mean "docker.io/acme/web"?'),
        ("team-*/web", '"team-*" is no host; did you mean "docker.io/team-*/web"?'),
        (
            "registry:5000",
            'write "registry:5000/**" for the host, or "docker.io/library/registry:5000" for the image',
        ),
        ("a.b:1.*", '"1.*" is no port, and a tag follows a repository: write a.b/**:1.*'),
        ("**:latest", "a tag follows a repository; for every repository write **/*:latest"),
        (f"a.b@{SHA256}", "a digest follows a repository, not a host"),
        (f"*@{SHA256}", "a digest follows a repository"),
        ("a..b/c", '"a..b" is no host name with or without a port'),
        ("-*.b/c", '"-*.b" is no host name with or without a port'),
        ("a.b:x/c", '"a.b:x" is no host name with or without a port'),
        ("a.b/", "a part of its path is empty; leave out the slash at the end"),
        ("a.b/c/", "a part of its path is empty; leave out the slash at the end"),
        ("a.b//c", "a part of its path is empty"),
        ("a.b/Web", 'a repository has no upper case letters, write "web"'),
        ("a.b/Web*", 'a repository has no upper case letters, write "web*"'),
        ("a.b/c**", '** must fill a segment of its own, not stand in "c**"'),
        ("a.b/?*", '"?*" matches no part of a repository\'s path'),
        ("a.b/-*", '"-*" matches no part of a repository\'s path'),
        ("a.b/c:", "nothing follows the colon"),
        ("a.b/c:-x", '"-x" is no tag (at most 128 letters, digits, _ . and -, not beginning with . or -)'),
        ("a.b/c:-*", '"-*" matches no tag: tags have letters, digits, _ . and -, and do not begin with . or -'),
        ("a.b/c@sha256:12", '"sha256:12" is no digest, after the colon stand 64 lower case hexadecimal digits'),
    ],
)
def test_a_pattern_that_is_none_or_covers_nothing_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"is no image pattern: {re.escape(reason)}$"):
        ImagePattern.parse(pattern)


def test_a_range_that_holds_no_version_is_refused() -> None:
    with pytest.raises(ValueError, match=r'^no version can be in the range "<1,>2": its bounds exclude each other$'):
        ImagePattern.parse("a.b/c:<1,>2")


def test_a_range_cannot_tell_about_a_tag_that_states_no_version() -> None:
    pattern = ImagePattern.parse("**/argocd:<2.1.9")
    told = {
        "a.b/argocd": True,
        "a.b/argocd:stable": True,
        f"a.b/argocd@{SHA256}": True,
        "a.b/argocd:2.1": False,
        "a.b/argocd:9": False,
        "a.b/other:stable": False,
    }
    assert {text: pattern.cannot_tell(Image.parse(text)) for text in told} == told
    assert not ImagePattern.parse("**/argocd:2.*").cannot_tell(Image.parse("a.b/argocd"))


def _set(*patterns: str) -> ImagePatterns:
    return ImagePatterns(ImagePattern.parse(pattern) for pattern in patterns)


def test_the_first_of_a_set_of_patterns_is_the_first_that_was_written() -> None:
    patterns = _set("*.example/x", "a.example", "b.example:5000", "a.example/x", "**/tiller")
    firsts = {
        "a.example/x": "*.example/x",
        "a.example/y": "a.example",
        "b.example:5000/y": "b.example:5000",
        "b.example/x": "*.example/x",
        "b.example/y": None,
        "b.example/tiller": "**/tiller",
        "a.example/tiller": "a.example",
    }
    found = {text: patterns.first(Image.parse(text)) for text in firsts}
    assert {text: pattern.text if pattern else None for text, pattern in found.items()} == firsts
    assert {text: patterns.covers(Image.parse(text)) for text in firsts} == {
        text: bool(firsts[text]) for text in firsts
    }


def test_a_set_of_patterns_says_which_of_them_cannot_tell() -> None:
    patterns = _set("a.b/c", "a.b/d:<2", "**/e:<2")
    assert patterns.first_in_doubt(Image.parse("a.b/c")) is None
    assert patterns.first_in_doubt(Image.parse("a.b/d")) == ImagePattern.parse("a.b/d:<2")
    assert patterns.first_in_doubt(Image.parse("x.y/e")) == ImagePattern.parse("**/e:<2")


def test_a_set_without_patterns_is_false_and_covers_nothing() -> None:
    assert not _set()
    assert not _set().covers(Image.parse("nginx"))
    assert _set("**")


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["a.b", "*.b", "a.b/x", "**/x", "a.b:1", "*/y:1.*", "docker.io/x", "c.d/**"]), max_size=5),
    st.sampled_from(["a.b", "a.b:1", "c.d", "docker.io"]),
    st.sampled_from(["x", "y:1.2", "z/x", "library/x"]),
)
def test_a_set_answers_as_its_patterns_do_one_by_one(texts: list[str], host: str, path: str) -> None:
    image = Image.parse(f"{host}/{path}")
    patterns = _set(*texts)
    assert patterns.first(image) == next((one for one in patterns.patterns if one.matches(image)), None)


@pytest.mark.parametrize(
    "text",
    [
        "nginx",
        "nginx:1.27",
        "UPPER/case",
        "localhost:5000/a/b:1",
        f"quay.io/a/b:1@sha256:{'a' * 64}",
        "registry.corp.example/shop/web",
    ],
)
def test_an_image_is_the_same_by_its_normal_reference(text: str) -> None:
    image = Image.parse(text)
    again = Image.normal(image.reference)
    assert (again.host, again.path, again.digest) == (image.host, image.path, image.digest)
    assert again.reference == image.reference
    assert again.segments == image.segments
