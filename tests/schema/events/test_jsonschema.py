"""The JSON Schemas are schemas, and say yes and no where the codec does."""

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_events import FEW, event_of
from inglenook_schema.events import jsonschema
from inglenook_schema.events.codec import is_day
from inglenook_schema.events.registry import KINDS

Schema = dict[str, Any]
KEYWORDS = {
    *("$schema", "$defs", "$ref", "title", "description", "default", "type", "properties"),
    *("required", "items", "maxItems", "enum", "anyOf", "oneOf", "minimum", "maximum"),
    *("minLength", "maxLength", "pattern", "contentEncoding", "additionalProperties"),
    *("propertyNames", "maxProperties"),
}
WRONG: tuple[object, ...] = ("", 0, -1, [], {}, [""], None, True, "2026-02-30", "x" * 60_001)
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def accepts(schema: Schema, value: Any, root: Schema) -> bool:
    """Whether ``value`` fits, by the keywords our schemas use (JSON Schema 2020-12)."""
    assert schema.keys() <= KEYWORDS
    if "$ref" in schema:
        target = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        return accepts(target, value, root)
    if "anyOf" in schema:
        return any(accepts(part, value, root) for part in schema["anyOf"])
    if "oneOf" in schema:
        return sum(accepts(part, value, root) for part in schema["oneOf"]) == 1
    if "enum" in schema:
        return value in schema["enum"]
    if not isinstance(value, TYPES[schema["type"]]) or (
        isinstance(value, bool) and schema["type"] != "boolean"
    ):
        return False
    match value:
        case dict():
            return accepts_object(schema, value, root)
        case list():
            return len(value) <= schema.get("maxItems", len(value)) and all(
                accepts(schema["items"], item, root) for item in value
            )
        case str():
            fits = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
            return fits and re.search(schema.get("pattern", ""), value) is not None
        case int():
            return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
        case _:
            return True


def accepts_object(schema: Schema, value: dict[str, Any], root: Schema) -> bool:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    return (
        set(schema.get("required", ())) <= value.keys()
        and len(value) <= schema.get("maxProperties", len(value))
        and all(
            accepts(properties[name], item, root)
            if name in properties
            else others is True or accepts(others, item, root)
            for name, item in value.items()
        )
    )


def json_form(event: object) -> dict[str, Any]:
    form: dict[str, Any] = json.loads(msgspec.json.encode(event))
    return form


def every_schema_in(schema: Schema) -> list[Schema]:
    """This schema and all those inside it."""
    inside = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    inside += [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    inside += [schema[key] for key in ("items", "additionalProperties") if key in schema]
    return [schema, *(found for part in inside for found in every_schema_in(part))]


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_is_plain_json_and_complete_in_itself(kind: str) -> None:
    schema = jsonschema.schema_of(kind)

    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == kind
    assert schema["properties"]["kind"]["enum"] == [kind]
    assert {"kind", "at", "zone", "date"} <= set(schema["required"]) <= set(schema["properties"])
    for part in every_schema_in(schema):
        assert part.keys() <= KEYWORDS
        assert part.get("$ref", "#/$defs/").removeprefix("#/$defs/") in {
            "",
            *schema.get("$defs", ()),
        }
        assert part.get("type", "object") in TYPES
        re.compile(part.get("pattern", ""))


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_says_when_the_event_is_written_and_what_each_field_means(kind: str) -> None:
    schema = jsonschema.schema_of(kind)

    told = [schema, *schema.get("$defs", {}).values()]
    assert all(len(part["description"].split()) >= 3 for part in told)
    assert not any("Attributes" in part["description"] for part in told)
    fields = [item for part in told for item in part.get("properties", {}).items()]
    assert all(field.get("description") for name, field in fields if name != "kind")


def test_a_merge_rule_is_part_of_what_a_schema_says() -> None:
    description = jsonschema.schema_of("entry.revised")["description"]

    assert "\nMerge: each field by itself, the causally later wins." in description


def test_one_schema_takes_them_all() -> None:
    schema = jsonschema.all_schemas()

    assert json.loads(json.dumps(schema)) == schema
    titles = {
        schema["$defs"][part["$ref"].removeprefix("#/$defs/")]["title"] for part in schema["oneOf"]
    }
    assert titles == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@FEW
def test_every_schema_takes_the_events_of_its_kind(kind: str, data: st.DataObject) -> None:
    form = json_form(data.draw(event_of(kind)))

    schema, either = SCHEMAS[kind], ALL
    assert accepts(schema, form, schema)
    assert accepts(either, form, either)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), wrong=st.sampled_from(WRONG))
@FEW
def test_no_schema_takes_what_the_codec_does_not(
    kind: str, data: st.DataObject, wrong: object
) -> None:
    form = json_form(data.draw(event_of(kind)))
    form[data.draw(st.sampled_from(sorted(form)))] = wrong

    try:
        event = msgspec.json.decode(msgspec.json.encode(form), type=KINDS[kind])
        known = is_day(event.date)
    except msgspec.ValidationError:
        known = False

    assert accepts(SCHEMAS[kind], form, SCHEMAS[kind]) == known


def test_a_kind_nobody_knows_has_no_schema() -> None:
    with pytest.raises(KeyError):
        jsonschema.schema_of("dream.told")


SCHEMAS = {kind: jsonschema.schema_of(kind) for kind in KINDS}
ALL = jsonschema.all_schemas()
