"""What `cosign attest` writes without `--type`: anything at all in `Data`, often a text that is JSON once more."""

from typing import Any

from webhook.evidence.predicates.fields import Unreadable
from webhook.evidence.strict_json import Malformed, parse


def unwrapped(document: dict[str, Any]) -> Any:
    """What `Data` holds, parsed where it is a text; raises Unreadable."""
    data = document.get("Data")
    if not isinstance(data, str):
        return data
    try:
        return parse(data.encode(errors="surrogatepass"))
    except Malformed as error:
        raise Unreadable("Data", f"cannot be read: {error}") from None
