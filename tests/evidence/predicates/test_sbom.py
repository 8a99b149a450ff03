"""Bills of materials in every version of both formats, by hand and by Syft."""

import json
from typing import Any

import pytest

from tests.evidence.predicates.documents import CUSTOM, DATA, at, claim, document, kind_and_claim, unusable
from webhook.admission.evidence import EvidenceType, Package
from webhook.evidence.predicates import cyclonedx, sbom

SPDX, CYCLONEDX = "https://spdx.dev/Document", "https://cyclonedx.org/bom"
SYFT = {
    Package("@acme/pay", "2.0.1", ("AGPL-3.0-only",)),
    Package("jinja2", "3.1.4"),
    Package("left-pad", "1.3.0", ("WTFPL",)),
    Package("shop", "1.4.2"),
}


def test_spdx_2_3_has_what_is_concluded_and_what_is_declared() -> None:
    bill = claim(SPDX, document("spdx-2.3"))
    assert (bill.format, bill.version, bill.created, bill.lacks) == ("spdx", "2.3", at(11, 1, 10, 5), "")
    assert bill.packages == (
        Package("libc6", "2.36-9+deb12u9", ("LGPL-2.1-only AND GPL-2.0-only",)),
        Package("qs", "6.11.0", ("BSD-3-Clause", "BSD-3-Clause OR AGPL-3.0-only")),
        Package("registry.corp.example/shop/web", "1.4.2"),
    )


def test_spdx_3_has_licences_by_relationships_and_sets_of_them() -> None:
    bill = claim(f"{SPDX}/v3", document("spdx-3.0"))
    assert (bill.format, bill.version, bill.created, bill.lacks) == ("spdx", "3.0.1", at(11, 1, 10, 5), "")
    assert bill.packages == (
        Package("libc6", "2.36-9+deb12u9", ("LGPL-2.1-only AND GPL-2.0-only",)),
        Package("qs", "6.11.0", ("BSD-3-Clause OR AGPL-3.0-only",)),
        Package("shop/web", ""),
    )


def test_a_set_of_licences_that_holds_itself_is_not_read() -> None:
    graph = document("spdx-3.0")
    graph["@graph"][9]["expandedlicensing_member"] *= 2
    graph["@graph"][9]["expandedlicensing_member"].append("https://sbom.corp.example/l2")
    reason = "its `@graph` has a set of more than 256 licences, or too deep a one"
    assert unusable(SPDX, graph) == reason


def test_spdx_3_may_have_the_info_about_its_making_within_the_document() -> None:
    graph = document("spdx-3.0")
    info = graph["@graph"].pop(0)
    graph["@graph"][2]["creationInfo"] = {**info, "created": "2026-10-01T00:00:00Z"}
    assert claim(SPDX, graph).created == at(10, 1)


def test_cyclonedx_has_components_within_components_and_names_as_their_tools_have_them() -> None:
    bill = claim(CYCLONEDX, document("cyclonedx-1.6"))
    assert (bill.format, bill.version, bill.created) == ("cyclonedx", "1.6", at(11, 1, 10, 5))
    assert bill.packages == (
        Package("debian", "12.8"),
        Package("libc6", "2.36-9+deb12u9", ("LGPL-2.1-only", "GPL-2")),
        Package("app.jar", ""),
        Package("@acme/pay", "2.0.1"),
        Package("org.apache.logging.log4j:log4j-core", "2.14.1", ("Apache-2.0 OR MIT",)),
    )
    assert bill.lacks == "the versions of 1 of its 5 packages"


@pytest.mark.parametrize("version", sorted(cyclonedx.VERSIONS))
def test_syft_s_cyclonedx_is_read_in_every_version(version: str) -> None:
    bill = claim(f"{CYCLONEDX}/v{version}", document(f"syft/cyclonedx-{version}"))
    assert (bill.version, set(bill.packages), bill.lacks) == (version, SYFT, "")
    assert bill.created is not None


@pytest.mark.parametrize("version", ["2.2", "2.3", "3.0"])
def test_syft_s_spdx_is_read_in_every_version(version: str) -> None:
    bill = claim(SPDX, document(f"syft/spdx-{version}"))
    assert bill.version.startswith(version)
    assert bill.created is not None
    assert bill.lacks == ""
    assert set(bill.packages) - {Package("source", "")} == SYFT


@pytest.mark.parametrize(
    ("predicate_type", "name"), [(CYCLONEDX, "cyclonedx-1.6"), (SPDX, "spdx-2.3"), (SPDX, "spdx-3.0")]
)
def test_cosign_s_first_version_put_every_bill_into_data(predicate_type: str, name: str) -> None:
    plain = claim(predicate_type, document(name))
    assert claim(predicate_type, {"Data": document(name), "Timestamp": "2026-11-01T00:00:00Z"}) == plain
    assert claim(predicate_type, {"Data": json.dumps(document(name))}) == plain


@pytest.mark.parametrize("name", ["cyclonedx-1.6", "spdx-2.3"])
def test_a_bill_that_was_signed_without_its_type_is_a_bill(name: str) -> None:
    kind, found = kind_and_claim(CUSTOM, {"Data": document(name)})
    assert (kind, found) == (EvidenceType.SBOM, claim(CYCLONEDX if "c" in name[:1] else SPDX, document(name)))


def test_a_bill_says_what_it_lacks() -> None:
    bare = {"bomFormat": "CycloneDX", "specVersion": "1.6"}
    assert claim(CYCLONEDX, bare).lacks == ("a time at which it was made, the tool or person that made it, packages")
    spdx = document("spdx-2.3")
    spdx["packages"] = spdx["packages"][:1]
    spdx["creationInfo"]["creators"] = []
    assert claim(SPDX, spdx).lacks == "the tool or person that made it, packages"


def test_a_few_packages_without_version_make_no_bill_incomplete() -> None:
    packages = [{"name": f"p{number}", "versionInfo": "1"} for number in range(9)]
    bill = {**document("spdx-2.3"), "packages": [*packages, {"name": "a", "versionInfo": "NOASSERTION"}]}
    assert claim(SPDX, bill).lacks == ""
    bill["packages"].append({"name": "b"})
    assert claim(SPDX, bill).lacks == "the versions of 2 of its 11 packages"


@pytest.mark.parametrize("tools", [[{"vendor": "corp", "name": ""}], {"services": [{"name": "x"}]}])
def test_the_tools_of_a_bill_are_a_list_or_an_object(tools: Any) -> None:
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.4", "metadata": {"tools": tools}}
    assert "tool" not in claim(CYCLONEDX, bill).lacks


@pytest.mark.parametrize(
    ("predicate_type", "predicate", "reason"),
    [
        (CYCLONEDX, [], "it is no object"),
        (CYCLONEDX, {}, "its `bomFormat` is not CycloneDX"),
        (CYCLONEDX, {"Data": {}}, "its `Data.bomFormat` is not CycloneDX"),
        (CYCLONEDX, {"Data": "x"}, "its `Data` cannot be read: it is no JSON"),
        (
            CYCLONEDX,
            {"bomFormat": "CycloneDX", "specVersion": "1.3"},
            'its `specVersion` is "1.3": CycloneDX 1.4 to 1.7 is read',
        ),
        (
            CYCLONEDX,
            {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"licenses": [{"license": 1}]}]},
            "its `components[0].licenses[0].license` is no object",
        ),
        (SPDX, {"spdxVersion": "SPDX-2.1"}, 'its `spdxVersion` is "SPDX-2.1": SPDX 2.2, 2.3 and 3.0 are read'),
        (SPDX, {"@graph": []}, 'its `@graph` is SPDX "": SPDX 2.2, 2.3 and 3.0 are read'),
        (SPDX, {"spdxVersion": "SPDX-2.3", "packages": [{"name": 1}]}, "its `packages[0].name` is no text"),
        (
            SPDX,
            {"spdxVersion": "SPDX-2.3", "packages": [{"licenseDeclared": "MIT OR " * 1000}]},
            "its `packages[0].licenseDeclared` has 7000 characters, more than 4096",
        ),
    ],
)
def test_what_cannot_be_read_is_named(predicate_type: str, predicate: Any, reason: str) -> None:
    assert unusable(predicate_type, predicate) == reason


def test_too_many_packages_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cyclonedx, "MOST_PACKAGES", 3)
    reason = "its `components` has more than 3 packages"
    assert unusable(CYCLONEDX, document("cyclonedx-1.6")).startswith("its `components` has 5 entries, more than 3")
    nested = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"components": [{}, {}]}, {}]}
    assert unusable(CYCLONEDX, nested) == reason


def test_a_package_with_too_many_licences_is_not_read() -> None:
    component = {"name": "x", "licenses": [{"expression": f"L-{number}"} for number in range(sbom.MOST_LICENSES + 1)]}
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]}
    assert unusable(CYCLONEDX, bill) == "its `components[0].licenses` has 257 entries, more than 256"


def test_bills_of_images_with_the_same_base_share_their_packages_in_memory() -> None:
    one, other = claim(SPDX, document("spdx-2.3")), claim(SPDX, document("spdx-2.3"))
    assert all(mine is theirs for mine, theirs in zip(one.packages, other.packages, strict=True))


def test_every_document_of_syft_is_tested() -> None:
    assert len(list((DATA / "syft").glob("*.json"))) == 7
