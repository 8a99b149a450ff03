"""Registries that Doorward may dial, and authorities whose evidence counts, as they are written."""

from typing import Literal

from webhook.policy.matching import not_empty
from webhook.source.declare import field, shape


@shape
class RegistryCredentials:
    """How Doorward logs in to a registry."""

    file: str = field("A docker config file.", default="")
    pull_secrets: Literal["allowed"] | None = field("Use the pod's own pull secrets, for this host only.", default=None)

    def __post_init__(self) -> None:
        not_empty(self, "file", "pullSecrets")


@shape
class RegistrySpec:
    """A registry that Doorward may dial, and how."""

    host: str = field("The registry's host, with a port where needed.")
    ca: str = field("A file beside this one with its certificate authority.", default="")
    insecure: bool = field("true: plain HTTP.", default=False)
    mirrors: tuple[str, ...] = field("Hosts to ask when it does not answer.", default=())
    credentials: RegistryCredentials | None = field("How to log in.", default=None)
    token_realms: tuple[str, ...] = field("Token services that may be asked.", default=())
    redirect_hosts: tuple[str, ...] = field("Hosts that it may send us to for blobs.", default=())
    stale_listing: str = field("How long an old listing of evidence may serve while it is away.", default="")


@shape
class CertificateAuthority:
    """Certificates that are trusted because of who issued them."""

    bundle: str = field("A file with the certificates.")
    subject: str = field("The subject that a signer must have.")


@shape
class Keyless:
    """An identity that a transparency service vouches for."""

    issuer: str = field("The OpenID issuer.")
    subject: str = field("The identity.")
    trusted_root: str = field("A file with the trusted root.")


@shape
class AuthoritySpec:
    """A key, certificate authority or identity that evidence may be signed by."""

    roles: tuple[Literal["build", "scan", "sbom", "test", "approval"], ...] = field("What it may vouch for.")
    public_key: str = field("A PEM public key.", default="")
    certificate_authority: CertificateAuthority | None = field("A certificate authority.", default=None)
    keyless: Keyless | None = field("A keyless identity.", default=None)

    def __post_init__(self) -> None:
        given = [name for name in (self.public_key, self.certificate_authority, self.keyless) if name]
        if len(given) != 1:
            raise ValueError("exactly one of publicKey, certificateAuthority and keyless is needed")
