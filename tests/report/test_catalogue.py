"""catalogue: a page about a rules folder."""

from pathlib import Path

from tests.objects import policy
from webhook.policy.load import read
from webhook.report.catalogue import page

PARAMETERS = '{hosts: {type: list, default: [a.example], doc: "Where from | whence."}, days: {type: int, doc: Days.}}'
PROFILES = """---
apiVersion: doorward.dev/v1
kind: Profile
metadata: {name: soft}
spec: {include: ["o*"], mode: warn, parameters: {ours: {days: 3}}, default: true}
---
apiVersion: doorward.dev/v1
kind: Profile
metadata: {name: hard}
spec: {modes: {ours: enforce}, parameters: {ours: {days: 7}}}
"""


def rendered(folder: Path, **files: str) -> list[str]:
    for name, text in files.items():
        file = folder / f"{name.replace('__', '/')}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    loading = read([str(folder)])
    assert loading.problems == ()
    return page(loading, str(folder)).splitlines()


def named(name: str, text: str) -> str:
    return text.replace("{name: p}", f"{{name: {name}}}")


def test_a_page_has_profiles_policies_by_area_and_parameters(tmp_path: Path) -> None:
    rule = "- {name: r, images: {from: ['${hosts}']}}\n"
    rule += "- {name: s, fields: {pod: spec.activeDeadlineSeconds, min: '${days}'}}"
    ours = named("ours", policy(rule, parameters=PARAMETERS, severity="high"))
    other = named("other", policy("- {name: r, images: {digest: required}}", mode="audit"))
    lines = rendered(tmp_path, images__ours=ours, pods__other=other, profiles=PROFILES)
    assert lines[0] == "# Policies"
    assert (
        lines[2]
        == f"Made by `doorward catalogue {tmp_path}` from the policies themselves: change those, and make it anew."
    )
    assert lines[4:] == [
        "| Profile | mode | policies |  |",
        "|---|---|---|---|",
        "| [hard](profiles.yaml) | `enforce` | 2 | `--profile hard` |",
        "| [soft](profiles.yaml) | `warn` | 2 | in force where nobody chooses |",
        "",
        "## images",
        "",
        "| policy | what it wants | severity | what it makes so | Profiles |",
        "|---|---|---|---|---|",
        "| [ours](images/ours.yaml) | A policy | high |  | hard, soft |",
        "",
        "| parameter | default | what it means |",
        "|---|---|---|",
        '| ours: `hosts` | `["a.example"]` | Where from \\| whence. |',
        "| ours: `days` |  | Days. |",
        "",
        "## pods",
        "",
        "| policy | what it wants | severity | what it makes so | Profiles |",
        "|---|---|---|---|---|",
        "| [other](pods/other.yaml) | A policy (mode `audit`) | medium |  | hard, soft |",
    ]


def made(folder: Path, rules: str) -> str:
    """What the page says that a policy with these rules makes so."""
    line = next(line for line in rendered(folder, p=policy(rules)) if line.startswith("| [p]"))
    return line.split(" | ")[3].strip()


def test_what_rules_change_is_told_by_field_each_verb_once(tmp_path: Path) -> None:
    rules = """- name: a
  defaults:
    default: {pod: {securityContext: {seccompProfile: {type: RuntimeDefault}}}, volumes: {emptyDir: {sizeLimit: 1Gi}}}
    append: {containers: {env: [{name: TZ, value: UTC}]}}
    enforce: {pod: {dnsPolicy: ClusterFirst}}
    remove: [serviceAccountToken]
    clamp: {pod: {terminationGracePeriodSeconds: {max: 300}}}
- name: b
  podSecurity: {level: restricted, only: [capabilities], fill: true}
- name: c
  metadata: {labels: {team: {from: namespace}, tier: {required: true}, acme.example/x: {default: z}}}
- name: d
  resources: {cpu: {request: {default: 100m}}}
"""
    assert made(tmp_path, rules) == (
        "fills in `securityContext.seccompProfile.type`, `emptyDir.sizeLimit`, `capabilities`, `labels.team`, "
        '`labels["acme.example/x"]` and `cpu.request`; adds to `env`; overwrites `dnsPolicy`; '
        "bounds `terminationGracePeriodSeconds`; takes away the service account's token"
    )


def test_images_sidecars_and_whole_standards_are_told_in_words(tmp_path: Path) -> None:
    rules = """- name: a
  images: {rewrite: [{from: docker.io, to: registry.corp.example/dockerhub}]}
- name: b
  podSecurity: {level: restricted, fill: true}
- name: c
  sidecar: {container: {name: proxy, image: registry.corp.example/proxy:1, startupProbe: {exec: {command: [ok]}}}}
"""
    assert made(tmp_path, rules) == "rewrites images; fills in what restricted wants; puts in `proxy`"


def test_what_only_checks_makes_nothing_so(tmp_path: Path) -> None:
    rules = "- {name: a, podSecurity: {level: restricted}}\n- {name: b, sidecar: {forbid: [x]}}\n"
    assert made(tmp_path, rules + "- {name: c, fields: {pod: spec.hostPID, forbidden: true}}") == ""


def test_a_flat_folder_without_profiles_is_one_chapter(tmp_path: Path) -> None:
    rollout = policy(
        "- {name: r, images: {digest: required}}", rollout="[{mode: audit}, {mode: warn, from: 2027-01-01}]"
    )
    assert rendered(tmp_path, p=rollout)[4:] == [
        "## Policies",
        "",
        "| policy | what it wants | severity | what it makes so | Profiles |",
        "|---|---|---|---|---|",
        "| [p](p.yaml) | A policy (a rollout in 2 steps) | medium |  | none |",
    ]
