"""Whom a ruleset trusts: keys that are refused when rules load, and what changes the fingerprint."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.evidence.enclosed import statement
from tests.evidence.pki import PLACE, public_pem, trust
from tests.evidence.recorded import keyed
from tests.evidence.rekor_log import new_log
from tests.evidence.signing import Signer, bundle, counted
from tests.objects import problems
from webhook.errors import RulesError
from webhook.evidence.signed import Held, Message, Signed
from webhook.evidence.trust import Trust
from webhook.policy.load import load
from webhook.policy.trusted import NOBODY, Authority
from webhook.source.problem import Problem

CI, SCAN = Signer(), Signer()
WEAK = public_pem(ec.generate_private_key(ec.SECP224R1()))
NO_KEY = "this is no PEM public key"
PASTE = "paste cosign.pub, from -----BEGIN PUBLIC KEY----- to its end"


def wrong(*authorities: Authority) -> list[tuple[str, str | None]]:
    with pytest.raises(RulesError) as caught:
        trust(*authorities)
    found = [one for one in caught.value.problems if isinstance(one, Problem)]
    assert {one.place for one in found} == {PLACE}
    return [(one.message, one.help) for one in found]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    authorities = keyed("a", "x"), keyed("b", CI.pem), keyed("c", WEAK), keyed("d", SCAN.pem, log="y")
    assert wrong(*authorities) == [
        (NO_KEY, PASTE),
        (
            "an ECDSA key on the curve secp224r1 is not trusted",
            "use P-256, P-384, P-521; make a new one: cosign generate-key-pair",
        ),
        (f"`transparencyLog.publicKey`: {NO_KEY}", PASTE),
    ]


def test_one_key_is_not_two_signers_for_one_role() -> None:
    assert wrong(CI.authority("ci"), SCAN.authority("scan"), CI.authority("nightly")) == [
        (
            "this is the key of Authority ci, which has the role build too",
            "leave one of them out: a threshold would count one signer twice",
        )
    ]


def test_one_key_may_have_two_names_for_two_roles() -> None:
    both = trust(CI.authority("ci"), CI.authority("scan", roles=("scan",)))
    assert counted(bundle(statement(), CI), both).authorities == ("ci", "scan")


def test_a_key_is_the_same_in_another_spelling() -> None:
    assert len(wrong(CI.authority("ci"), keyed("again", f"\n{CI.pem.strip()}\n\n"))) == 1


def test_the_place_is_that_of_the_key(tmp_path: Any) -> None:
    text = """
apiVersion: doorward.dev/v1
kind: Authority
metadata: {name: ci}
spec:
  roles: [build]
  publicKey: nothing
"""
    (tmp_path / "rules.yaml").write_text(text)
    (one,) = load([str(tmp_path)]).trusted.authorities
    with pytest.raises(RulesError) as caught:
        Trust(load([str(tmp_path)]).trusted)
    (problem,) = caught.value.problems
    assert isinstance(problem, Problem)
    assert problem.place == one.place
    assert (one.place.line, one.place.text.strip()) == (7, "publicKey: nothing")
    assert [each for each in problems(text) if each.level == "error"] == []


def test_nobody_is_trusted() -> None:
    assert Trust(NOBODY).verifiers == ()


def test_the_fingerprint_is_of_names_keys_and_logs() -> None:
    log = new_log()
    base = trust(CI.authority("ci"), SCAN.authority("scan")).fingerprint
    assert trust(SCAN.authority("scan"), CI.authority("ci")).fingerprint == base
    assert trust(CI.authority("ci", roles=("sbom",)), SCAN.authority("scan")).fingerprint == base
    others = [
        trust(CI.authority("ci")),
        trust(SCAN.authority("ci"), CI.authority("scan")),
        trust(CI.authority("ci"), SCAN.authority("scan", log=log.pem)),
        trust(CI.authority("ci"), Signer().authority("scan")),
        trust(CI.authority("ci"), SCAN.authority("other")),
        Trust(NOBODY),
    ]
    assert len({base, *(one.fingerprint for one in others)}) == len(others) + 1


def signed(by: Signer, hint: str) -> Signed:
    return Signed(by.sign(b"content"), Message(b"content"), hint=hint)


def test_a_hint_is_no_more_than_a_hint() -> None:
    both = trust(CI.authority("ci"), SCAN.authority("scan"))
    for hint in ("", "gcpkms://ci", CI.hint):
        assert both.judge([signed(CI, hint)]).held == {"ci": Held(None)}
    lying = both.judge([signed(Signer(), CI.hint)])
    assert lying.held == {}
    assert lying.reasons == ("it says that ci has signed it, but the signature does not hold",)


def test_a_forged_hint_hides_only_the_forged() -> None:
    both = trust(CI.authority("ci"), SCAN.authority("scan"))
    assert both.judge([signed(SCAN, CI.hint)]).held == {}
    assert both.judge([signed(SCAN, CI.hint), signed(SCAN, "")]).held == {"scan": Held(None)}


def test_two_signatures_of_one_key_are_one_signer() -> None:
    one = trust(CI.authority("ci"), SCAN.authority("scan"))
    assert one.judge([signed(CI, ""), signed(CI, "")]).held == {"ci": Held(None)}
    assert one.judge([signed(CI, ""), signed(SCAN, "")]).held == {"ci": Held(None), "scan": Held(None)}


def test_each_message_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib

    counted_hashes: list[str] = []
    new = hashlib.new

    def counting(name: str, data: bytes = b"", **more: Any) -> Any:
        counted_hashes.append(name)
        return new(name, data, **more)

    many = trust(*(Signer().authority(f"a{number}") for number in range(5)))
    monkeypatch.setattr(hashlib, "new", counting)
    many.judge([signed(CI, "")])
    assert counted_hashes == ["sha256"]
