"""The pull policy that the API server sets where an author set none."""

from typing import Any

from webhook.pod.image import Image


def pull_policy(image: Any) -> str:
    """Always where the tag is latest or would be; IfNotPresent for any other image, one that cannot be read too."""
    if not isinstance(image, str):
        return "IfNotPresent"
    try:
        return "Always" if Image.parse(image).tag_or_latest == "latest" else "IfNotPresent"
    except ValueError:
        return "IfNotPresent"
