"""A folder of YAML -> a Ruleset, or everything that is wrong with it, each with its place.

Steps: 1. read every document (documents.py)  2. choose the Profile  3. compile exceptions  4. compile policies
(compile.py)  5. hold the documents against each other.
"""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from webhook.errors import InputError, RulesError
from webhook.patterns import closest
from webhook.pod.image import ImagePatterns
from webhook.policy.compile import Policies
from webhook.policy.documents import Folder, read_folder
from webhook.policy.exceptions import Exemption
from webhook.policy.injection import check_positions, in_order
from webhook.policy.model import SPEC_AT, Document, ExceptionSpec, ProfileSpec
from webhook.policy.references import check_exception, check_profile, rules_by_name
from webhook.policy.rewritten import followed
from webhook.policy.ruleset import Ruleset, ordered
from webhook.policy.trusted import NOBODY, Trusted, read_trusted
from webhook.policy.vouching import check_vouching, declared
from webhook.source.problem import Level, Problem
from webhook.source.shape import BROKEN

if TYPE_CHECKING:
    from webhook.policy.suites import Suite


class Loading(NamedTuple):
    """What became of a folder: the ruleset (None when there is an error), and every error and warning."""

    ruleset: Ruleset | None
    problems: tuple[Problem, ...]
    folder: Folder
    profile: ProfileSpec
    exemptions: tuple[Exemption, ...]
    suites: "tuple[Suite, ...]" = ()
    trusted: Trusted = NOBODY


def load(arguments: Sequence[str], profile: str = "") -> Ruleset:
    """The ruleset of a rules folder (or several); raises RulesError with all problems when one is an error."""
    loading = read(arguments, profile)
    if loading.ruleset is None:
        raise RulesError([problem for problem in loading.problems if problem.level is Level.ERROR])
    return loading.ruleset


def read(arguments: Sequence[str], profile: str = "", *, tests: bool = False) -> Loading:
    """Read and compile a rules folder, with `tests` its PolicyTest documents too; raises InputError only where there is
    nothing to read."""
    folder = read_folder(arguments, tests=tests)
    if not folder.files:
        raise InputError(f"no rules in {', '.join(arguments)}: a rules folder holds .yaml files with Policy documents")
    chosen = _choose_profile(folder, profile)
    spec = chosen.silently() if chosen else ProfileSpec()
    exemptions = _exemptions(folder)
    policies = Policies(ProfileSpec() if spec is BROKEN else spec, exemptions, declared(folder))
    for document in folder.of("Policy"):
        policies.compile(document)
    policies.rules = followed(policies.rules)
    _check_references(folder, policies, exemptions)
    check_positions(folder, ordered(policies.rules))
    if any(rule.makes for rule in policies.rules):
        from webhook.policy.crosscheck import cross_check  # what few rules folders need is not always imported

        cross_check(policies)
    trusted = read_trusted([*folder.of("Registry"), *folder.of("Authority")])
    check_vouching(folder, policies, trusted)
    suites = _suites(folder, policies)
    problems = folder.problems()
    if not problems and not folder.documents:
        raise InputError(f"no rules in {', '.join(arguments)}: the files say nothing")
    broken = any(problem.level is Level.ERROR for problem in problems)
    ruleset = None if broken else _ruleset(folder, chosen, policies, trusted)
    return Loading(ruleset, problems, folder, policies.profile, tuple(exemptions), suites, trusted)


def _suites(folder: Folder, policies: Policies) -> "tuple[Suite, ...]":
    if next(folder.of("PolicyTest"), None) is None:
        return ()
    from webhook.policy.suites import read_suites  # with all the words of cases, which only a test of rules reads

    return read_suites(folder, policies)


def _ruleset(folder: Folder, chosen: Document | None, policies: Policies, trusted: Trusted) -> Ruleset:
    parts = (folder.digest, chosen.name if chosen else "", trusted.fingerprint)
    revision = hashlib.sha256("".join(parts).encode()).hexdigest()[:12]
    return Ruleset(
        rules=in_order(ordered(policies.rules)),
        revision=revision,
        profile=chosen.name if chosen else "",
        exclude_namespaces=policies.profile.exclude_namespaces,
        trusted=trusted,
    )


def _choose_profile(folder: Folder, wanted: str) -> Document | None:
    """The Profile that was asked for, else the only one of the folder or the one that says `default: true`."""
    profiles = {document.name: document for document in folder.of("Profile")}
    if wanted:
        if wanted not in profiles:
            guess = closest(wanted, profiles)
            known = f"did you mean {guess}?" if guess else f"known: {', '.join(sorted(profiles)) or 'none'}"
            raise InputError(f"there is no Profile {wanted} in the rules folder ({known})")
        return profiles[wanted]
    meant = [document for document in profiles.values() if _is_default(document)] or list(profiles.values())
    if len(meant) > 1 and not _is_default(meant[0]):
        cure = "choose one with --profile, or let one of them say `default: true`"
        raise InputError(f"the folder has several Profiles, {cure}: {', '.join(sorted(profiles))}")
    return meant[0] if meant else None


def _is_default(document: Document) -> bool:
    return isinstance(document.spec, dict) and document.spec.get("default") is True


def _refuse_twin_defaults(folder: Folder) -> None:
    """At most one Profile may be the one that is meant where nobody chooses."""
    defaults = [document for document in folder.of("Profile") if _is_default(document)]
    for document in defaults[1:]:
        told = f"the Profile {defaults[0].name} is the default already"
        document.problems.error((*SPEC_AT, "default"), told, "only one Profile may say `default: true`")


def _exemptions(folder: Folder) -> list[Exemption]:
    compiled = []
    for document in folder.of("Exception"):
        spec: ExceptionSpec = document.decoded(document.spec)
        if spec is not BROKEN:
            images = ImagePatterns(spec.match.images) if spec.match.images else None
            compiled.append(Exemption(document.name, spec, images))
    return compiled


def _check_references(folder: Folder, policies: Policies, exemptions: Sequence[Exemption]) -> None:
    """Names that refer to nothing: in exceptions and in every profile, also those that were not chosen."""
    known = {exemption.name: exemption for exemption in exemptions}
    in_force = rules_by_name(policies.rules) if known else {}
    for document in folder.of("Exception"):
        check_exception(document, known.get(document.name), policies, in_force)
    for document in folder.of("Profile"):
        spec = document.decoded(document.spec)
        if spec is not BROKEN:
            check_profile(document, spec, policies)
    _refuse_twin_defaults(folder)
