"""Writes webhook/pod/data/*.json from a real API server's OpenAPI v3 and the Go types of the same release.

    python tests/pod/generate_schema.py OPENAPI_FOLDER [--release v1.36.3]

OPENAPI_FOLDER holds the JSON documents of all groups as /openapi/v3/... serves them; the server's own have enum values,
the published specification has not. Go is needed for go_types/, which says which fields are pointers and which are
omitted when they are zero: schema.json has the kinds of which that matters, other_types.json the types of all others,
which OpenAPI alone describes.
"""

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "webhook" / "pod" / "data"

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
    schemas = definitions(arguments.openapi)
    table = joined(go_types, schemas) | {"release": arguments.release}
    others = other_kinds(table, schemas)
    write("schema.json", table | {"others": others})
    write("other_types.json", other_types(set(others.values()), set(table["types"]), schemas))


def write(name: str, table: Json) -> None:
    (DATA / name).write_text(json.dumps(table, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8")


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


def other_kinds(table: Json, schemas: dict[str, Json]) -> dict[str, str]:
    """Of the kinds that can be written down and the table has not, the type by group/version/kind."""
    known = {kind.replace("/", f"/{table['versions'].get(kind, 'v1')}/") for kind in table["kinds"]}
    found = {}
    for full, schema in schemas.items():
        metadata = json.dumps(schema.get("properties", {}).get("metadata", {}))
        names = schema.get("x-kubernetes-group-version-kind", [])
        if len(names) == 1 and "ObjectMeta" in metadata:
            kind = f"{names[0]['group']}/{names[0]['version']}/{names[0]['kind']}"
            if kind not in known:
                found[kind] = _without_prefix(full)
    return found


def other_types(wanted: set[str], known: set[str], schemas: dict[str, Json]) -> Json:
    """The types of these names and all that they need, in the codes of the table; types of the table keep its names."""
    full_names = {_without_prefix(full): full for full in schemas}
    found: Json = {}
    rest = set(wanted)
    while rest:
        name = rest.pop()
        fields = schemas[full_names[name]]["properties"]
        found[name] = {key: _code(value, known, schemas) for key, value in fields.items()}
        needed = {code.partition("#")[2] for code in found[name].values()} - {""}
        rest |= needed - known - found.keys()
    return found


_WRITE_THEMSELVES = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "q",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "t",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "s",
}


def _code(value: Json, known: set[str], schemas: dict[str, Json]) -> str:
    """The code of a value as OpenAPI describes it; `a` where it does not say what may be there."""
    inner = value["allOf"][0] if len(value.get("allOf", ())) == 1 else value
    if "$ref" in inner:
        return _referred(inner["$ref"].rpartition("/")[2], known, schemas)
    match value.get("type"):
        case "array":
            return "[" + _code(value["items"], known, schemas)
        case "object" if isinstance(value.get("additionalProperties"), dict):
            return "{" + _code(value["additionalProperties"], known, schemas)
        case "string":
            return "y" if value.get("format") == "byte" else "s"
        case "integer":
            return "i" if value.get("format") == "int32" else "l"
        case kind:
            return {"boolean": "b", "number": "f"}.get(str(kind), "a")


def _referred(full: str, known: set[str], schemas: dict[str, Json]) -> str:
    schema = schemas[full]
    if full in _WRITE_THEMSELVES:
        return _WRITE_THEMSELVES[full]
    if schema.get("format") == "int-or-string":
        return "I"
    if "properties" not in schema:
        return _code(schema, known, schemas)
    short = full.rpartition(".")[2]
    return f"#{short if short in known and full.startswith(PACKAGES) else _without_prefix(full)}"


def _without_prefix(full: str) -> str:
    """A type's name with its package, which tells it from types of other groups."""
    return full.removeprefix("io.k8s.").removeprefix("api.")


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
