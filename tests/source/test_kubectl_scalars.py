"""Our reader gives exactly what the real kubectl sends: scalars as values and as keys, merges, texts and numbers."""

import json
from typing import Any

import pytest

from tests.source import kubectl
from tests.source.kubectl import REFUSED
from webhook.source import yaml

TABLE = kubectl.table()

BODIES = [
    "  base: &base {a: 1, b: 2}\n  copy: *base\n",
    "  base: &base {a: 1, b: 2}\n  copy:\n    <<: *base\n    b: 3\n",
    "  base: &base {a: 1, b: 2}\n  copy:\n    b: 3\n    <<: *base\n",
    "  x: &x {a: 1}\n  y: &y {a: 2, b: 2}\n  copy:\n    <<: [*x, *y]\n    c: 3\n",
    "  x: &x {a: 1}\n  copy:\n    <<: *x\n    <<: {a: 4, d: 5}\n",
    "  x: &x {a: 1}\n  y: &y\n    <<: *x\n    b: 2\n  z:\n    <<: *y\n    a: 7\n",
    '  - "<<": {a: 1}\n  - !!str <<: 2\n',
    "  x: &x 1\n  y: &x 2\n  z: *x\n",
    "  x: &x yes\n  *x : 1\n",
    "  <<: 1\n",
    "  x: &x [1]\n  <<: *x\n",
    "  x: &x [*x]\n",
    "  x: *nowhere\n",
    "  a: |\n    text",
    "  a: |-\n    text\n",
    "  a: |+\n    text\n\n",
    "  a: >\n    one\n    two\n\n    three\n",
    "  a: |2\n      text\n",
    '  a: "one\n    two\\\n    three\\n"\n',
    "  a: 'it''s\n    two'\n",
    "  a: plain\n    goes on\n",
    "  a: b #c\n  d: e#f\n",
    "  a:\r\n  - 1\r\n  - |\r\n    text\r\n",
    "  ? a\n  : b\n",
    "  ? [a]\n  : b\n",
    "  ? {a: 1}\n  : b\n",
    "  a: {b, c: }\n  d: [e: 1, f]\n",
    '  {"a":1,"b":[true,null,1.5e3,"\\u00e9"]}\n',
    "  a:\n  - b\n  -\n  - - c\n",
    "  a: !!map {b: !!seq [!!int 0x10]}\n",
    "  - a\n  - ~\n",
    "  text\n",
    "  a: &b\n  c: *b\n",
    "  a:\tb\n  c:  'd'\t\n",
    "  a:\n\tb: c\n",
    "  a: b: c\n",
    "  a: [1, 2\n",
    '  a: "open\n',
    "  a: @b\n",
    "  a: \x07\n",
]


def spec_by_us(body: str) -> Any:
    reading = yaml.read(f"{kubectl.HEAD}spec:\n{body}".encode(), "thing.yaml")
    return REFUSED if reading.problems else reading.documents[0].value["spec"]


def shown(value: Any) -> str:
    """Text in which 1, 1.0 and true differ, and the order of keys does not matter."""
    return "refused" if value is REFUSED else json.dumps(value, sort_keys=True)


def differences(pairs: dict[str, tuple[Any, Any]]) -> dict[str, tuple[str, str]]:
    return {name: (shown(a), shown(b)) for name, (a, b) in pairs.items() if shown(a) != shown(b)}


def test_the_table_is_large_and_holds_refusals() -> None:
    assert len(TABLE) >= 150
    assert sum("value" not in meaning for meaning in TABLE.values()) >= 20
    assert sum("key" not in meaning for meaning in TABLE.values()) >= 20


def test_every_scalar_as_a_value_is_what_kubectl_sends() -> None:
    found = {scalar: spec_by_us(f"  a: {scalar}\n") for scalar in TABLE}
    ours = {scalar: spec if spec is REFUSED else spec["a"] for scalar, spec in found.items()}
    assert not differences({s: (ours[s], meaning.get("value", REFUSED)) for s, meaning in TABLE.items()})


def test_every_scalar_as_a_key_is_what_kubectl_sends() -> None:
    found = {scalar: spec_by_us(f"  {scalar}: 1\n") for scalar in TABLE}
    ours = {scalar: spec if spec is REFUSED else next(iter(spec)) for scalar, spec in found.items()}
    assert not differences({s: (ours[s], meaning.get("key", REFUSED)) for s, meaning in TABLE.items()})


def test_every_scalar_means_the_same_beside_an_anchor_where_the_careful_way_reads_it() -> None:
    quick = {scalar: spec_by_us(f"  a: {scalar}\n") for scalar in TABLE}
    careful = {scalar: spec_by_us(f"  a: {scalar}\n  z: &z 1\n") for scalar in TABLE}
    careful = {s: spec if spec is REFUSED else {"a": spec["a"]} for s, spec in careful.items()}
    assert not differences({scalar: (quick[scalar], careful[scalar]) for scalar in TABLE})


@pytest.mark.e2e
def test_the_table_is_what_this_kubectl_says() -> None:
    values = [scalar for scalar, meaning in TABLE.items() if "value" in meaning]
    keys = [scalar for scalar, meaning in TABLE.items() if "key" in meaning]
    sent = kubectl.spec_by_kubectl("".join(f"  - a: {scalar}\n" for scalar in values))
    assert not differences({s: (got["a"], TABLE[s]["value"]) for s, got in zip(values, sent, strict=True)})
    sent = kubectl.spec_by_kubectl("".join(f"  - {scalar}: 1\n" for scalar in keys))
    assert not differences({s: (next(iter(got)), TABLE[s]["key"]) for s, got in zip(keys, sent, strict=True)})
    refused = [scalar for scalar in TABLE if scalar not in values or scalar not in keys]
    assert kubectl.ask(refused) == {scalar: TABLE[scalar] for scalar in refused}


@pytest.mark.e2e
def test_documents_are_what_this_kubectl_sends() -> None:
    assert not differences({body: (spec_by_us(body), kubectl.spec_by_kubectl(body)) for body in BODIES})
