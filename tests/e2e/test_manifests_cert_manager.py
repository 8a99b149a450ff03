"""The overlay for cert-manager: its own words are checked here, because no API server of the tests knows them."""

from __future__ import annotations

import re

from tests.e2e.rendered import BASE, CERT_MANAGER, NOT_IN_THE_CLUSTER, one, pod_of, render


def test_cert_manager_takes_the_place_of_the_job_with_all_that_belongs_to_it() -> None:
    overlay, base = render(CERT_MANAGER), render(BASE)
    component = "app.kubernetes.io/component"
    kept = [obj["metadata"]["name"] for obj in base if obj["metadata"]["labels"].get(component) != "certificates"]
    assert [obj["metadata"]["name"] for obj in overlay if obj["kind"] not in NOT_IN_THE_CLUSTER] == kept
    assert not [obj for obj in overlay if obj["kind"] in ("Job", "CronJob", "Role", "RoleBinding")]
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        assert one(overlay, kind)["metadata"]["annotations"] == {"cert-manager.io/inject-ca-from": "doorward/doorward"}
        assert "annotations" not in one(base, kind)["metadata"]


DURATION = re.compile(r"[1-9][0-9]*h\Z")
ISSUER_FIELDS = {"selfSigned", "ca"}
CERTIFICATE_FIELDS = {
    "secretName", "issuerRef", "dnsNames", "commonName", "isCA", "duration", "renewBefore", "privateKey", "usages",
}  # fmt: skip
USAGES = {"digital signature", "server auth"}


def test_what_is_said_to_cert_manager_is_in_its_words() -> None:
    objects = [obj for obj in render(CERT_MANAGER) if obj["kind"] in NOT_IN_THE_CLUSTER]
    issuers = {obj["metadata"]["name"]: obj["spec"] for obj in objects if obj["kind"] == "Issuer"}
    certificates = {obj["metadata"]["name"]: obj["spec"] for obj in objects if obj["kind"] == "Certificate"}
    assert {obj["apiVersion"] for obj in objects} == {"cert-manager.io/v1"}
    assert {obj["metadata"]["namespace"] for obj in objects} == {"doorward"}
    for spec in issuers.values():
        assert len(spec) == 1
        assert spec.keys() <= ISSUER_FIELDS
    for spec in certificates.values():
        assert {"secretName", "issuerRef"} <= spec.keys() <= CERTIFICATE_FIELDS
        assert spec["issuerRef"] == {"group": "cert-manager.io", "kind": "Issuer", "name": spec["issuerRef"]["name"]}
        assert spec["issuerRef"]["name"] in issuers
        assert spec["privateKey"].keys() == {"algorithm", "size", "rotationPolicy"}
        assert (spec["privateKey"]["algorithm"], spec["privateKey"]["size"]) == ("ECDSA", 256)
        assert spec["privateKey"]["rotationPolicy"] in ("Always", "Never")
        assert DURATION.match(spec["duration"])
        assert 0 < int(spec["renewBefore"].removesuffix("h")) < int(spec["duration"].removesuffix("h"))
        assert set(spec.get("usages", ())) <= USAGES


def test_cert_managers_leaf_is_the_one_that_is_served_and_its_authority_the_one_that_signs() -> None:
    objects = render(CERT_MANAGER)
    leaf, authority = (
        one(objects, "Certificate", "doorward")["spec"],
        one(objects, "Certificate", "doorward-ca")["spec"],
    )
    service = one(objects, "ValidatingWebhookConfiguration")["webhooks"][0]["clientConfig"]["service"]
    assert f"{service['name']}.{service['namespace']}.svc" in leaf["dnsNames"]
    mounted = [
        volume["secret"]["secretName"]
        for volume in pod_of(one(objects, "Deployment"))["spec"]["volumes"]
        if "secret" in volume
    ]
    assert mounted == [leaf["secretName"]]
    assert one(objects, "Issuer", leaf["issuerRef"]["name"])["spec"] == {"ca": {"secretName": authority["secretName"]}}
    assert authority["isCA"] is True
