"""Words that every report shares: on one line and no longer than fits; how objects and rules are called."""

from collections import Counter
from collections.abc import Iterable, Sequence

from webhook.admission.request import Operation, Request
from webhook.admission.words import clean, listing

_LONGEST_NAME = 80  # characters of an object's name or namespace
_LONGEST_WORD = 30  # characters that are given up for the sake of a whole word
_MADE_UP = 5  # characters that the API server puts after generateName
_ALL_NAMED = 3

_ACTS = {Operation.DELETE: "deleting", Operation.CONNECT: "connecting to"}


def one_line(text: str, limit: int = 0) -> str:
    """The text on one line without control characters, cut to `limit` characters where one is given."""
    line = clean(" ".join(text.split()))
    return cut(line, limit) if limit else line


def wrapped(text: str, width: int) -> list[str]:
    """The text on lines of at most `width` characters, broken between words; no lines for no text."""
    import textwrap

    return textwrap.wrap(one_line(text), width, break_long_words=False, break_on_hyphens=False)


def cut(text: str, limit: int) -> str:
    """The text, or its first characters, up to a blank where one is near, and an ellipsis."""
    return text if len(text) <= limit else f"{_whole_words(text[: limit - 1], text[limit - 1])}…"


def cut_bytes(text: str, limit: int) -> str:
    """The text, or as much of it as fits into `limit` bytes of UTF-8, as `cut` leaves it."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    kept = data[: limit - 3].decode("utf-8", "ignore")
    return f"{_whole_words(kept, text[len(kept) : len(kept) + 1])}…"


def _whole_words(kept: str, following: str) -> str:
    """What was kept of a text, without a last word that is cut in the middle, unless that is very long."""
    end = kept.rfind(" ")
    whole = following.isspace() or end < len(kept) - _LONGEST_WORD or end <= 0
    return (kept if whole else kept[:end]).rstrip(" ,;:")


def object_name(request: Request) -> str:
    """The object as people call it: Deployment shop/web; web-* where the API server makes the name up."""
    metadata = request.subject.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name, beginning = request.name or metadata.get("name") or "", metadata.get("generateName")
    if beginning and _is_made_up(str(name), str(beginning), request):
        name = f"{beginning}*"
    words = [one_line(str(word), _LONGEST_NAME) for word in (request.namespace, name) if word]
    if request.kind == ("", "Namespace"):
        words = words[-1:]
    return f"{one_line(request.kind.kind, _LONGEST_NAME)} {'/'.join(words) or '(without a name)'}"


def _is_made_up(name: str, beginning: str, request: Request) -> bool:
    """Whether the API server makes the name up, or has just done so: then the next try has another one."""
    new = request.operation is Operation.CREATE and not request.subresource
    return not name or (new and name.startswith(beginning) and len(name) == len(beginning) + _MADE_UP)


def what_is_asked(request: Request) -> str:
    """What somebody wants to do: the object alone for a create or update, else also the deed or the subresource."""
    name = object_name(request)
    if request.operation in _ACTS:
        deed = request.subresource or _ACTS[request.operation]
        return f"{deed} {name}" if not request.subresource else f"{deed} on {name}"
    return f"{name} ({request.subresource})" if request.subresource else name


def rule_names(ids: Iterable[str]) -> dict[str, str]:
    """How each rule is called: by its name alone where no other policy has a rule of that name."""
    unique = dict.fromkeys(ids)
    count = Counter(_last(rule) for rule in unique)
    return {rule: _last(rule) if count[_last(rule)] == 1 else rule for rule in unique}


def and_more(names: Sequence[str], nouns: str) -> str:
    """`web`, `web and worker`, `web, worker and 2 more containers`; `nouns` is what they are, in the plural."""
    if len(names) <= _ALL_NAMED:
        return listing(names, "and")
    return f"{', '.join(names[:2])} and {len(names) - 2} more {nouns}"


def _last(rule: str) -> str:
    return rule.rsplit("/", 1)[-1]
