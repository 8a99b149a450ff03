"""The pull policy that the API server sets where an author set none."""

import re
from typing import Any

_ALNUM = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_ALNUM}(?:\.{_ALNUM})*|\[[A-Fa-f0-9:]+\])(?::[0-9]+)?"
_PATH = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_DIGEST = "sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}"
_REFERENCE = re.compile(
    rf"(?P<name>(?:(?P<host>{_HOST})/)?{_PATH}(?:/{_PATH})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?(?:@(?P<digest>{_DIGEST}))?",
    re.ASCII,
)
_IDENTIFIER = re.compile("[a-f0-9]{64}")


def pull_policy(image: Any) -> str:
    """Always where the tag is latest or would be; IfNotPresent for any other image, one that cannot be read too."""
    return "Always" if isinstance(image, str) and _is_latest(image) else "IfNotPresent"


def _is_latest(image: str) -> bool:
    read = _REFERENCE.fullmatch(image)
    if read is None or _IDENTIFIER.fullmatch(image) or not _has_legal_name(read):
        return False
    return read["tag"] == "latest" or not (read["tag"] or read["digest"])


def _has_legal_name(read: re.Match[str]) -> bool:
    """The length that distribution's grammar allows, counted with the docker.io/library/ that it puts before."""
    name = read["name"]
    host, slash, _ = name.partition("/")
    if not slash:
        return len(f"docker.io/library/{name}") <= 255
    is_host = host == "localhost" or any(sign in host for sign in ".:") or host != host.lower()
    return len(name if is_host else f"docker.io/{name}") <= 255
