"""A rules folder as a Markdown page: what each policy wants, what it changes, its parameters, the Profiles it is in."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from webhook.admission.words import listing, plural
from webhook.policy.compile import Policies, Written
from webhook.policy.load import Loading
from webhook.policy.model import Document, PolicySpec, ProfileSpec
from webhook.source.declare import changed
from webhook.source.path import Path, render
from webhook.source.shape import Problems


class Entry(NamedTuple):
    """One policy of the folder; `link` is its file's name within the folder."""

    name: str
    link: str
    spec: PolicySpec
    makes: str
    profiles: tuple[str, ...]

    @property
    def area(self) -> str:
        """The folder that its file stands in, within the rules folder."""
        return self.link.rpartition("/")[0]


def page(loading: Loading, folder: str) -> str:
    """The page: the Profiles, then a chapter for each area; `folder` is what the names of files begin with."""
    profiles = _profiles(loading)
    entries = _entries(loading, folder, profiles)
    made = f"Made by `doorward catalogue {folder}` from the policies themselves: change those, and make it anew."
    lines = ["# Policies", "", made, "", *_profile_table(profiles, entries, folder)]
    for area in sorted({entry.area for entry in entries}):
        lines += _chapter(area, [entry for entry in entries if entry.area == area])
    return "\n".join(lines).rstrip("\n") + "\n"


def _profiles(loading: Loading) -> list[tuple[Document, ProfileSpec]]:
    return sorted(((one, one.silently()) for one in loading.folder.of("Profile")), key=lambda pair: pair[0].name)


def _entries(loading: Loading, folder: str, profiles: Sequence[tuple[Document, ProfileSpec]]) -> list[Entry]:
    """Every policy by its name, in force or not."""
    policies = Policies(changed(loading.profile, include=()), ())
    entries = []
    for document in loading.folder.of("Policy"):
        policies.compile(Document("Policy", document.name, document.spec, Problems(document.problems.place), ""))
        written = [one for one in policies.written.values() if one.document.name == document.name]
        makes = _merged(change for one in written for change in _makes(one))
        within = tuple(profile.name for profile, spec in profiles if spec.in_force(document.name))
        spec = policies.specs[document.name]
        entries.append(Entry(document.name, _within(document.file, folder), spec, makes, within))
    return sorted(entries, key=lambda entry: entry.name)


def _within(file: str, folder: str) -> str:
    return file.removeprefix(folder.rstrip("/") + "/")


def _profile_table(
    profiles: Sequence[tuple[Document, ProfileSpec]], entries: Sequence[Entry], folder: str
) -> Iterator[str]:
    if not profiles:
        return
    yield from _head("Profile", "mode", "policies", "")
    for document, spec in profiles:
        count = sum(document.name in entry.profiles for entry in entries)
        told = "in force where nobody chooses" if spec.default or len(profiles) == 1 else f"`--profile {document.name}`"
        link = f"[{document.name}]({_within(document.file, folder)})"
        yield _row(link, f"`{spec.mode or 'enforce'}`", str(count), told)
    yield ""


def _chapter(area: str, entries: Sequence[Entry]) -> Iterator[str]:
    yield from (f"## {area or 'Policies'}", "")
    yield from _head("policy", "what it wants", "severity", "what it makes so", "Profiles")
    for entry in entries:
        wants = entry.spec.title + _own_mode(entry.spec)
        profiles = ", ".join(entry.profiles) or "none"
        yield _row(f"[{entry.name}]({entry.link})", wants, entry.spec.severity, entry.makes, profiles)
    yield ""
    tunable = [entry for entry in entries if entry.spec.parameters]
    if tunable:
        yield from _head("parameter", "default", "what it means")
        yield from (row for entry in tunable for row in _parameters(entry))
        yield ""


def _parameters(entry: Entry) -> Iterator[str]:
    for name, parameter in entry.spec.parameters.items():
        default = "" if parameter.default is None else _code(parameter.default)
        yield _row(f"{entry.name}: `{name}`", default, parameter.doc)


def _own_mode(spec: PolicySpec) -> str:
    """What a policy says of its mode itself, which holds unless a Profile names the policy."""
    if spec.rollout:
        return f" (a rollout in {plural(len(spec.rollout), 'step')})"
    return f" (mode `{spec.mode}`)" if spec.mode else ""


_OF_IMAGES = {"rewrite": ("rewrites", "images"), "pin": ("pins", "images to their digest")}
_VERBS = {"default": "fills in", "append": "adds to", "enforce": "overwrites", "clamp": "bounds"}


def _makes(rule: Written) -> Iterator[tuple[str, str]]:
    """What a rule changes: a verb, and what it is about."""
    body = rule.raw[rule.kind]
    if rule.kind == "defaults":
        verbs = [verb for verb in _VERBS if verb in body]
        yield from ((_VERBS[verb], f"`{field}`") for verb in verbs for field in _leaves(body[verb]))
        yield from (("takes away", "the service account's token") for _ in body.get("remove", ()))
    elif rule.kind == "podSecurity" and body.get("fill") is True:
        wanted = [f"`{control}`" for control in body.get("only", ())]
        yield from (("fills in", one) for one in wanted or [f"what {body['level']} wants"])
    elif rule.kind == "sidecar":
        injected = [*([body["container"]] if "container" in body else []), *body.get("containers", ())]
        yield from (("puts in", f"`{container['name']}`") for container in injected)
    elif rule.kind == "images":
        yield from (done for key, done in _OF_IMAGES.items() if key in body)
    elif rule.kind == "evidence" and body.get("tags") != "allowed":
        yield _OF_IMAGES["pin"]
    elif rule.kind == "nodeGroup" and "groups" in body:
        yield "fills in", "what chooses nodes"
    elif rule.kind in ("metadata", "resources", "volumes"):
        yield from (("fills in", f"`{field}`") for field in _filled(body))


def _merged(changes: Iterable[tuple[str, str]]) -> str:
    """Each verb once, with all that it is about."""
    found: dict[str, dict[str, None]] = {}
    for verb, what in changes:
        found.setdefault(verb, {})[what] = None
    return "; ".join(f"{verb} {listing(what, 'and')}" for verb, what in found.items())


def _leaves(value: dict[str, Any], at: Path = ()) -> Iterator[str]:
    """The fields of partial values, without what they are merged into; a list and an amount are one field each."""
    for key, below in value.items():
        here = (*at, key)
        if isinstance(below, dict) and below and not {"min", "max", "from"} & below.keys():
            yield from _leaves(below, here)
        else:
            yield render(here[1:])


def _filled(value: Any, at: Path = ()) -> Iterator[str]:
    """Where a `default` or a `from` stands: what is filled in where it is missing."""
    if isinstance(value, dict):
        if at and {"default", "from"} & value.keys():
            yield render(at)
        for key, below in value.items():
            yield from _filled(below, (*at, key))


def _code(value: Any) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


def _head(*titles: str) -> Iterator[str]:
    yield _row(*titles)
    yield "|" + "---|" * len(titles)


def _row(*cells: str) -> str:
    return f"| {' | '.join(' '.join(cell.replace('|', chr(92) + '|').split()) for cell in cells)} |"
