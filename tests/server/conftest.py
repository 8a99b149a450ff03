"""What the tests of the server share: one running server with good rules."""

from collections.abc import Iterator

import pytest

from tests.e2e.waiting import poll
from tests.server.serving import Running, serving, settings, write_rules


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that is ready, with one rule about registries."""
    folder = tmp_path_factory.mktemp("server")
    write_rules(folder)
    with serving(settings(folder)) as running:
        poll(running.is_ready, "the server did not become ready")
        yield running
