"""Writes webhook/pod/data/schema.json from a real API server's OpenAPI v3 and the Go types of the same release.

    python tests/pod/generate_schema.py OPENAPI_FOLDER [--release v1.36.3]

OPENAPI_FOLDER holds any number of JSON documents as /openapi/v3/... serves them; the server's own have enum values, the
published specification has not. Go is needed for go_types/, which says which fields are pointers and which are omitted
when they are zero.
"""

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "webhook" / "pod" / "data" / "schema.json"

PACKAGES = (
    *(f"io.k8s.api.{package}." for package in ("core.v1", "apps.v1", "batch.v1", "autoscaling.v2", "networking.v1")),
    *(f"io.k8s.api.{package}." for package in ("policy.v1", "rbac.v1")),
    "io.k8s.apimachinery.",
)
"""The packages whose types go_types/ knows; other groups have types of the same names."""

Json = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("openapi", type=Path)
    parser.add_argument("--release", default="v1.36.3")
    parser.add_argument("--go", default="go", help="the go command")
    arguments = parser.parse_args()
    go_types = json.loads(
        subprocess.run([arguments.go, "run", "."], cwd=HERE / "go_types", check=True, capture_output=True).stdout
    )
    table = joined(go_types, definitions(arguments.openapi)) | {"release": arguments.release}
    TARGET.write_text(json.dumps(table, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8")


def definitions(folder: Path) -> dict[str, Json]:
    """Every schema of every document in the folder, by the type's own name (Container)."""
    found: dict[str, Json] = {}
    for file in sorted(folder.rglob("*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        schemas = document.get("components", {}).get("schemas", {}) if isinstance(document, dict) else {}
        for name, schema in schemas.items():
            found.setdefault(name, schema)
    return found


def joined(go_types: Json, schemas: dict[str, Json]) -> Json:
    """The table: kinds, each type's fields as codes, merge keys, atomic structs and enum values."""
    short = _short_names(go_types["types"])
    types = {
        short[full]: {name: _shorten(code, short) for name, code in fields.items()}
        for full, fields in go_types["types"].items()
    }
    published = openapi_table(set(types), schemas)
    if {name: sorted(fields) for name, fields in types.items()} != published.pop("fields"):
        raise SystemExit("Go and OpenAPI disagree about the fields of a type: are they of the same release?")
    kinds = {kind: short[full] for kind, full in go_types["kinds"].items()}
    versions = {kind: full.rpartition("/")[2].partition(".")[0] for kind, full in go_types["kinds"].items()}
    odd = {kind: version for kind, version in versions.items() if version != "v1"}
    return {"kinds": kinds, "versions": odd, "types": types} | published


def openapi_table(names: set[str], schemas: dict[str, Json]) -> Json:
    """What OpenAPI says about the types of these names: fields, merge keys, enum values, atomic structs."""
    keys: Json = {}
    enums: Json = {}
    fields: dict[str, list[str]] = {}
    atomic: list[str] = []
    for full, schema in schemas.items():
        short = full.rpartition(".")[2]
        if short not in names or not full.startswith(PACKAGES):
            continue
        fields[short] = sorted(schema.get("properties", {}))
        if schema.get("x-kubernetes-map-type") == "atomic":
            atomic.append(short)
        for name, value in schema.get("properties", {}).items():
            if (merge := _merge(value)) is not None:
                keys[f"{short}.{name}"] = merge
            if (words := _enum(value)) is not None:
                enums[f"{short}.{name}"] = words
    return {"keys": keys, "enums": enums, "fields": fields, "atomic": sorted(atomic)}


def _short_names(full_names: Json) -> dict[str, str]:
    short = {full: full.rsplit(".", 1)[1] for full in full_names}
    if len(set(short.values())) != len(short):
        raise SystemExit("two Go types share a name: give them longer names in _short_names")
    return short


def _shorten(code: str, short: dict[str, str]) -> str:
    head, separator, name = code.partition("#")
    if not separator:
        return code
    suffix = name[len(name.rstrip("?0")) :]
    return f"{head}#{short[name.removesuffix(suffix) if suffix else name]}{suffix}"


def _merge(value: Json) -> list[str] | str | None:
    """A list's merge keys; "set" or "atomic" for one without."""
    if value.get("type") != "array":
        return None
    kind: str = value.get("x-kubernetes-list-type", "atomic")
    keys: list[str] = value.get("x-kubernetes-list-map-keys", [])
    return keys if kind == "map" else kind


def _enum(value: Json) -> list[str] | None:
    inner = value.get("items", value)
    if "enum" in inner:
        return sorted(inner["enum"])
    return None


if __name__ == "__main__":
    main()
