"""What all end-to-end tests share: one API server for the whole run, and their mark."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cluster import Cluster


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The API server of all tests: each uses namespaces of its own and unregisters the webhooks it registers."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cancelled run ends its programs too
    try:
        with Cluster() as started:
            yield started
    finally:
        signal.signal(signal.SIGTERM, before)
