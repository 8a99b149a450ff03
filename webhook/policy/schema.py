"""The JSON Schema of a rules folder, from the same shapes that read it: what editors complete and underline."""

from typing import Any

from webhook import rule_types
from webhook.policy.model import API_VERSION, SPECS, Metadata, PolicySpec, RuleSpec
from webhook.source.shape import json_schema, record_schema

_PLACE = {"type": "string", "pattern": r"^\$\{[A-Za-z0-9_-]+\}$"}
"""A parameter, which may stand wherever a value does."""

_NO_TEXT = ("integer", "number", "boolean")


def rules_schema() -> dict[str, Any]:
    """A draft 7 schema for any document of the folder."""
    definitions: dict[str, Any] = {}
    documents = [_document(kind, definitions) for kind in SPECS]
    definitions = {name: _or_parameter(definition) for name, definition in definitions.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Doorward rules",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "oneOf": documents,
        "definitions": dict(sorted(definitions.items())),
    }


def _document(kind: str, definitions: dict[str, Any]) -> dict[str, Any]:
    spec = SPECS[kind]
    schema = {"type": "object"} if spec is dict else json_schema(spec, definitions)
    if kind == "Policy":
        definitions["policy.rule"] = _rule(definitions)
        properties = definitions[f"model.{PolicySpec.__name__}"]["properties"]
        properties["rules"] = {**properties["rules"], "items": {"$ref": "#/definitions/policy.rule"}}
    return {
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind},
            "metadata": json_schema(Metadata, definitions),
            "spec": schema,
        },
        "additionalProperties": False,
    }


def _rule(definitions: dict[str, Any]) -> dict[str, Any]:
    """What every rule may say, and exactly one rule type."""
    rule = record_schema(RuleSpec, definitions)
    for name in rule_types.names():
        module = rule_types.find(name)
        if module is not None:
            sentence = (module.__doc__ or "").strip().splitlines()[0]
            rule["properties"][name] = {"description": sentence, "allOf": [json_schema(module.Params, definitions)]}
    return {**rule, "oneOf": [{"required": [name]} for name in rule_types.names()]}


def _or_parameter(schema: Any) -> Any:
    """The schema with `${name}` allowed wherever a value of a few or of a form, a number or a boolean is wanted."""
    if not isinstance(schema, dict):
        return schema
    if "enum" in schema or "pattern" in schema or schema.get("type") in _NO_TEXT:
        said = {key: schema[key] for key in schema if key == "description"}
        return {**said, "anyOf": [{key: schema[key] for key in schema if key != "description"}, _PLACE]}
    walked = dict(schema)
    for key in ("items", "additionalProperties"):
        if key in schema:
            walked[key] = _or_parameter(schema[key])
    for key in ("anyOf", "allOf", "oneOf"):
        if key in schema:
            walked[key] = [_or_parameter(one) for one in schema[key]]
    if "properties" in schema:
        walked["properties"] = {name: _or_parameter(one) for name, one in schema["properties"].items()}
    return walked
