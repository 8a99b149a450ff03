"""Registries that Doorward may dial, and authorities whose evidence counts, as they are written."""

from typing import Literal

from webhook.admission.names import not_empty
from webhook.expressions import expression
from webhook.patterns import Pattern
from webhook.pod import reference
from webhook.pod.duration import Ttl
from webhook.source.declare import field, shape

_URL = expression(r"https?://[^\s/?#@]+(/[^\s?#]*)?\Z")


class HostName(str):
    """A registry's host, with its port where it is not 443: registry.corp.example:5000."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "HostName":
        """A URL or a path is refused; the name is folded as image references fold theirs."""
        host = reference.canonical_host(text)
        if "/" in text or not (reference.is_host(host) and reference.looks_like_host(host)):
            raise ValueError(f"`{text[:80]}` is no registry host", "write the host alone: registry.corp.example:5000")
        return cls(host)


class TokenRealm(str):
    """The address of a token service."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "TokenRealm":
        """A whole URL without a query, as registries name it in `WWW-Authenticate`."""
        if not _URL.match(text):
            raise ValueError(f"`{text[:80]}` is no address of a token service", "write https://auth.corp.example/token")
        return cls(text)


@shape
class RegistryCredentials:
    """How Doorward logs in to a registry."""

    file: str = field("A docker config file, read again whenever it changes.", default="")
    pull_secrets: Literal["allowed"] | None = field("Use the pod's own pull secrets, for this host only.", default=None)

    def __post_init__(self) -> None:
        not_empty(self, "file", "pullSecrets")


@shape
class RegistrySpec:
    """A registry that Doorward may dial, and how."""

    host: HostName = field("The registry's host, with a port where needed.")
    ca: str = field("A file beside this one with its certificate authority.", default="")
    insecure: bool = field("true: plain HTTP.", default=False)
    mirrors: tuple[HostName, ...] = field("Hosts to ask when it does not answer.", default=())
    credentials: RegistryCredentials | None = field("How to log in.", default=None)
    token_realms: tuple[TokenRealm, ...] = field("Token services on other hosts that may be asked.", default=())
    redirect_hosts: tuple[HostName, ...] = field("Hosts that it may send us to for blobs.", default=())
    stale_listing: Ttl | None = field(
        "How long an old listing of evidence may serve while the registry is away.", default=None
    )

    def __post_init__(self) -> None:
        if self.stale_listing and self.stale_listing.forever:
            raise ValueError("an old listing cannot serve forever", "say how long, such as 1h", "staleListing")
        if self.insecure and self.ca:
            raise ValueError("plain HTTP has no certificate authority", "leave `ca` or `insecure` out", "ca")


@shape
class CertificateAuthority:
    """Certificates that are trusted because of who issued them."""

    bundle: str = field("A file beside this one with the authority's certificates.")
    subject: str = field("The signer: the whole subject (CN=ci,O=corp), or one alternative name (mail, DNS or URI).")


@shape
class Keyless:
    """An identity that a transparency service vouches for."""

    trusted_root: str = field("A file beside this one with the trusted root, as sigstore writes it.")
    issuer: str = field("The OpenID issuer, exactly.", default="")
    issuer_pattern: Pattern | None = field("A regular expression that the whole issuer must match.", default=None)
    subject: str = field("The identity, exactly.", default="")
    subject_pattern: Pattern | None = field("A regular expression that the whole identity must match.", default=None)

    def __post_init__(self) -> None:
        if bool(self.issuer) == bool(self.issuer_pattern):
            raise ValueError("an identity needs its issuer", "say `issuer`, or else `issuerPattern`", "issuer")
        if bool(self.subject) == bool(self.subject_pattern):
            raise ValueError("an issuer alone is nobody", "say `subject`, or else `subjectPattern`", "subject")


@shape
class TransparencyLog:
    """A log in which what is signed must stand."""

    public_key: str = field("The log's PEM public key.")


@shape
class AuthoritySpec:
    """A key, certificate authority or identity that evidence may be signed by."""

    roles: tuple[Literal["build", "scan", "sbom", "test", "approval"], ...] = field("What it may vouch for.")
    public_key: str = field("A PEM public key.", default="")
    certificate_authority: CertificateAuthority | None = field("A certificate authority.", default=None)
    keyless: Keyless | None = field("A keyless identity.", default=None)
    timestamps: str = field("A file beside this one with certificates of time-stamp authorities.", default="")
    transparency_log: TransparencyLog | None = field("A log that must prove what was signed.", default=None)

    def __post_init__(self) -> None:
        given = [name for name in (self.public_key, self.certificate_authority, self.keyless) if name]
        if len(given) != 1:
            raise ValueError("exactly one of publicKey, certificateAuthority and keyless is needed")
