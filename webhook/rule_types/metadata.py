"""metadata: which labels and annotations must be there, and what their values must be.

_metadata_places.py says whose they are, _metadata_groups.py which keys are meant, _metadata_keys.py what a value must
be, _metadata_sources.py what fills it.
"""

from collections.abc import Iterator
from typing import Any

from webhook.admission.finding import Found
from webhook.admission.operators import CannotDecide
from webhook.admission.rule import Check, Compiling, Fine, RuleParts, Subject
from webhook.admission.words import listing, quote
from webhook.patterns import Glob
from webhook.rule_types._label_names import key_mistake, similar
from webhook.rule_types._metadata_fill import Of, fill, fill_own, filling
from webhook.rule_types._metadata_groups import Keys
from webhook.rule_types._metadata_keys import Field, Key, KeyParams, compile_key
from webhook.rule_types._metadata_places import OWN, elsewhere, entries, mapping, places
from webhook.source.declare import field, shape
from webhook.source.path import Path, look_up

_FIELDS: tuple[Field, Field] = ("labels", "annotations")


@shape
class Known:
    """A prefix whose keys are all named in this rule."""

    prefix: str = field("What the keys begin with, such as acme.example/.")


@shape
class Params:
    """Labels and annotations: which must be there, what their values must be, which are set where they are absent."""

    of: Of = field(
        "Whose: pod (also in a workload's template), workload (its own), both, or object (any kind's own).",
        default="pod",
    )
    labels: dict[str, KeyParams] = field("Labels by key, or by a glob of keys.", default={})
    annotations: dict[str, KeyParams] = field("Annotations by key, or by a glob of keys.", default={})
    any_of_labels: tuple[Glob, ...] = field("At least one of these labels must be there.", default=())
    known: Known | None = field("Under this prefix only the keys of this rule may be used.", default=None)

    def __post_init__(self) -> None:
        if not any((self.labels, self.annotations, self.any_of_labels, self.known)):
            raise ValueError("nothing is said of metadata", "say labels, annotations, anyOfLabels or known")


def compile(params: Params, compiling: Compiling) -> RuleParts:
    """Bind what can be known now: the tests of every key, and where values come from."""
    keys = {name: _compiled(name, params, compiling) for name in _FIELDS}
    every = [key for group in keys.values() for key in (*group.exact.values(), *group.globs)]
    sources = [key for key in every if key.params.from_]
    for key in sources:
        if key.params.from_:
            key.params.from_.tell_mistakes((key.field, key.text, "from"), compiling)
    _tell_mistakes(params, compiling)
    fillable = tuple(key for key in every if key.params.default or key.params.from_)
    groups = tuple(group for group in keys.values() if group.says_something)
    own = params.of != "pod"
    return RuleParts(
        checks=(_check(params, groups),),
        fine=_fine(params, groups),
        fill=fill(params.of, fillable) if fillable and params.of != "workload" else None,
        fill_object=fill_own(params.of, fillable) if fillable and own else None,
        needs_pod=params.of != "object",
        needs_namespace=any(key.params.from_ and key.params.from_.name == "namespace" for key in sources),
        about_containers=False,
    )


def _compiled(name: Field, params: Params, compiling: Compiling) -> Keys:
    said: dict[str, KeyParams] = getattr(params, name)
    keys = [key for text, one in said.items() if (key := compile_key(name, text, one, compiling))]
    globs = sorted((key for key in keys if not key.glob.is_exact), key=lambda key: (-len(key.text), key.text))
    listed = [key.glob for key in keys] + (list(params.any_of_labels) if name == "labels" else [])
    exact = {key.text: key for key in keys if key.glob.is_exact}
    return Keys(name, exact, tuple(globs), params.known.prefix if params.known else None, tuple(listed))


def _tell_mistakes(params: Params, compiling: Compiling) -> None:
    for index, glob in enumerate(params.any_of_labels):
        wrong = key_mistake(glob.text, "labels")
        if wrong:
            compiling.error(("anyOfLabels", index), f"no object can have this label: {wrong}")
    named = (*params.labels, *params.annotations, *(glob.text for glob in params.any_of_labels))
    if params.known and not any(key.startswith(params.known.prefix) for key in named):
        cure = f'name them, or forbid all of them: "{params.known.prefix}*": {{forbidden: true}}'
        compiling.error(("known", "prefix"), "no key of this rule begins so, so every key under it is refused", cure)
    if params.of == "workload" and compiling.kinds and all(kind.kind == "Pod" for kind in compiling.kinds):
        compiling.error(("of",), "a Pod is no workload, so this can never match", "say `of: pod`")


def _fine(params: Params, groups: tuple[Keys, ...]) -> Fine:
    """The short answer for a pod; what a workload says beside its template is for the checks."""

    def fine(subject: Subject) -> bool:
        pod = subject.pod
        if pod is None or pod.at:
            return False
        if params.of == "workload":
            return True
        for keys in groups:
            if not keys.all_fine(entries(pod.metadata, keys.field)):
                return False
        return not params.any_of_labels or _has_one(params.any_of_labels, entries(pod.metadata, "labels"))

    return fine


def _check(params: Params, groups: tuple[Keys, ...]) -> Check:
    def check(subject: Subject) -> Iterator[Found]:
        misplaced = (
            {} if params.of != "pod" or subject.pod is None or not subject.pod.at else _misplaced(subject, groups)
        )
        yield from misplaced.values()
        unknown: list[CannotDecide] = []
        for place, metadata in places(params.of, subject):
            for keys in groups:
                values = entries(metadata, keys.field)
                yield from _present(keys, place, values)
                for found in _absent(keys, place, values, subject, unknown):
                    if found.path[-2:] not in misplaced:
                        yield found
            if params.any_of_labels:
                yield from _none_of(params.any_of_labels, place, entries(metadata, "labels"), subject)
        if unknown:
            raise unknown[0]

    return check


def _present(keys: Keys, place: Path, values: dict[str, Any]) -> Iterator[Found]:
    """What is wrong with the keys that are there."""
    for name in keys.concerned(values):
        value = values[name]
        if value is None:
            continue
        key = keys.of(name)
        if key is not None:
            yield from _judged(key, (*place, keys.field, name), value)
        elif not keys.knows(name):
            guess = similar(name, [glob.text for glob in keys.listed if glob.is_exact])
            fix = f"did you mean {guess}?" if guess else "take it out, or have it added to the rule"
            yield Found((*place, keys.field, name), value, f"is none of the known keys under {keys.prefix}", fix)


def _judged(key: Key, path: Path, value: Any) -> Iterator[Found]:
    if key.params.forbidden:
        yield Found(path, value, "must not be there", "take it out")
    elif not isinstance(value, str):
        yield Found(
            path, value, f"{quote(value)} is no text, and the API server takes nothing else", "put it in quotes"
        )
    else:
        mistake = key.mistake(value)
        if mistake:
            yield Found(path, value, f"{quote(value)} {mistake[0]}", mistake[1])


def _absent(
    keys: Keys, place: Path, values: dict[str, Any], subject: Subject, unknown: list[CannotDecide]
) -> Iterator[Found]:
    """The keys that must be there, or were to be filled in, and are not."""
    for name, key in keys.exact.items():
        if values.get(name) is None and key.says_when_absent:
            try:
                value = filling(key, subject, subject.pod)
            except CannotDecide as reason:
                if key.must_be_there:
                    unknown.append(reason)
                continue
            if key.must_be_there or (value is not None and key.params.required is None):
                yield _missing(key, place, values, value, subject)
    for key in keys.globs:
        if key.params.required and not any(
            key.glob.matches(name) for name, value in values.items() if value is not None
        ):
            fix = f"{keys.field}: {{{key.text.replace('*', '...')}: ...}}"
            yield Found((*place, keys.field), None, f"has no key like {key.text}, one must be there", fix)


def _missing(key: Key, place: Path, values: dict[str, Any], value: str | None, subject: Subject) -> Found:
    wanted = f"would be {quote(value)}" if value is not None else key.wanted
    slip = similar(key.text, values)
    hint = f"; there is {quote(slip)}" if slip else _refused(key, subject)
    fix = f'{key.field}: {{{key.text}: "{value or key.example}"}}'
    return Found((*place, key.field, key.text), None, f"missing, {wanted}{hint}", fix)


def _refused(key: Key, subject: Subject) -> str:
    """Why what its source has was not filled in."""
    source = key.params.from_
    value = source.value(subject, subject.pod, key.field, key.text) if source else None
    mistake = key.mistake(value) if value is not None else None
    return f"; {quote(value)} from the {source.name} {mistake[0]}" if source and mistake else ""


def _has_one(wanted: tuple[Glob, ...], labels: dict[str, Any]) -> bool:
    return any(glob.matches(name) for name, value in labels.items() if value is not None for glob in wanted)


def _none_of(wanted: tuple[Glob, ...], place: Path, labels: dict[str, Any], subject: Subject) -> Iterator[Found]:
    if _has_one(wanted, labels):
        return
    names = listing(glob.text for glob in wanted)
    own = entries(mapping(look_up(subject.object, OWN)), "labels") if place != OWN else {}
    stray = next((name for name in own for glob in wanted if glob.matches(name)), None)
    hint = f"; {quote(stray)} stands on the workload itself, which its pods do not get" if stray else ""
    yield Found(
        (*place, "labels"), None, f"has none of {names}, one must be there{hint}", f"labels: {{{wanted[0].text}: ...}}"
    )


def _misplaced(subject: Subject, groups: tuple[Keys, ...]) -> dict[Path, Found]:
    """Keys that stand on the workload and not on its pod template, by their field and name."""
    found: dict[Path, Found] = {}
    for place, metadata, template in elsewhere(subject):
        for keys in groups:
            there = entries(template, keys.field)
            for name, value in entries(metadata, keys.field).items():
                if value is not None and there.get(name) is None and _belongs_to_pods(keys.of(name)):
                    path: Path = (*place, keys.field, name)
                    found[keys.field, name] = _stray(path, value, subject)
    return found


def _belongs_to_pods(key: Key | None) -> bool:
    """Whether the key is meant for pods: one that is named, or that a glob names by its prefix."""
    return key is not None and not key.params.forbidden and not key.text.startswith("*")


def _stray(path: Path, value: Any, subject: Subject) -> Found:
    at = ".".join(str(step) for step in subject.pod.at) if subject.pod else ""
    message = f"misplaced: it stands on the {subject.request.kind.kind}, and pods get what their template has"
    return Found(path, value, message, f"move it to {at}.metadata.{path[-2]}")
