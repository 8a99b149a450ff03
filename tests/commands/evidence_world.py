"""`doorward evidence` as a user runs it: in process, against a registry on loopback, with rules that trust two keys."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from tests.commands.checking import Outcome
from tests.evidence.fake_registry import FakeRegistry
from tests.evidence.pki import new_key, public_pem
from webhook.cli import main

DATA = Path(__file__).parents[1] / "evidence/predicates/data"

POLICY = """
apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: proven}
spec:
  title: Images are scanned and approved
  why: Nobody else has looked at them.
  owner: {team: platform-security, contact: "#platform-help"}
  severity: critical
  match: {namespaces: {include: [shop, shop-*]}}
  rules:
  - name: proven
    evidence:
      images: ["HOST/shop"]
      require:
      - {name: scanned, type: vulnerability-scan, by: {authorities: [scanner]}, maxAge: 7d, maxSeverity: critical}
      - name: approved
        type: approval
        by: {authorities: [board]}
        environments: [production]
"""


class World:
    """A working directory with rules and keys; `fake` is the registry behind `host`."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], fake: FakeRegistry, host: str) -> None:
        self.folder, self.fake, self.host, self._capsys = folder, fake, host, capsys
        self.keys = {name: new_key() for name in ("scanner", "board", "stranger")}
        for name, key in self.keys.items():
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (folder / f"{name}.key").write_bytes(pem)
        self.policies = folder / "policies"
        self.policies.mkdir()
        self.rules()

    def rules(self, policy: str = POLICY, **registry: Any) -> None:
        """Puts rules into the folder; `registry` is more of the Registry."""
        specs: list[tuple[str, str, dict[str, Any]]] = [("Registry", "corp", {"host": self.host, **registry})]
        for name, role in (("scanner", "scan"), ("board", "approval")):
            specs.append(("Authority", name, {"roles": [role], "publicKey": public_pem(self.keys[name])}))
        documents = [
            {"apiVersion": "doorward.dev/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
            for kind, name, spec in specs
        ]
        (self.policies / "trust.yaml").write_text(yaml.safe_dump_all(documents))
        (self.policies / "policy.yaml").write_text(policy.replace("HOST", self.host))

    def lock(self, name: str, password: str) -> None:
        """Encrypts a key's file."""
        encryption = BestAvailableEncryption(password.encode())
        pem = self.keys[name].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        (self.folder / f"{name}.key").write_bytes(pem)

    def image(self, tag: str = "1.2") -> tuple[str, str]:
        """A new image, by its tag, and its digest."""
        return f"{self.host}/shop/web:{tag}", self.fake.image("shop/web", tag)

    def file(self, content: Any, name: str = "predicate.json") -> str:
        (self.folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
        return name

    def trivy(self, **changes: Any) -> str:
        """A plain report, as `trivy image --format json` writes it."""
        return self.file({**json.loads((DATA / "trivy.json").read_text()), **changes}, "scan.json")

    def approval(self, **changes: Any) -> str:
        return self.file({**json.loads((DATA / "approval.json").read_text()), **changes}, "approval.json")

    def __call__(self, *words: str) -> Outcome:
        """`doorward evidence WORDS`; whatever happens, no trace."""
        code = main(["evidence", *words])
        streams = self._capsys.readouterr()
        outcome = Outcome(code, streams.out, streams.err)
        assert "Traceback" not in outcome.text
        assert "internal error" not in outcome.text
        return outcome

    def attest(self, image: str, kind: str, file: str, key: str = "scanner", *more: str) -> Outcome:
        return self("attest", image, "--type", kind, "--predicate", file, "--key", f"{key}.key", *more)

    def shown(self, image: str, *more: str) -> tuple[int, Any]:
        outcome = self("show", image, "-o", "json", *more)
        return outcome.code, json.loads(outcome.out)
