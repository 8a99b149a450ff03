"""Any document at all, given to `doorward check`: an exit code of the contract, and never a trace."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commands.checking import FORMATS
from webhook.cli import main
from webhook.pod.workloads import POD_AT
from webhook.source.dump import dump

_PARITY = Path(__file__).parent.parent / "e2e" / "parity" / "rules.yaml"
_ABOUT = ["images", "metadata", "resources", "defaults", "podSecurity", "fields"]
_WORDS = ["", "v1", "Pod", "List", "nginx:latest", "1e1000000000", "{{ .Values.x }}", "\x1b[31m", "\u202e", "~", "no"]
_FIELDS = ["apiVersion", "kind", "metadata", "spec", "items", "containers", "name", "image", "labels", "env", "<<"]

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(_WORDS),
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.sampled_from(_FIELDS), inner),
    max_leaves=12,
)
_VERSIONS = {name: f"{group}/v1" if group else "v1" for group, name in POD_AT}


@st.composite
def _objects(draw: st.DrawFn) -> dict[str, Any]:
    """An object of a kind that rules are about, and anything in it."""
    kind = draw(st.sampled_from([*_VERSIONS, "Namespace", "Widget", "List", "PodList"]))
    spec: Any = draw(_JSON | st.fixed_dictionaries({"containers": _JSON, "volumes": _JSON}))
    if kind in ("Deployment", "Job"):
        spec = draw(_JSON | st.just({"template": {"metadata": {"labels": {"about": "images"}}, "spec": spec}}))
    metadata = draw(
        _JSON
        | st.fixed_dictionaries({"name": _JSON, "labels": st.fixed_dictionaries({"about": st.sampled_from(_ABOUT)})})
    )
    items = {"items": draw(_JSON)} if kind.endswith("List") else {}
    return {"apiVersion": _VERSIONS.get(kind, "v1"), "kind": kind, "metadata": metadata, "spec": spec, **items}


_SETTINGS = settings(
    max_examples=150,
    deadline=20_000,  # milliseconds: a guard against what would never end
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    derandomize=True,
)


def checked(file: Path, *arguments: str) -> tuple[int, str]:
    """The exit code, and everything that was printed."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(printed), redirect_stderr(printed):
        code = main(["check", str(file), "--policies", str(_PARITY), *arguments])
    printed.seek(0)
    return code, printed.read()


def assert_sound(code: int, printed: str) -> None:
    assert code in (0, 1, 2, 3)
    assert "Traceback" not in printed
    assert "internal error" not in printed
    assert not any(character in printed for character in "\x1b\x9b\x07\u202e\u2028")


@_SETTINGS
@given(document=_objects() | _JSON, form=st.sampled_from(FORMATS), as_json=st.booleans())
def test_any_document_gets_an_exit_code_and_no_trace(tmp_path: Path, document: Any, form: str, as_json: bool) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(json.dumps(document) if as_json else dump([document]), encoding="utf-8")
    assert_sound(*checked(file, "-o", form))


@_SETTINGS
@given(new=_objects(), old=_objects())
def test_any_two_documents_can_be_an_update(tmp_path: Path, new: dict[str, Any], old: dict[str, Any]) -> None:
    (tmp_path / "new.json").write_text(json.dumps(new), encoding="utf-8")
    (tmp_path / "old.json").write_text(json.dumps({**old, "kind": new["kind"], "metadata": new["metadata"]}))
    assert_sound(*checked(tmp_path / "new.json", "--old", str(tmp_path / "old.json"), "--diff"))


_BYTES = st.binary(max_size=60) | st.text(alphabet="-:{}[]#&*!|>'\"%@`?,<~ \t\r\n\0abc1e\x1b\ufeff", max_size=60).map(
    str.encode
)


@_SETTINGS
@given(data=_BYTES)
def test_any_bytes_get_an_exit_code_and_no_trace(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(data)
    assert_sound(*checked(file))
