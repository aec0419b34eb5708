"""JSON Schema (2020-12) of every kind, told from the structs and their docstrings.

It describes the JSON form of an event: bytes stand in it as base64.
"""

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, get_args, get_type_hints

import msgspec

from inglenook_schema.events.content import Content
from inglenook_schema.events.registry import KINDS

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE: Final = re.compile(r"^    (\w+): (.+(?:\n     .+)*)", re.MULTILINE)


def schema_of(kind: str) -> dict[str, Any]:
    """The schema of one kind.

    Raises:
        KeyError: No such kind.
    """
    shape = KINDS[kind]
    definitions = _definitions((shape,))
    own = definitions.pop(shape.__name__)
    return {"$schema": _DIALECT, **own, **({"$defs": definitions} if definitions else {})}


def all_schemas() -> dict[str, Any]:
    """One schema that takes an event of any kind; each stands under ``$defs``."""
    shapes = tuple(KINDS.values())
    return {
        "$schema": _DIALECT,
        "title": "Inglenook events",
        "description": "A content event of any kind we know.",
        "oneOf": [{"$ref": f"#/$defs/{shape.__name__}"} for shape in shapes],
        "$defs": _definitions(shapes),
    }


def _definitions(shapes: tuple[type[Content], ...]) -> dict[str, Any]:
    _, components = msgspec.json.schema_components(shapes)
    # Defaults come as Python's tuples; a JSON Schema holds lists.
    definitions: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(components))
    for shape in _structs(shapes):
        _describe(definitions[shape.__name__], shape)
    for shape in shapes:
        definitions[shape.__name__]["title"] = shape.__struct_config__.tag
    return definitions


def _describe(schema: dict[str, Any], shape: type[msgspec.Struct]) -> None:
    told = _attributes(shape)
    schema["description"] = _summary(shape)
    for field in msgspec.structs.fields(shape):
        # Under python -OO nothing is told: a schema without descriptions is one all the same.
        if field.name in told:
            schema["properties"][field.encode_name]["description"] = told[field.name]


def _structs(hints: Iterable[Any]) -> Iterator[type[msgspec.Struct]]:
    """The structs among these types, and those that lie inside them."""
    for hint in hints:
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            yield hint
            yield from _structs(get_type_hints(hint).values())
        else:
            yield from _structs(get_args(hint))


def _summary(shape: type[msgspec.Struct]) -> str:
    """What the docstring says above its attributes, a paragraph a line."""
    above = (inspect.getdoc(shape) or "").partition("\nAttributes:")[0]
    return "\n".join(" ".join(part.split()) for part in above.split("\n\n") if part.strip())


def _attributes(shape: type[msgspec.Struct]) -> dict[str, str]:
    """What the docstrings say of each field, inherited ones included."""
    told: dict[str, str] = {}
    for base in reversed(shape.__mro__):
        listed = inspect.cleandoc(base.__doc__ or "").partition("\nAttributes:\n")[2]
        told |= {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(listed)}
    return told
