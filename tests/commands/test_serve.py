"""What `doorward serve` understands of its command line; serving itself is tested in tests/server."""

import argparse
import socket
from pathlib import Path
from typing import Any

import pytest

from certs.authority import LOCAL_NAMES
from webhook.commands import serve
from webhook.errors import InputError, UsageError
from webhook.server.settings import Settings

PAIR = ("--tls-cert", "tls.crt", "--tls-key", "tls.key")


@pytest.fixture(autouse=True)
def _outside_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)


def settings(*words: str) -> Settings:
    """The settings that the words mean."""
    parser = argparse.ArgumentParser()
    serve.add(parser)
    return serve.settings_of(parser.parse_args(["--policies", "rules", *words]))


def test_the_defaults_are_those_of_the_manifests() -> None:
    found = settings(*PAIR)
    assert found == Settings(policies=("rules",), certificate=Path("tls.crt"), key=Path("tls.key"))
    assert (found.port, found.health_port, found.drain, found.decision_log) == (8443, 8080, 10.0, True)


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (("--policies", "more"), "policies", ("rules", "more")),
        (("--profile", "prod"), "profile", "prod"),
        (("--host", "::1"), "host", "::1"),
        (("--port", "0"), "port", 0),
        (("--health-host", "127.0.0.1"), "health_host", "127.0.0.1"),
        (("--health-port", "9090"), "health_port", 9090),
        (("--ports-file", "ports.json"), "ports_file", Path("ports.json")),
        (("--client-ca", "ca.crt"), "client_authorities", Path("ca.crt")),
        (("--client-ca", "c", "--client-name", "a", "--client-name", "b"), "client_names", ("a", "b")),
        (("--kubeconfig", "config"), "cluster", True),
        (("--kubeconfig", "config"), "kubeconfig", "config"),
        (("--context", "prod"), "cluster", True),
        (("--namespaces", "ns.yaml"), "namespaces", Path("ns.yaml")),
        (("--mutate-configuration", "m"), "mutate_configuration", "m"),
        (("--validate-configuration", "v"), "validate_configuration", "v"),
        (("--drain-seconds", "0.5"), "drain", 0.5),
        (("--max-requests", "5"), "most_requests", 5),
        (("--no-decision-log",), "decision_log", False),
    ],
)
def test_every_option_is_a_setting(words: tuple[str, ...], field: str, value: Any) -> None:
    assert getattr(settings(*PAIR, *words), field) == value


def test_self_signed_has_the_local_names_and_more() -> None:
    found = settings("--self-signed", "--name", "doorward.test", "--bundle-file", "ca.pem")
    assert found.self_signed == (*LOCAL_NAMES, "doorward.test")
    assert found.bundle_file == Path("ca.pem")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "no certificate to serve: give --tls-cert and --tls-key, or --self-signed"),
        (("--tls-cert", "tls.crt"), "no certificate to serve"),
        (("--self-signed", *PAIR), "--self-signed makes its own certificate"),
        (("--self-signed", "--client-ca", "ca.crt"), "--self-signed makes its own certificate"),
        ((*PAIR, "--name", "x"), "--name and --bundle-file belong to --self-signed"),
        ((*PAIR, "--bundle-file", "x"), "--name and --bundle-file belong to --self-signed"),
        ((*PAIR, "--client-name", "kube-apiserver"), "--client-name needs --client-ca"),
        ((*PAIR, "--in-cluster", "always"), "this is not inside a pod"),
        ((*PAIR, "--namespaces", "x", "--kubeconfig", "y"), "--namespaces is for a server without a cluster"),
        ((*PAIR, "--policies", "-"), "--policies -: a server reads its rules again and again"),
    ],
)
def test_contradictions_are_refused_in_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        settings(*words)


@pytest.mark.parametrize(
    "words",
    [("--port", "65536"), ("--port", "x"), ("--drain-seconds", "-1"), ("--log-level", "loud"), ("--in-cluster", "x")],
)
def test_values_that_make_no_sense_are_refused(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        settings(*PAIR, *words)
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "asks"), [((), True), (("--in-cluster", "always"), True), (("--in-cluster", "never"), False)]
)
def test_inside_a_pod_its_cluster_is_asked(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], asks: bool) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert settings(*PAIR, *words).cluster is asks


def test_a_kubeconfig_wins_over_never_being_inside() -> None:
    assert settings(*PAIR, "--in-cluster", "never", "--kubeconfig", "config").cluster is True


def test_without_a_folder_of_rules_nothing_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    parser = argparse.ArgumentParser()
    serve.add(parser)
    with pytest.raises(InputError, match="there is no folder"):
        serve.settings_of(parser.parse_args(PAIR))


def test_a_port_in_use_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webhook.observe.log.log_as_json", lambda level: None)
    (tmp_path / "rules").mkdir()
    parser = argparse.ArgumentParser()
    serve.add(parser)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = ["--policies", "rules", "--self-signed", "--host", "127.0.0.1", "--port", str(port)]
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1, port {port}: Address already in use"):
            serve.run(parser.parse_args([*words, "--log-level", "error"]))
