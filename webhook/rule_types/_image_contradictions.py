"""What an images rule says and can never be: tags that cannot exist, and parts that leave each other nothing."""

from typing import TYPE_CHECKING, NamedTuple

from webhook.admission.rule import Compiling
from webhook.expressions import expression
from webhook.patterns import Glob, shown
from webhook.pod.image import Image, ImagePattern, ImagePatterns
from webhook.pod.image_rewrite import RewriteTarget

if TYPE_CHECKING:
    from webhook.rule_types.images import Params

_TAG = expression(r"[A-Za-z0-9_*][A-Za-z0-9_.*-]{0,127}")
_HOST, _BELOW = "any.host.example", "x/x"


class TagGlob(NamedTuple):
    """A tag, or a glob over tags."""

    glob: Glob

    @classmethod
    def parse(cls, text: str) -> "TagGlob":
        """Raises ValueError for what matches no tag: tags have letters, digits, _ . and - only."""
        if not _TAG.fullmatch(text):
            cure = "tags have letters, digits, `_`, `.` and `-`, and do not begin with `.` or `-`"
            raise ValueError(f"{shown(text)} matches no tag", cure)
        return cls(Glob.parse(text))

    def matches(self, tag: str) -> bool:
        """Whether the tag is meant."""
        return self.glob.matches(tag)


def tell_contradictions(params: "Params", compiling: Compiling) -> None:
    """Tell what is allowed and forbidden at once, and rewrites to where images may not come from."""
    forbidden = {pattern.text for pattern in params.not_from}
    for index, pattern in enumerate(params.from_):
        if pattern.text in forbidden:
            compiling.error(("from", index), f"`{pattern.text}` is in `notFrom` too, so nothing of it is allowed")
    for index, replacement in enumerate(params.rewrite):
        reason = _refused(replacement.to, params)
        if reason:
            compiling.error(("rewrite", index, "to"), f"every image rewritten to it would be refused: {reason}")


def _refused(target: RewriteTarget, params: "Params") -> str:
    """Why no image below a target would be allowed; "" where some may be."""
    image = Image.parse(f"{target.text.replace('{host}', _HOST)}/{_BELOW}:1")
    if params.from_ and not any(_may_cover(pattern, image) for pattern in params.from_):
        return f"`from` allows nothing on {image.host}"
    covering = ImagePatterns(one for one in params.not_from if one.tag is None and one.digest is None).first(image)
    return f"`{covering.text}` in `notFrom` covers all of it" if covering else ""


def _may_cover(pattern: ImagePattern, image: Image) -> bool:
    """Whether a pattern can cover anything on the image's host."""
    return pattern.host is None or pattern.host.matches(image.host)
