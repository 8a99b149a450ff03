"""What we say that a webhook sees, against what a real API server shows to one and what it makes of an object."""

from __future__ import annotations

import copy
import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.e2e.authority import Authority
from tests.e2e.cluster import Cluster
from tests.pod import corpus
from tests.pod.generate_schema import definitions, openapi_table
from webhook.pod import schema
from webhook.pod.defaults import admitted, defaulted
from webhook.pod.workloads import POD_AT, group_kind
from webhook.source.path import look_up

Json = dict[str, Any]

NAMESPACE = "defaults"
TOKEN_VOLUME = re.compile("kube-api-access-[a-z0-9]{5}")
OBJECTS = list(corpus.objects(405, seed=1))

SET_BY_THE_SERVER = ("namespace", "managedFields")
SET_AFTER_MUTATION = ("uid", "creationTimestamp", "generation")
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
JOB_LABELS = ("controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name")


PULL_SECRETS: Json = {"imagePullSecrets": [{"name": "corp"}]}


@pytest.fixture(scope="module")
def prepared(cluster: Cluster) -> Cluster:
    """The cluster with a namespace that has the corpus's ServiceAccounts."""
    cluster.namespace(NAMESPACE)
    quiet: Json = {"automountServiceAccountToken": False, **PULL_SECRETS}
    for name, more in {"robot": {}, "quiet": quiet}.items():
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
        cluster.apply(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{name}", {**account, **more})
    return cluster


def path_of(obj: Json) -> str:
    group, kind = group_kind(obj)
    root = f"/apis/{obj['apiVersion']}" if group else "/api/v1"
    plural = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies"}.get(kind, f"{kind.lower()}s")
    place = "" if kind == "Namespace" else f"/namespaces/{NAMESPACE}"
    return f"{root}{place}/{plural}?dryRun=All"


def ours(obj: Json, account: Json | None = None) -> Json:
    read = defaulted(obj)
    return admitted(read, account) if obj["kind"] == "Pod" else read


def as_seen(obj: Json) -> Json:
    """The object without what the server sets before webhooks and `defaulted` does not."""
    seen = without_metadata(obj, SET_BY_THE_SERVER)
    found: Json = json.loads(TOKEN_VOLUME.sub("kube-api-access-00000", json.dumps(seen)))
    return found


def as_answered(obj: Json) -> Json:
    """The object also without what the server sets after mutating webhooks: exactly what defaults.py lists."""
    answered = without_metadata(as_seen(obj), SET_AFTER_MUTATION)
    answered.pop("status", None)
    if answered["kind"] == "Job":
        answered["spec"].pop("selector", None)
        for metadata in (answered["metadata"], answered["spec"]["template"]["metadata"]):
            drop(metadata, "labels", JOB_LABELS)
    return answered


def without_metadata(obj: Json, names: tuple[str, ...]) -> Json:
    rest = copy.deepcopy(obj)
    for name in names:
        rest["metadata"].pop(name, None)
    if rest["kind"] == "DaemonSet":
        drop(rest["metadata"], "annotations", (TEMPLATE_GENERATION,))
    return rest


def drop(metadata: Json, name: str, keys: tuple[str, ...]) -> None:
    kept = {key: value for key, value in (metadata.get(name) or {}).items() if key not in keys}
    metadata.pop(name, None)
    if kept:
        metadata[name] = kept


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: f"{obj['kind']}-{obj['metadata']['name']}")
def test_a_dry_run_answers_with_what_we_say(prepared: Cluster, obj: Json) -> None:
    answer = prepared.api("POST", path_of(obj), obj)
    assert answer.status == 201, answer.body.get("message")
    assert as_answered(ours(obj)) == as_answered(answer.body)


def test_the_accounts_automount_and_pull_secrets_count(prepared: Cluster) -> None:
    account = prepared.api("GET", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/quiet").body
    obj = a_pod(containers=[{"name": "a", "image": "a"}], serviceAccountName="quiet")
    answer = prepared.api("POST", path_of(obj), obj)
    assert as_answered(ours(obj, account)) == as_answered(answer.body)
    assert answer.body["spec"]["imagePullSecrets"] == PULL_SECRETS["imagePullSecrets"]


class Recorder(BaseHTTPRequestHandler):
    """A mutating webhook that changes nothing and keeps what it was shown."""

    protocol_version = "HTTP/1.1"
    shown: ClassVar[list[Json]] = []

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.shown.append(review["request"]["object"])
        body = json.dumps({**review, "response": {"uid": review["request"]["uid"], "allowed": True}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def recorder(authority: Authority) -> Iterator[int]:
    pair = authority.server("recorder", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def recording(prepared: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["*"]}
    hook = {
        "name": "recorder.defaults.example",
        "clientConfig": {"service": {"namespace": "recorder", "name": "recorder", "path": "/"}},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    probe = {**hook, "name": "probe.defaults.example"}
    probe["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": "default"}}
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "recorder"},
        "webhooks": [hook, probe],
    }
    authority = Authority(tmp_path_factory.mktemp("recorder"), "recorder-ca")
    with recorder(authority) as port:
        prepared.register_webhooks([configuration], port, authority.pem, called=lambda: bool(Recorder.shown))
        yield prepared
        prepared.unregister_webhooks()


def a_pod(metadata: Json | None = None, **spec: Any) -> Json:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "odd"} | (metadata or {}), "spec": spec}


def an_object(kind: str, version: str, **more: Any) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "odd"}, **more}


HOLES: Json = {
    "name": None,
    "image": None,
    "args": [None, "a"],
    "ports": [{}, None],
    "env": [{}],
    "volumeMounts": [{}],
    "resources": {"limits": {"cpu": None}},
    "securityContext": {"capabilities": {"add": [None]}},
    "livenessProbe": {"httpGet": {"port": None}},
    "lifecycle": {},
}
POD_LEVEL: list[Json] = [
    {"image": "a", "resources": {"limits": {"hugepages-2Mi": "4Mi"}, "requests": {"cpu": 1, "example.com/x": 1}}},
    {"image": "a", "resources": {"requests": {"memory": "1G"}}},
]
STARTING: list[Json] = [
    {"image": "a", "restartPolicy": "Always", "resources": {"requests": {"cpu": "1"}}},
    {"image": "b", "resources": {"requests": {"cpu": "5", "memory": "1Mi"}}},
]
NOTHING: tuple[Json, ...] = ({"spec": {}}, {})
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"

REFUSED_LATER: list[Json] = [
    a_pod(containers=None),
    a_pod(containers=[]),
    a_pod(containers=[None, {}]),
    a_pod(containers=[HOLES], volumes=[{}, None, {"name": "a", "projected": {}}], tolerations=[{}]),
    a_pod(containers=[{"image": "a"}], nodeSelector={"a": None}, priorityClassName="system-node-critical"),
    a_pod(containers=[{"image": "a"}], terminationGracePeriodSeconds=-5),
    a_pod(containers=[{"image": "a"}], ephemeralContainers=[{"name": "e", "image": "a", "ports": [{}]}]),
    a_pod(containers=[{"image": "a", "volumeMounts": [{"mountPath": TOKEN_PATH}]}]),
    a_pod(containers=[{"image": "a"}], volumes=[{"name": "kube-api-access-zzzzz", "emptyDir": {}}]),
    a_pod({"annotations": {"kubernetes.io/config.mirror": "a"}}, containers=[{"image": "a"}]),
    a_pod({"labels": {"a": None}}, containers=[{"image": "a", "ports": [{"containerPort": 80}]}], hostNetwork=True),
    a_pod(containers=POD_LEVEL, resources={"requests": {"memory": "1Gi"}}),
    a_pod(containers=POD_LEVEL, initContainers=STARTING, resources={"limits": {"memory": "10Gi", "cpu": 9}}),
    *(
        an_object(kind, f"{group}/v1" if group else "v1", **more)
        for group, kind in POD_AT
        for more in NOTHING[kind == "PodTemplate" :]
    ),
    an_object("Namespace", "v1", metadata={"name": NAMESPACE}),
    an_object("Service", "v1"),
    an_object("Service", "v1", spec={"type": "LoadBalancer", "ports": [{"port": 80}, {"port": 1, "targetPort": "a"}]}),
    an_object("Service", "v1", spec={"type": "NodePort", "sessionAffinity": "ClientIP", "externalIPs": ["10.9.9.9"]}),
    an_object("Secret", "v1", stringData={"a": "b"}, data={"a": "Yw==", "d": "Yw=="}),
    an_object("ConfigMap", "v1", data={"a": None}),
    an_object("NetworkPolicy", "networking.k8s.io/v1", spec={"egress": [{"ports": [{"port": 53}]}]}),
    an_object("Ingress", "networking.k8s.io/v1", spec={"rules": [{"http": {"paths": [{}]}}]}),
    an_object("RoleBinding", "rbac.authorization.k8s.io/v1", roleRef={}, subjects=[{"kind": "User"}, {}]),
    an_object(
        "HorizontalPodAutoscaler", "autoscaling/v2", spec={"behavior": {"scaleUp": {"policies": [{"type": "Pods"}]}}}
    ),
    an_object("LimitRange", "v1", spec={"limits": [{"type": "Container", "max": {"cpu": "1.50"}, "min": {"cpu": 0}}]}),
    an_object("PersistentVolumeClaim", "v1", metadata={"name": "odd", "finalizers": ["kubernetes.io/pvc-protection"]}),
]


@pytest.mark.parametrize("obj", [*REFUSED_LATER, *OBJECTS[:90]], ids=lambda obj: obj["kind"])
def test_a_mutating_webhook_sees_what_we_say(recording: Cluster, obj: Json) -> None:
    Recorder.shown.clear()
    recording.api("POST", path_of(obj), obj)
    assert [as_seen(ours(obj))] == [as_seen(shown) for shown in Recorder.shown]


def test_the_schema_is_the_one_that_the_server_publishes(cluster: Cluster, tmp_path: Path) -> None:
    for path, entry in cluster.api("GET", "/openapi/v3").body["paths"].items():
        if path.startswith("api"):
            document = cluster.request("GET", entry["serverRelativeURL"]).text
            (tmp_path / f"{path.replace('/', '-')}.json").write_text(document, encoding="utf-8")
    table: Json = json.loads((Path(schema.__file__).parent / "data" / "schema.json").read_text(encoding="utf-8"))
    published = openapi_table(set(table["types"]), definitions(tmp_path))
    assert {name: sorted(fields) for name, fields in table["types"].items()} == published.pop("fields")
    assert {name: table[name] for name in published} == published


def test_every_object_of_the_corpus_says_something_about_containers() -> None:
    assert len(OBJECTS) >= 300
    for obj in OBJECTS:
        assert look_up(obj, (*POD_AT[group_kind(obj)], "spec", "containers"))
