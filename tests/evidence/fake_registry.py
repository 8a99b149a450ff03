"""An OCI registry in this process, on loopback, with or without TLS, that can be told to misbehave in any way.

    fake = FakeRegistry()
    digest = fake.image("shop/web", "1.2")
    with serving(fake) as host: ...           # "127.0.0.1:PORT"; the fixture `fake` serves already, at fake.host

`fake.instead["/blobs/"] = [status(500)]` answers the next request whose path holds that text; a behaviour that is no
list answers all of them. `fake.asked` is what was asked, in order.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from tests.evidence.behaviours import Behaviour, Receive, Scope, Send, content, error, status
from webhook.evidence.manifests import OCI_INDEX, OCI_MANIFEST

EMPTY = "application/vnd.oci.empty.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


class Asked(NamedTuple):
    """One request as it came in; `client` tells connections apart."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    client: tuple[str, int]
    body: bytes

    @property
    def authorization(self) -> str:
        return self.headers.get("authorization", "")


class Stored(NamedTuple):
    """A manifest as it is served."""

    body: bytes
    media_type: str


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class FakeRegistry:
    """What it holds and how it behaves; all of it may be changed while it serves.

    `auth` is "", "basic" or "bearer" (then `realm` is where tokens are, its own /token unless said otherwise). `users`
    may log in, and pull what `may_pull(user, path)` says; "" is nobody. `absent` is the status for what does not exist.
    Whoever may pull may push. `uploads_to` is put before the path at which an upload goes on.
    """

    def __init__(
        self, referrers: bool = True, page: int = 0, auth: str = "", realm: str = "", absent: int = 404
    ) -> None:
        self.manifests: dict[str, dict[str, Stored]] = {}
        self.blobs: dict[str, bytes] = {}
        self.referring: dict[str, list[dict[str, Any]]] = {}
        self.uploads_to = ""
        self.has_referrers, self.page, self.auth, self.realm, self.absent = referrers, page, auth, realm, absent
        self.filters = False
        self.tells_of_subjects = True
        self.users: dict[str, str] = {}
        self.identity_tokens: dict[str, str] = {}
        self.may_pull: Callable[[str, str], bool] = lambda user, _: bool(user)
        self.expires_in: Any = 300
        self.tokens: dict[str, tuple[str, str]] = {}
        self.issued = 0
        self.host = ""
        self.tls = False
        self.delay = 0.0
        self.instead: dict[str, Behaviour | list[Behaviour]] = {}
        self.asked: list[Asked] = []
        self.at_once = self.most_at_once = 0

    # What it holds

    def blob(self, content: bytes) -> dict[str, Any]:
        """Keeps a blob and returns its descriptor, without a media type."""
        self.blobs[sha256(content)] = content
        return {"digest": sha256(content), "size": len(content)}

    def manifest(self, path: str, document: Any, tag: str = "", media_type: str = OCI_MANIFEST) -> str:
        """Keeps a manifest (bytes, or what becomes JSON) and returns its digest."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        kept = self.manifests.setdefault(path, {})
        for name in (sha256(body), tag):
            if name:
                kept[name] = Stored(body, media_type)
        return sha256(body)

    def image(self, path: str, tag: str = "", **changes: Any) -> str:
        """A small image; `changes` go into its manifest."""
        config = {"mediaType": "application/vnd.oci.image.config.v1+json", **self.blob(b"{}")}
        layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **self.blob(f"{path}:{tag}".encode())}
        document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer], **changes}
        return self.manifest(path, document, tag)

    def index(self, path: str, children: list[dict[str, Any]], tag: str = "") -> str:
        """An index over what was kept before; each child has a digest, and what else a descriptor may have."""
        manifests = [
            {"mediaType": OCI_MANIFEST, "size": len(self.manifests[path][one["digest"]].body), **one}
            for one in children
        ]
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}
        return self.manifest(path, document, tag, OCI_INDEX)

    def attach(
        self,
        path: str,
        digest: str,
        content: bytes,
        media_type: str = BUNDLE,
        artifact_type: str | None = None,
        listed_as: str | None = None,
        annotations: dict[str, str] | None = None,
        **changes: Any,
    ) -> str:
        """Something that refers to a digest, listed by the API, or where there is none in the fallback tag."""
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": media_type if artifact_type is None else artifact_type,
            "config": {"mediaType": EMPTY, **self.blob(b"{}")},
            "layers": [{"mediaType": media_type, **self.blob(content)}],
            "subject": {"mediaType": OCI_MANIFEST, "digest": digest, "size": 1},
            "annotations": annotations or {},
            **changes,
        }
        own = self.manifest(path, document)
        descriptor = {
            "mediaType": OCI_MANIFEST,
            "digest": own,
            "size": len(self.manifests[path][own].body),
            "artifactType": listed_as if listed_as is not None else document["artifactType"],
            "annotations": annotations or {},
        }
        listed = self.referring.setdefault(digest, [])
        listed.append(descriptor)
        if not self.has_referrers:
            index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}
            self.manifest(path, index, digest.replace(":", "-"), OCI_INDEX)
        return own

    def legacy(self, path: str, digest: str, suffix: str, layers: list[tuple[bytes, str, dict[str, str]]]) -> str:
        """A tag of old cosign: contents, media types and annotations of its layers."""
        kept = [{"mediaType": kind, **self.blob(content), "annotations": notes} for content, kind, notes in layers]
        config = {"mediaType": "application/vnd.oci.image.config.v1+json", **self.blob(b"{}")}
        document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": kept}
        return self.manifest(path, document, digest.replace(":", "-") + suffix)

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [one.path for one in self.asked]

    @property
    def connections(self) -> int:
        """How many connections requests came through."""
        return len({one.client for one in self.asked})

    # How it answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = await self._note(scope, receive)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            await (self._instead(asked.path) or self._answer(asked))(scope, receive, send)
        finally:
            self.at_once -= 1

    async def _note(self, scope: Scope, receive: Receive) -> Asked:
        body, more = b"", scope["method"] in ("POST", "PUT")
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        self.asked.append(Asked(scope["method"], scope["path"], query, headers, tuple(scope["client"]), body))
        return self.asked[-1]

    def _instead(self, path: str) -> Behaviour | None:
        for part, behaviour in self.instead.items():
            if part in path and not isinstance(behaviour, list):
                return behaviour
            if part in path and isinstance(behaviour, list) and behaviour:
                return behaviour.pop(0)
        return None

    def _answer(self, asked: Asked) -> Behaviour:
        if asked.path == "/token":
            return self._token(asked)
        path, what, name = _taken_apart(asked.path)
        if self.auth and (refusal := self._refusal(asked, path)):
            return refusal
        if asked.method in ("POST", "PUT"):
            return self._taken(asked, path, what, name)
        if what == "blobs" and name in self.blobs:
            return content(self.blobs[name], "application/octet-stream")
        if what == "manifests" and name in self.manifests.get(path, {}):
            kept = self.manifests[path][name]
            return content(kept.body, kept.media_type, ("docker-content-digest", sha256(kept.body)))
        if what == "referrers" and self.has_referrers:
            return self._referrers(asked, name)
        return error(self.absent, "DENIED" if self.absent == 403 else "MANIFEST_UNKNOWN")

    def _taken(self, asked: Asked, path: str, what: str, name: str) -> Behaviour:
        """A blob in two steps, or a manifest, which is listed where it refers to another."""
        if asked.method == "POST":
            return status(202, location=f"{self.uploads_to}/v2/{path}/blobs/uploads/7?state=a%2Bb")
        if what == "uploads":
            wrong = asked.query["state"] != "a+b" or sha256(asked.body) != asked.query["digest"]
            self.blob(asked.body)
            return error(400, "DIGEST_INVALID") if wrong else status(201)
        own = self.manifest(path, asked.body, "" if ":" in name else name, asked.headers["content-type"])
        document = json.loads(asked.body)
        about = document.get("subject", {}).get("digest")
        if not about or not self.has_referrers:
            return status(201, docker_content_digest=own)
        kept = {"digest": own, "size": len(asked.body), "mediaType": document["mediaType"]}
        self.referring.setdefault(about, []).append({**kept, "artifactType": document["artifactType"]})
        told = {"oci_subject": about} if self.tells_of_subjects else {}
        return status(201, docker_content_digest=own, **told)

    def _referrers(self, asked: Asked, digest: str) -> Behaviour:
        listed = self.referring.get(digest, [])
        extra: list[tuple[str, str]] = []
        if self.filters and "artifactType" in asked.query:
            listed = [one for one in listed if one["artifactType"] == asked.query["artifactType"]]
            extra.append(("oci-filters-applied", "artifactType"))
        start = int(asked.query.get("last", 0))
        end = start + (self.page or len(listed))
        if end < len(listed):
            kept = f"&artifactType={asked.query['artifactType']}" if "artifactType" in asked.query else ""
            extra.append(("link", f'<{asked.path}?last={end}{kept.replace("+", "%2B")}>; rel="next"'))
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed[start:end]}
        return content(json.dumps(document).encode(), OCI_INDEX, *extra)

    def _refusal(self, asked: Asked, path: str) -> Behaviour | None:
        kind, _, value = asked.authorization.partition(" ")
        if self.auth == "basic":
            user = self._user(asked.authorization)
            challenge = 'Basic realm="fake"'
        else:
            user, scope = self.tokens.get(value, ("", "")) if kind == "Bearer" else ("", "")
            realm = self.realm or f"{'https' if self.tls else 'http'}://{asked.headers['host']}/token"
            challenge = f'Bearer realm="{realm}",service="fake, the registry",scope="repository:{path}:pull,push"'
            wanted = "pull,push" if asked.method in ("POST", "PUT") else "pull"
            if scope == f"repository:{path}:{wanted}" and self.may_pull(user, path):
                return None
        if self.auth == "basic" and user is not None and self.may_pull(user, path):
            return None
        if (self.auth == "basic" and user) or (self.auth == "bearer" and value in self.tokens):
            return error(403, "DENIED")
        return error(401, "UNAUTHORIZED", ("www-authenticate", challenge))

    def _token(self, asked: Asked) -> Behaviour:
        query = asked.query
        if asked.method == "POST":
            query = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
            user = self.identity_tokens.get(query["refresh_token"])
        else:
            user = self._user(asked.authorization)
        if user is None:
            return error(401, "UNAUTHORIZED")
        token = f"token-{self.issued}-of-{user or 'nobody'}"
        self.issued += 1
        self.tokens[token] = (user, query["scope"])
        name = "access_token" if asked.method == "POST" else "token"
        return content(json.dumps({name: token, "expires_in": self.expires_in}).encode(), "application/json")

    def _user(self, authorization: str) -> str | None:
        """Who logs in: "" is nobody, None is somebody with a wrong password."""
        if not authorization:
            return ""
        user, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return user if self.users.get(user) == password else None


def _taken_apart(path: str) -> tuple[str, str, str]:
    head, name = path.removeprefix("/v2/").replace("/blobs/uploads/", "/uploads/").rsplit("/", 1)
    repository, _, what = head.rpartition("/")
    return repository, what, name
