"""Where the rules that come with Doorward are: the checkout's policies/, which the wheel carries as webhook/_policies."""

from pathlib import Path


def policies() -> Path:
    """The folder of the shipped rules."""
    return Path(__file__).with_name("_policies")
