"""The grammar of image references, that of github.com/distribution/reference (ParseDockerRef), on plain text.

With one difference: a host is folded to lower case before anything else, because names in DNS know no case, so
`Docker.io/nginx` is Docker Hub's nginx.
"""

from __future__ import annotations

from webhook.expressions import expression
from webhook.patterns import shown

DOCKER_HUB = "docker.io"
OFFICIAL = "library"
_LONGEST = 1024
_LONGEST_PATH = 255
_DIGEST_SIZES = {"sha256": 64, "sha384": 96, "sha512": 128}

_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST = expression(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-f0-9:]+\])(?::[0-9]+)?")
_PATH_COMPONENT = expression(_COMPONENT)
_PATH = expression(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = expression(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_IDENTIFIER = expression("[a-f0-9]{64}")
_LOWER_HEX = expression("[a-f0-9]*")


def split(text: str) -> tuple[str, str, str | None, str | None]:
    """Host (with port), path, tag and digest of a reference, normalised; raises ValueError with what is wrong."""
    if reason := _misfit(text):
        raise ValueError(f"{shown(text)} is no image reference: {reason}")
    host, remainder = _split_host(text)
    name, at, digest = remainder.partition("@")
    path, colon, tag = name.partition(":")
    reason = (
        path_mistake(path)
        or (tag_mistake(tag) if colon else "")
        or (digest_mistake(digest) if at else "")
        or ("" if is_host(host) else f"{shown(host)} is no host name with or without a port")
    )
    if reason:
        raise ValueError(f"{shown(text)} is no image reference: {reason}")
    return host, path, tag or None, digest or None


def canonical_host(host: str) -> str:
    """The host in lower case, Docker Hub by one name."""
    lower = host.lower()
    return DOCKER_HUB if lower == f"index.{DOCKER_HUB}" else lower


def is_host(host: str) -> bool:
    """Whether a runtime would dial this (lower case) name, port included; it does dial names with underscores."""
    return bool(_HOST.fullmatch(host) or _PATH_COMPONENT.fullmatch(host))


def looks_like_host(first: str) -> bool:
    """Whether the first part of a (lower case) name is a host and not the beginning of a path on Docker Hub."""
    return first == "localhost" or "." in first or ":" in first


def _misfit(text: str) -> str:
    if not text.strip():
        return "it is empty"
    if len(text) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    if text != text.strip():
        return "it has blanks around it"
    if "://" in text:
        return f"leave out the scheme {shown(text.partition('://')[0] + '://', 20)}"
    if odd := next((char for char in text if not "!" <= char <= "~"), ""):
        return f"it contains {shown(odd)} (U+{ord(odd):04X})"
    return "it is an image ID; name a repository before it" if _IDENTIFIER.fullmatch(text) else ""


def _split_host(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    host = canonical_host(first)
    if not slash or (first == host and not looks_like_host(first)):  # with upper case letters it can be no path
        host, rest = DOCKER_HUB, text
    if host == DOCKER_HUB and "/" not in rest:
        rest = f"{OFFICIAL}/{rest}"
    return host, rest


def path_mistake(path: str) -> str:
    """What is wrong with a repository's path; empty if nothing is."""
    if len(path) > _LONGEST_PATH:
        return f"its path is longer than {_LONGEST_PATH} characters"
    if _PATH.fullmatch(path):
        return ""
    if _PATH.fullmatch(path.lower()):
        return f"a repository has no upper case letters, write {shown(path.lower())}"
    wrong = next(part for part in path.split("/") if not _PATH_COMPONENT.fullmatch(part))
    if not wrong:
        return "a part of its path is empty"
    return f"{shown(wrong)} is not made of lower case letters and digits with single . _ or - between them"


def tag_mistake(tag: str) -> str:
    """What is wrong with a tag; empty if nothing is."""
    if not tag:
        return "nothing follows the colon"
    if "/" in tag:
        return f"a port belongs to the host and a tag to the end, not {shown(':' + tag)}"
    if _TAG.fullmatch(tag):
        return ""
    return f"{shown(tag)} is no tag (at most 128 letters, digits, _ . and -, not beginning with . or -)"


def digest_mistake(digest: str) -> str:
    """What is wrong with a digest; empty if nothing is. The algorithms are those that runtimes register."""
    algorithm, _, encoded = digest.partition(":")
    size = _DIGEST_SIZES.get(algorithm)
    if size is None:
        return f"{shown(digest)} is no digest, write sha256: and 64 hexadecimal digits"
    if len(encoded) != size or not _LOWER_HEX.fullmatch(encoded):
        return f"{shown(digest)} is no digest, after the colon stand {size} lower case hexadecimal digits"
    return ""
