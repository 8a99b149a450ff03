"""The images that exceptions name, under the names that rules rewrite them to.

/validate sees an image only after /mutate has rewritten it. Where a rule rewrites docker.io to hub.corp.example, an
exception for docker.io/acme/billing is therefore one for hub.corp.example/acme/billing too: it is the same image. A
pattern with wildcards in host or path is not followed.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from webhook.pod.image import Image, ImagePattern, ImagePatterns
from webhook.pod.image_rewrite import Rewrites, rewrite
from webhook.policy.exceptions import Exemption
from webhook.policy.ruleset import Rule


def followed(rules: Sequence[Rule]) -> list[Rule]:
    """The rules, their exemptions for images extended by what the rules' rewrites make of those images."""
    rewrites = [rule.parts.rewrites for rule in rules if rule.parts.rewrites is not None]
    if not rewrites:
        return list(rules)
    return [rule._replace(exemptions=tuple(_extended(one, rewrites) for one in rule.exemptions)) for rule in rules]


def _extended(exemption: Exemption, rewrites: Sequence[Rewrites]) -> Exemption:
    if exemption.images is None:
        return exemption
    named = exemption.images.patterns
    found = (text for pattern in named for each in rewrites for text in _rewritten(pattern.text, each))
    return exemption._replace(images=ImagePatterns((*named, *_readable(dict.fromkeys(found)))))


def _readable(texts: Iterable[str]) -> Iterator[ImagePattern]:
    """The texts that are patterns: an image may have a name that no pattern can have, and is not followed then."""
    for text in texts:
        with suppress(ValueError):
            yield ImagePattern.parse(text)


def _rewritten(pattern: str, rewrites: Rewrites) -> Iterator[str]:
    """What a pattern's repository, and what stands below it, becomes; the pattern's tag stays."""
    slash = pattern.rfind("/")
    colon = pattern.find(":", slash + 1) if slash >= 0 else -1
    base, tag = (pattern[:colon], pattern[colon:]) if colon >= 0 else (pattern, "")
    if "*" in base or "@" in base:
        return
    for below in ("", "/below") if slash >= 0 else ("/any/below",):  # a host alone is no image
        try:
            target = rewrite(Image.parse(base + below), rewrites)
        except ValueError:
            continue  # too long with what stands below it
        if target is not None:
            yield target.removesuffix(below) + tag
