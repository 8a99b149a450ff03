"""The errors that Doorward raises on purpose; each has a sentence for a person and an exit code.

DoorwardError
├── UsageError            the command line or a setting makes no sense
├── InputError            a manifest or rules file cannot be read or understood
├── RulesError            the rules folder is broken
├── ReviewError           a request body is no AdmissionReview that we can answer
├── MalformedObject       a Kubernetes object has another shape than its kind allows
├── CertificateError      a key, certificate or pair is unusable
└── ClusterError          the Kubernetes API server could not be reached or refused
"""

from collections.abc import Sequence


class DoorwardError(Exception):
    """Something went wrong that Doorward can explain in one sentence; `exit_code` follows the CLI contract."""

    exit_code = 2


class UsageError(DoorwardError):
    """The command line or a setting makes no sense."""


class InputError(DoorwardError):
    """A manifest or rules file cannot be read or understood."""


class ReviewError(DoorwardError):
    """A request body is no AdmissionReview that we can answer; `uid` is "" where not even that could be read."""

    def __init__(self, message: str, uid: str = "") -> None:
        super().__init__(message)
        self.uid = uid


class CertificateError(DoorwardError):
    """A key, certificate or pair is unusable."""


class ClusterError(DoorwardError):
    """The Kubernetes API server could not be reached or refused."""


class RulesError(DoorwardError):
    """The rules folder is broken; `problems` says everything that is wrong, each with its place."""

    def __init__(self, problems: Sequence[object]) -> None:
        count = len(problems)
        super().__init__(f"the rules are broken: {count} problem{'s' if count != 1 else ''}, first: {problems[0]}")
        self.problems = tuple(problems)


class MalformedObject(DoorwardError):
    """A Kubernetes object has another shape than its kind allows; `path` is the place in it."""

    def __init__(self, message: str, path: tuple[str | int, ...], found: object) -> None:
        super().__init__(message)
        self.path = path
        self.found = found
