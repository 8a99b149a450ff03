"""Print the version."""

import argparse

from webhook import VERSION


def add(_: argparse.ArgumentParser) -> None:
    """There is nothing to choose."""


def run(_: argparse.Namespace) -> int:
    """The version on one line."""
    print(f"doorward {VERSION}")
    return 0
