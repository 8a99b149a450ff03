"""What must be true of a signature, provenance, a bill of materials, test results and verification summaries."""

import re
from collections.abc import Callable, Sequence

from webhook.admission.evidence import Attestation, Outcome, Package, Provenance, RunOfTests, Sbom, Summary
from webhook.admission.words import listing, quote
from webhook.patterns import Glob
from webhook.rule_types import _evidence_words as words
from webhook.rule_types._evidence_packages import forbidden_license
from webhook.rule_types._evidence_verdicts import SATISFIED, Judge, Looking, Verdict, named, some, word

_LEVEL = re.compile(r"(.*[^0-9])([0-9]{1,4})")
_URI = 100  # characters of a URI that are shown


def signature_judge(params: words.Signature) -> Judge:
    """Judges which annotations a signature covers."""
    wanted = tuple(params.annotations.items())

    def judge(attestation: Attestation, _: Looking) -> Verdict:
        covered = dict(attestation.annotations)
        for name, value in wanted:
            if covered.get(name) != value:
                has = f"covers {name}={word(covered[name])}" if name in covered else f"covers no annotation {name}"
                return Verdict(Outcome.UNACCEPTABLE, f"{named(attestation)} {has}, must be {quote(value)}")
        return SATISFIED

    return judge


def provenance_judge(params: words.Provenance) -> Judge:
    """Judges who built it, how, and from what."""

    def judge(attestation: Attestation, _: Looking) -> Verdict:
        claim = attestation.claim
        if not isinstance(claim, Provenance):
            return _none(attestation)
        wrong = (
            _outside(params.builders, [claim.builder], "builder", "built by")
            or _outside(params.build_types, [claim.build_type], "build type", "of the build type")
            or _outside(params.sources, claim.sources, "source", "built from")
            or _outside(params.materials, claim.materials, "materials", "made with")
        )
        return Verdict(Outcome.UNACCEPTABLE, f"by {named(attestation)}, it is {wrong}") if wrong else SATISFIED

    return judge


def _outside(allowed: Sequence[Glob], found: Sequence[str], noun: str, verb: str) -> str:
    """What is wrong with values that must all be covered; "" where nothing is."""
    if not allowed:
        return ""
    if not any(found):
        return f"not said what its {noun} is"
    bad = [one for one in found if not _covered(one, allowed)]
    wanted = listing([glob.text for glob in allowed[:3]])
    return f"{verb} {some((word(one, _URI) for one in bad), 2)}, must be {wanted}" if bad else ""


def _covered(text: str, allowed: Sequence[Glob]) -> bool:
    """Whether a glob covers it; `git+` in front only says how it is fetched."""
    plain = text.removeprefix("git+")
    return any(glob.matches(text) or glob.matches(plain) for glob in allowed)


def sbom_judge(params: words.Sbom) -> Judge:
    """Judges whether a bill of materials is of use, and what it lists."""
    licenses = tuple(Glob.parse(glob.text.lower()) for glob in params.forbid.licenses) if params.forbid else ()

    def judge(attestation: Attestation, _: Looking) -> Verdict:
        claim = attestation.claim
        if not isinstance(claim, Sbom):
            return _none(attestation)
        if params.formats and claim.format not in params.formats:
            told = f"is {word(claim.format)}, must be {listing(params.formats)}"
            return Verdict(Outcome.UNACCEPTABLE, f"{named(attestation)} {told}")
        if params.complete and claim.lacks:
            return Verdict(Outcome.UNACCEPTABLE, f"{named(attestation)} lacks {word(claim.lacks, 200)}")
        if params.forbid:
            return _forbidden(claim, params.forbid, licenses, attestation)
        return SATISFIED

    return judge


def has_format(params: words.Sbom) -> Callable[[Attestation, Looking], bool]:
    """Which bills of materials are meant: one in another format takes nothing from one in this."""

    def about(attestation: Attestation, _: Looking) -> bool:
        claim = attestation.claim
        return isinstance(claim, Sbom) and (not params.formats or claim.format in params.formats)

    return about


def _forbidden(claim: Sbom, forbid: words.Forbidden, licenses: Sequence[Glob], attestation: Attestation) -> Verdict:
    bad = [told for package in claim.packages for told in [_mistake(package, forbid, licenses)] if told]
    if not bad:
        return SATISFIED
    told = f"{named(attestation)} lists what is forbidden: {some(bad)}"
    return Verdict(Outcome.UNACCEPTABLE, told, "build the image without it, then attest its SBOM")


def _mistake(package: Package, forbid: words.Forbidden, licenses: Sequence[Glob]) -> str:
    shown = f"{word(package.name)} {word(package.version, 30)}".rstrip()
    for one in forbid.packages:
        covered = one.covers(package)
        if covered:
            return f"{shown} ({one.text})"
        if covered is None:
            return f"{shown}, whose version cannot be compared with {one.text}"
    license_ = forbidden_license(package, licenses) if licenses else ""
    return f"{shown} under {word(license_)}" if license_ else ""


def tests_judge(params: words.Tests) -> Judge:
    """Judges how a run of tests ended."""

    def judge(attestation: Attestation, _: Looking) -> Verdict:
        claim = attestation.claim
        if not isinstance(claim, RunOfTests):
            return _none(attestation)
        if claim.result.lower() in params.results:
            return SATISFIED
        failed = f": {some(claim.failed)}" if claim.failed else ""
        told = f"{named(attestation)} is {word(claim.result)}, must be {listing(params.results)}{failed}"
        return Verdict(Outcome.UNACCEPTABLE, told)

    return judge


def summary_judge(params: words.Summary) -> Judge:
    """Judges another verifier's verdict."""

    def judge(attestation: Attestation, _: Looking) -> Verdict:
        claim = attestation.claim
        if not isinstance(claim, Summary):
            return _none(attestation)
        wrong = _outside(params.verifiers, [claim.verifier], "verifier", "verified by")
        if wrong:
            return Verdict(Outcome.UNACCEPTABLE, f"by {named(attestation)}, it is {wrong}")
        if not claim.passed:
            return Verdict(Outcome.UNACCEPTABLE, f"{named(attestation)} says that it failed")
        lacking = [level for level in params.levels if not any(_reaches(one, level) for one in claim.levels)]
        if lacking:
            has = listing(map(word, claim.levels[:5]), "and") or "nothing"
            told = f"{named(attestation)} says {has}, and not {listing(lacking, 'and')}"
            return Verdict(Outcome.UNACCEPTABLE, told)
        return SATISFIED

    return judge


def is_by_verifier(params: words.Summary) -> Callable[[Attestation, Looking], bool]:
    """Which verdicts are meant: another verifier's takes nothing from that of one who is believed."""

    def about(attestation: Attestation, _: Looking) -> bool:
        claim = attestation.claim
        return isinstance(claim, Summary) and not _outside(params.verifiers, [claim.verifier], "", "")

    return about


def _reaches(level: str, wanted: str) -> bool:
    """Whether a level is what is wanted, or a higher number of it (SLSA_BUILD_LEVEL_3 reaches _2)."""
    if level == wanted:
        return True
    has, least = _LEVEL.fullmatch(level), _LEVEL.fullmatch(wanted)
    return bool(has and least and has[1] == least[1] and int(has[2]) >= int(least[2]))


def _none(attestation: Attestation) -> Verdict:
    """What says that it is something, and brings nothing of it."""
    return Verdict(Outcome.INVALID, f"{named(attestation)} says nothing")
