"""What `doorward serve` was told on its command line."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a server is made of; times are in seconds, port 0 takes a free one."""

    policies: tuple[str, ...]
    profile: str = ""
    host: str = ""
    port: int = 8443
    health_host: str = ""
    health_port: int = 8080
    certificate: Path | None = None
    key: Path | None = None
    client_authorities: Path | None = None
    client_names: tuple[str, ...] = ()
    self_signed: tuple[str, ...] = ()
    """The names of a certificate made in memory; it is used instead of `certificate` and `key`."""
    bundle_file: Path | None = None
    ports_file: Path | None = None
    namespaces: Path | None = None
    cluster: bool = False
    kubeconfig: str | None = None
    context: str | None = None
    mutate_configuration: str = "doorward-mutate"
    validate_configuration: str = "doorward-validate"
    most_requests: int = 1000
    drain: float = 10.0
    decision_log: bool = True
    rules_interval: float = 2.0
    certificates_interval: float = 10.0
    registration_interval: float = 30.0
