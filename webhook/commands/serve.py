"""Answer the Kubernetes API server over TLS; health and metrics on a second, plain port."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from webhook.commands._rules import add_rules_options, rules_folders
from webhook.errors import UsageError

if TYPE_CHECKING:
    from webhook.server.settings import Settings

LOG_LEVELS = ("debug", "info", "warning", "error")


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    add_rules_options(parser)
    _add_listeners(parser)
    _add_certificates(parser)
    _add_cluster(parser)
    parser.add_argument("--log-level", choices=LOG_LEVELS, default="info", help="of the log on stderr (default: info)")
    no_log = "write no line for each decision on stdout"
    parser.add_argument("--no-decision-log", action="store_true", help=no_log)
    drain = "how long requests are still taken after SIGTERM (default: 10)"
    parser.add_argument("--drain-seconds", type=_seconds, default=10.0, metavar="SECONDS", help=drain)
    most = "requests that may wait for their answers; above it they are sent away (default: 1000)"
    parser.add_argument("--max-requests", type=int, default=1000, metavar="N", help=most)


def _add_listeners(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="", metavar="ADDRESS", help="where to listen (default: all addresses)")
    parser.add_argument("--port", type=_port, default=8443, help="for the API server (default: 8443; 0: any free one)")
    health = "where to listen for health and metrics (default: all addresses)"
    parser.add_argument("--health-host", default="", metavar="ADDRESS", help=health)
    health = "for health and metrics, without TLS (default: 8080; 0: any free one)"
    parser.add_argument("--health-port", type=_port, default=8080, metavar="PORT", help=health)
    parser.add_argument(
        "--ports-file", type=Path, metavar="FILE", help="write the ports there as JSON once they are open"
    )


def _add_certificates(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="the certificate, with its chain (PEM)")
    parser.add_argument(
        "--tls-key", type=Path, metavar="FILE", help="its key (PEM); both are read again when they change"
    )
    client = "clients must show a certificate that one of these authorities signed (PEM)"
    parser.add_argument("--client-ca", type=Path, metavar="FILE", help=client)
    name = "a name that the client's certificate may have; may be repeated (default: any)"
    parser.add_argument("--client-name", action="append", default=[], metavar="NAME", help=name)
    parser.add_argument(
        "--self-signed", action="store_true", help="make an authority and a certificate in memory, to try out"
    )
    name = "a further name or address for --self-signed, beside localhost; may be repeated"
    parser.add_argument("--name", action="append", default=[], metavar="NAME", help=name)
    bundle = "write the authority that --self-signed made there, for clients"
    parser.add_argument("--bundle-file", type=Path, metavar="FILE", help=bundle)


def _add_cluster(parser: argparse.ArgumentParser) -> None:
    inside = "ask the cluster of the pod that this runs in (default: auto, if it runs in one)"
    parser.add_argument("--in-cluster", choices=("auto", "always", "never"), default="auto", help=inside)
    parser.add_argument("--kubeconfig", metavar="FILE", help="how to reach the cluster (default: from inside its pod)")
    parser.add_argument("--context", help="the context of the kubeconfig")
    labels = "Namespace documents to take labels from where there is no cluster"
    parser.add_argument("--namespaces", type=Path, metavar="FILE", help=labels)
    mutate = "the MutatingWebhookConfiguration (default: doorward-mutate)"
    parser.add_argument("--mutate-configuration", default="doorward-mutate", metavar="NAME", help=mutate)
    validate = "the ValidatingWebhookConfiguration (default: doorward-validate)"
    parser.add_argument("--validate-configuration", default="doorward-validate", metavar="NAME", help=validate)


def run(args: argparse.Namespace) -> int:
    """Serves until SIGTERM (0) or SIGINT (130); raises DoorwardError where it cannot begin."""
    settings = settings_of(args)
    # A server takes 40 MB of libraries that no other command needs.
    from webhook.observe.log import log_as_json
    from webhook.server.serve import serve

    log_as_json(args.log_level)
    return serve(settings)


def settings_of(args: argparse.Namespace) -> "Settings":
    """The settings that the arguments mean; raises UsageError where they contradict each other."""
    from certs.authority import LOCAL_NAMES
    from webhook.server.settings import Settings

    _refuse_contradictions(args)
    return Settings(
        policies=tuple(rules_folders(args)),
        profile=args.profile,
        host=args.host,
        port=args.port,
        health_host=args.health_host,
        health_port=args.health_port,
        certificate=args.tls_cert,
        key=args.tls_key,
        client_authorities=args.client_ca,
        client_names=tuple(args.client_name),
        self_signed=(*LOCAL_NAMES, *args.name) if args.self_signed else (),
        bundle_file=args.bundle_file,
        ports_file=args.ports_file,
        namespaces=args.namespaces,
        cluster=_uses_cluster(args),
        kubeconfig=args.kubeconfig,
        context=args.context,
        mutate_configuration=args.mutate_configuration,
        validate_configuration=args.validate_configuration,
        most_requests=args.max_requests,
        drain=args.drain_seconds,
        decision_log=not args.no_decision_log,
    )


def _refuse_contradictions(args: argparse.Namespace) -> None:
    if args.self_signed and (args.tls_cert or args.tls_key or args.client_ca):
        raise UsageError("--self-signed makes its own certificate: leave --tls-cert, --tls-key and --client-ca out")
    if not args.self_signed and not (args.tls_cert and args.tls_key):
        raise UsageError("no certificate to serve: give --tls-cert and --tls-key, or --self-signed to try out")
    if not args.self_signed and (args.name or args.bundle_file):
        raise UsageError("--name and --bundle-file belong to --self-signed")
    if args.policies and "-" in args.policies:
        raise UsageError("--policies -: a server reads its rules again and again, so they must be in a folder")
    if args.client_name and not args.client_ca:
        raise UsageError("--client-name needs --client-ca: only a certificate can prove a name")
    if args.namespaces and _uses_cluster(args):
        raise UsageError("--namespaces is for a server without a cluster: leave it out, or say --in-cluster never")


def _uses_cluster(args: argparse.Namespace) -> bool:
    if args.kubeconfig or args.context:
        return True
    inside = bool(os.environ.get("KUBERNETES_SERVICE_HOST"))
    if args.in_cluster == "always" and not inside:
        raise UsageError("--in-cluster always: this is not inside a pod (KUBERNETES_SERVICE_HOST is not set)")
    return inside and args.in_cluster != "never"


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 3600:
        raise ValueError(text)
    return seconds
