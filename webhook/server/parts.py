"""The parts of a server, made from its settings and tied together; nothing of HTTP is here."""

import logging
from datetime import UTC, datetime

from certs.pair import UnusableError
from certs.source import FileSource, SelfSignedSource, Source
from webhook.admission.facts import Facts
from webhook.errors import CertificateError, UsageError
from webhook.observe.decision_log import DecisionLog, Lines
from webhook.observe.metrics import Metrics, one
from webhook.server.cluster_view import ClusterView
from webhook.server.facts import FactsSource, FileFacts, read_namespaces
from webhook.server.gauges import watch_rules, watch_server
from webhook.server.guard import Guard
from webhook.server.images import RegistryImages
from webhook.server.readiness import Part, Readiness, certificate_part, rules_part
from webhook.server.reload import Rules
from webhook.server.reviewer import Reviewer
from webhook.server.settings import Settings
from webhook.server.ticker import Ticker

STDOUT = 1  # a file descriptor

_log = logging.getLogger("doorward.server")


class Parts:
    """Everything that a server is made of, with the threads that keep it fresh; raises DoorwardError."""

    def __init__(self, settings: Settings) -> None:
        self.certificates = certificates_of(settings)
        self.metrics, self.readiness, self.guard = Metrics(), Readiness(), Guard(settings.most_requests)
        self._view = ClusterView(settings, lambda: self._rules.current) if settings.cluster else None
        self.images = RegistryImages(self._view.pull_secrets if self._view else None)
        self._rules = Rules(settings.policies, settings.profile, prepare=self.images.prepare)
        self._facts: FactsSource = self._view.facts if self._view else _file_facts(settings)
        self._lines = Lines(STDOUT) if settings.decision_log else None
        log = DecisionLog(self._lines) if self._lines else None
        self.reviewer = Reviewer(self._rules, self._facts, self.metrics, log, self.images)
        self._tickers = [
            Ticker("rules", settings.rules_interval, self._refresh_rules),
            Ticker("certificate", settings.certificates_interval, self._refresh_certificate),
        ]
        self._show(settings)

    def start(self) -> None:
        """Begins to read the rules and to watch everything else."""
        if self._view:
            self._view.start()
        for ticker in self._tickers:
            ticker.start()

    def stop(self) -> None:
        """Ends all threads, and writes what is left of the decision log."""
        self._rules.stop()
        for ticker in self._tickers:
            ticker.stop()
        if self._view:
            self._view.stop()
        self._facts.close()
        if self._lines:
            self._lines.close()

    def flush(self) -> None:
        """Writes the decision log as far as that goes at once."""
        if self._lines:
            self._lines.close(patience=0.5)

    def _show(self, settings: Settings) -> None:
        parts = self.readiness.parts
        parts["rules"] = lambda: rules_part(self._rules)
        if self._view:
            self._view.show(self.readiness, self.metrics)
        else:
            known = f"labels from {settings.namespaces}" if settings.namespaces else "only their names are known"
            parts["namespaces"] = lambda: Part(f"there is no cluster to ask; {known}")
        parts["certificate"] = lambda: certificate_part(self.certificates)
        watch_server(self.metrics, self.readiness, self.certificates, self._lines)
        words = "Requests that have arrived and have not been answered."
        self.metrics.watch("requests_in_flight", words, lambda: one(self.guard.arrived()))
        watch_rules(self.metrics, self._rules)
        words = "Questions to registries about images, since the rules' registries or authorities last changed."
        self.metrics.watch("registry_questions", words, self.images.asked, ("host", "outcome"))

    def _refresh_rules(self) -> None:
        if self._rules.refresh() and self._view:
            self._view.rules_changed()

    def _refresh_certificate(self) -> None:
        change = self.certificates.refresh(datetime.now(UTC))
        if change:
            _log.log(logging.INFO if change.reloaded else logging.ERROR, "%s", change.message)


def certificates_of(settings: Settings) -> Source:
    """The certificates of the settings; raises CertificateError or UsageError."""
    now = datetime.now(UTC)
    try:
        if settings.self_signed:
            made = SelfSignedSource(settings.self_signed, now)
            if settings.bundle_file:
                settings.bundle_file.write_bytes(made.bundle)
            return made
        if settings.certificate is None or settings.key is None:
            raise UsageError("no certificate to serve: give --tls-cert and --tls-key, or --self-signed to try out")
        return FileSource(settings.certificate, settings.key, settings.client_authorities, now)
    except UnusableError as error:
        raise CertificateError(str(error)) from error
    except OSError as error:
        raise UsageError(f"{settings.bundle_file} cannot be written: {error.strerror}") from error


def _file_facts(settings: Settings) -> FileFacts:
    return FileFacts(read_namespaces(settings.namespaces) if settings.namespaces else Facts(askable=False))
