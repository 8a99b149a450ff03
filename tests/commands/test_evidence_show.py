"""doorward evidence show: everything that is attached to an image, and what becomes of it under each rule."""

from pathlib import Path
from typing import Any

from tests.commands.evidence_world import POLICY, World
from tests.evidence.behaviours import status

RECORDED = str(Path(__file__).parents[1] / "evidence/data/cosign-v3")
AT = ("--at", "2026-11-05")


def outcomes(shown: Any) -> dict[str, str]:
    return {one["name"]: one["outcome"] for rule in shown["rules"] for one in rule["requirements"]}


def proven(world: World) -> tuple[str, str]:
    """An image with all that the rule asks for."""
    image, digest = world.image()
    assert world.attest(image, "vulnerability-scan", world.trivy()).code == 0
    assert (
        world.attest(image, "approval", world.approval(window=None, expiresOn="2099-01-01T00:00:00Z"), "board").code
        == 0
    )
    return image, digest


def test_an_image_with_nothing_attached_misses_what_rules_ask_for(world: World) -> None:
    image, digest = world.image()
    outcome = world("show", image)
    assert outcome.code == 1
    assert outcome.out == (
        f"{image}\n"
        f"  digest     {digest}\n"
        "\n"
        "Nothing is attached to it\n"
        "\n"
        "Rules\n"
        "  proven/proven\n"
        "    scanned   missing: no scan by scanner\n"
        "              fix: doorward evidence attest --key scanner.key --type vulnerability-scan "
        f"--predicate scan.json {world.host}/shop/web@{digest}\n"
        "    approved  missing: no approval by board\n"
        "              fix: doorward evidence attest --key board.key --type approval "
        f"--predicate approval.json {world.host}/shop/web@{digest}\n"
    )
    assert outcome.err == "every rule about the image is shown, as for `default`; say --namespace to choose another\n"


def test_what_is_attached_is_told_with_its_claim_and_satisfies_the_rule(world: World) -> None:
    image, _ = proven(world)
    outcome = world("show", image, "-n", "shop-prod", *AT)
    assert outcome.code == 0
    assert "  vulnerability-scan by scanner\n    trivy 0.70.0, scanned 2026-11-02 08:15 UTC" in outcome.out
    assert "critical" in outcome.out
    assert "  approval by board\n    approved 2026-11-03 08:30 UTC by ada@corp.example (product-owner)" in outcome.out
    assert "ticket CHG0031337" in outcome.out
    assert "Rules in the namespace shop-prod\n  proven/proven   enforce\n" in outcome.out
    assert "    scanned   satisfied\n    approved  satisfied\n" in outcome.out
    assert outcome.err == ""


def test_an_old_scan_is_stale_with_its_age(world: World) -> None:
    image, _ = proven(world)
    code, shown = world.shown(image, "-n", "shop-prod", "--at", "2026-11-20")
    assert code == 1
    assert outcomes(shown) == {"scanned": "stale", "approved": "satisfied"}
    assert "17 days old; at most 7d is allowed" in shown["rules"][0]["requirements"][0]["detail"]


def test_a_rule_that_is_not_about_the_namespace_is_not_shown(world: World) -> None:
    image, _ = world.image()
    outcome = world("show", image, "-n", "other")
    assert outcome.code == 0
    assert "No rule asks for evidence of it in the namespace other\n" in outcome.out


def test_a_rule_of_which_nobody_knows_whether_it_applies_is_shown_and_undecided(world: World) -> None:
    world.rules(POLICY.replace("namespaces: {include: [shop, shop-*]}", "namespaceSelector: {matchLabels: {a: b}}"))
    image, _ = world.image()
    outcome = world("show", image, "-n", "shop")
    assert outcome.code == 3
    assert "    may apply: the labels of namespace shop are not known here\n" in outcome.out


def test_what_a_stranger_signed_counts_for_nothing_and_is_told_why(world: World) -> None:
    image, _ = world.image()
    assert world.attest(image, "vulnerability-scan", world.trivy(), "stranger").code == 0
    code, shown = world.shown(image, "-n", "shop", *AT)
    assert code == 1
    [attached] = shown["attached"]
    assert attached["attestations"] == []
    [rejected] = attached["rejected"]
    assert rejected["reason"] == "no key of an Authority has signed it"
    assert rejected["claims"] == "https://cosign.sigstore.dev/attestation/vuln/v1"
    assert outcomes(shown)["scanned"] == "invalid"
    assert "counts for nothing: no key of an Authority has signed it" in world("show", image).out


def test_the_right_key_in_the_wrong_role_does_not_count(world: World) -> None:
    image, _ = world.image()
    noted = world.attest(image, "vulnerability-scan", world.trivy(), "board")
    assert "the key is that of board, without the role scan: it will not count" in noted.err
    _, shown = world.shown(image, "-n", "shop", *AT)
    assert outcomes(shown)["scanned"] == "unacceptable"


def test_the_images_of_an_index_are_shown_each(world: World) -> None:
    children: list[dict[str, Any]] = [
        {"digest": world.fake.image("shop/web", name), "platform": {"os": "linux", "architecture": name}}
        for name in ("amd64", "arm64")
    ]
    digest = world.fake.index("shop/web", children, "1.2")
    outcome = world("show", f"{world.host}/shop/web:1.2")
    assert f"  digest     {digest}\n  platforms  linux/amd64 {children[0]['digest']}\n" in outcome.out
    assert "Nothing is attached to the image of linux/arm64" in outcome.out


def test_a_registry_that_is_away_makes_everything_unavailable(world: World) -> None:
    image, _ = world.image()
    world.fake.instead["/"] = status(500)
    code, shown = world.shown(image, "-n", "shop")
    assert (code, shown["digest"], shown["outcome"]) == (3, None, "unavailable")
    assert "answers 500" in shown["reason"]
    assert outcomes(shown) == {"scanned": "unavailable", "approved": "unavailable"}


def test_an_image_that_does_not_exist_is_missing(world: World) -> None:
    outcome = world("show", f"{world.host}/shop/nothing:1")
    assert outcome.code == 1
    assert "  missing: the manifest" in outcome.out
    assert "    scanned   missing: " in outcome.out


def test_a_host_that_nobody_declared_is_not_asked(world: World) -> None:
    outcome = world("show", "elsewhere.example/shop/web:1")
    assert outcome.code == 1
    assert "misconfigured: the manifest elsewhere.example/shop/web:1: no Registry has the host" in outcome.out
    assert world.fake.asked == []


def test_what_cosign_left_in_a_folder_is_shown_without_a_registry(world: World) -> None:
    outcome = world("show", f"{world.host}/shop/web:web", "--evidence", RECORDED)
    assert outcome.code == 1
    assert outcome.out.count("counts for nothing: no key of an Authority has signed it") > 8
    assert world.fake.asked == []


def test_what_is_no_image_or_no_folder_is_a_usage_error(world: World) -> None:
    assert world("show", f"{world.host}/shop/web@sha256:short").code == 2
    nothing = world("show", f"{world.host}/shop/web:1", "--evidence", str(world.policies))
    assert nothing.code == 2
    assert "it is no OCI layout" in nothing.err


def test_json_is_a_contract(world: World) -> None:
    image, digest = proven(world)
    _, shown = world.shown(image, "-n", "shop-prod", *AT)
    assert list(shown) == ["schema", "at", "image", "digest", "outcome", "reason", "namespace", "attached", "rules"]
    assert (shown["schema"], shown["digest"]) == ("doorward.dev/evidence/v1", digest)
    found = {one["type"]: one for one in shown["attached"][0]["attestations"]}
    assert list(found["approval"]) == [
        *("type", "predicateType", "authorities", "signed", "claim", "problem", "annotations", "digest", "where")
    ]
    assert found["approval"]["authorities"] == ["board"]
    assert found["approval"]["claim"]["approvers"][0] == {"id": "ada@corp.example", "role": "product-owner"}
    assert found["vulnerability-scan"]["claim"]["scanned"].startswith("2026-11-02T08:15:30")
    assert sum(found["vulnerability-scan"]["claim"]["vulnerabilities"].values()) > 0
    [rule] = shown["rules"]
    assert list(rule) == ["rule", "title", "mode", "unsure", "requirements"]
    assert list(rule["requirements"][0]) == ["name", "type", "outcome", "detail", "fix", "digest", "platform"]
