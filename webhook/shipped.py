"""Where the rules that come with Doorward are: in policies/, which the wheel carries as webhook/_policies."""

from pathlib import Path


def policies() -> Path:
    """The folder of the shipped rules."""
    return Path(__file__).with_name("_policies")
