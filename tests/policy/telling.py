"""What is wrong with rules, as tests compare it; and the documents that they break."""

from tests.objects import policy, problems
from webhook.source.problem import Level

RULE = "- name: r\n  images: {digest: required}"
GOOD = policy(RULE)

Told = tuple[str, str, str, str | None]
"""Line and column, what the caret is under, the message, the cure."""


def told(text: str, level: Level = Level.ERROR) -> list[Told]:
    return [
        (
            f"{found.place.line}:{found.place.column}",
            found.place.text[found.place.column - 1 : found.place.column - 1 + found.place.length],
            found.message,
            found.help,
        )
        for found in problems(text)
        if found.level is level
    ]


def warned(text: str) -> list[Told]:
    assert told(text) == []
    return told(text, Level.WARNING)


def profile(spec: str, name: str = "x") -> str:
    return f"---\napiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {{name: {name}}}\nspec: {spec}\n"


def exception(**changes: str) -> str:
    """An Exception whose spec begins on the sixth line after its `---`."""
    spec = {
        "rules": "[p/r]",
        "match": "{namespaces: {include: [shop]}}",
        "reason": "being rebuilt",
        "owner": "shop",
        "granted": "2026-01-01",
        "expires": "2026-02-01",
        **changes,
    }
    body = "".join(f"  {key}: {value}\n" for key, value in spec.items())
    return f"---\napiVersion: doorward.dev/v1\nkind: Exception\nmetadata: {{name: e}}\nspec:\n{body}"


NARROW = "what is left out wins; narrow `exclude`"
NAMES = "names have lower-case letters, digits and `-`; `*` stands for any characters"
