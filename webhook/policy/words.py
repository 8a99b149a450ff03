"""Words of a rule's author: `message` and `fix` with places that are filled in from what was found."""

from typing import Any, NamedTuple

from webhook.admission.words import clean, quote
from webhook.expressions import expression
from webhook.patterns import closest
from webhook.pod.image import Image

PLACES = ("value", "path", "container", "namespace", "name", "image.host", "image.path", "image.tag", "image.digest")

_PLACE = expression(r"\{([a-zA-Z.]+)\}")


class Template(NamedTuple):
    """A sentence with places such as {image.path} or {namespace}."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Template":
        """A place that does not exist is refused, with the one that was probably meant."""
        for name in _PLACE.findall(text):
            if name not in PLACES:
                guess = closest(name, PLACES)
                raise ValueError(
                    f"nothing is called {{{name}}} here",
                    f"did you mean {{{guess}}}?" if guess else f"known: {', '.join(PLACES)}",
                )
        return cls(text)

    def fill(self, values: dict[str, Any], image: str) -> str:
        """The sentence for one finding; a place without a value keeps its name."""
        if "{image." in self.text:
            values = {**values, **_image_places(image)}
        return clean(_PLACE.sub(lambda match: _shown(values.get(match[1]), match[0]), self.text))


def _shown(value: Any, place: str) -> str:
    if value is None or value == "":
        return place
    return str(value)[:120] if isinstance(value, str) else quote(value)


def _image_places(text: str) -> dict[str, Any]:
    try:
        image = Image.parse(text)
    except ValueError:
        return {}
    tag = image.tag or ("" if image.digest else "latest")
    return {"image.host": image.host, "image.path": image.path, "image.tag": tag, "image.digest": image.digest or ""}
