"""What real tools attach for signers with certificates: cosign 2 and 3, notation's own library, and OpenSSL's stamps.

data/ says how it was made. The signers' certificates were valid for an hour, so only time stamps prove anything now.
"""

from datetime import datetime, timedelta

import pytest

from tests.evidence.enclosed import DIGEST, attached
from tests.evidence.pki import certified, trust
from tests.evidence.recorded import DATA, Recorded
from webhook.admission.evidence import Rejected
from webhook.evidence.attached import Kind
from webhook.evidence.notation import JWS
from webhook.evidence.prove import Proven, prove
from webhook.evidence.timestamps import read_timestamps
from webhook.evidence.trust import Trust

SBOM = "https://spdx.dev/Document"
LONG_AFTER = timedelta(days=30)
TOO_LATE = "its certificate expired on "


def cosigned(version: str, subject: str, *, stamps: bool = True) -> list[Proven]:
    """What is proven for a subject by what one cosign attached."""
    recorded = Recorded(f"{version}-certified")
    keys = recorded.folder / "keys"
    tsa = (keys / "tsa.pem").read_bytes() if stamps else b""
    ours = certified("ci", (keys / "root.pem").read_bytes(), subject, tsa)
    proven, rejected = recorded.judged(trust(ours))
    assert rejected == []
    return proven


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("subject", ["CN=ci,O=corp", "ci@corp.example"])
def test_cosign_with_a_certificate(version: str, subject: str) -> None:
    proven = cosigned(version, subject)
    signatures = [one for one in proven if one.is_signature]
    [sbom] = [one for one in proven if not one.is_signature]
    assert sorted(dict(one.annotations)["stamped"] for one in signatures) == ["no", "yes"]
    assert sbom.predicate_type == SBOM
    for one in (sbom, *signatures):
        stamped = dict(one.annotations).get("stamped") != "no"
        assert one.authorities == ("ci",)
        assert (one.signed is not None, len(one.valid)) == ((True, 0) if stamped else (False, 1))


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_without_the_time_stamp_authority_the_certificate_has_expired(version: str) -> None:
    for one in cosigned(version, "CN=ci,O=corp", stamps=False):
        [ends] = one.valid
        assert ends.until is not None
        assert ends.lapsed(ends.until + LONG_AFTER).startswith(TOO_LATE)
        assert ends.lapsed(ends.until) == ""


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_cosign_for_somebody_else(version: str) -> None:
    recorded = Recorded(f"{version}-certified")
    root = (recorded.folder / "keys" / "root.pem").read_bytes()
    proven, rejected = recorded.judged(trust(certified("ci", root, "CN=release,O=corp")))
    assert proven == []
    assert {one.reason for one in rejected} == {
        'it is not of ci: its certificate is that of "CN=ci,O=corp", not "CN=release,O=corp"'
    }


NOTATION = DATA / "notation"


def notary(*, stamps: bool = True) -> Trust:
    tsa = (NOTATION / "tsa.pem").read_bytes() if stamps else b""
    return trust(certified("ci", (NOTATION / "root.pem").read_bytes(), "CN=ci,O=corp", tsa))


def notated(name: str, by: Trust) -> Proven:
    found = prove(attached(Kind.NOTATION, JWS), (NOTATION / name).read_bytes(), DIGEST, by)
    assert not isinstance(found, Rejected), found
    [one] = found
    return one


@pytest.mark.parametrize("algorithm", ["es256", "es384", "es512", "ps256", "ps384", "ps512"])
def test_notation_in_each_algorithm(algorithm: str) -> None:
    one = notated(f"{algorithm}.json", notary())
    assert (one.is_signature, one.authorities, one.annotations) == (True, ("ci",), (("build", "42"),))
    assert one.signed is not None
    assert one.valid == ()


def test_notation_without_a_countersignature() -> None:
    for name in ("unstamped.json", "authority.json"):
        one = notated(name, notary())
        assert one.signed is None
        [ends] = one.valid
        assert ends.until is not None
        assert ends.lapsed(ends.until + LONG_AFTER).startswith(TOO_LATE)


def test_notation_with_an_expiry() -> None:
    one = notated("expiring.json", notary())
    assert one.signed is not None
    [ends] = one.valid
    assert ends.until is not None
    assert timedelta(minutes=29) < ends.until - one.signed <= timedelta(minutes=30)
    assert ends.lapsed(ends.until + LONG_AFTER).endswith(", as its signer wanted")


STAMPS = DATA / "timestamps"


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
@pytest.mark.parametrize("file", ["sha256.tsr", "sha512.tsr", "token.der"])
def test_openssl_stamps(kind: str, file: str) -> None:
    ours = read_timestamps((STAMPS / f"{kind}-root.pem").read_bytes())
    stamp, content = (STAMPS / f"{kind}-{file}").read_bytes(), (STAMPS / "content.bin").read_bytes()
    assert isinstance(ours.time(stamp, content), datetime)
    assert ours.time(stamp, content + b"!") == "it is about something else"


def test_openssl_stamps_of_another_authority() -> None:
    ours = read_timestamps((STAMPS / "rsa-root.pem").read_bytes())
    answer = ours.time((STAMPS / "ecdsa-sha256.tsr").read_bytes(), (STAMPS / "content.bin").read_bytes())
    assert isinstance(answer, str)
    assert "who is not trusted" in answer or "not one of those that are trusted" in answer
