"""Checks plain data against a JSON Schema (draft 2020-12), as far as our schemas use it.

Known: type, enum, pattern, minLength, items, minItems, properties, required, additionalProperties (false),
minProperties, maxProperties, $ref within the schema. A schema that uses another word is an error of ours, not ignored.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

TYPES: dict[str, Any] = {
    "object": Mapping,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}
NOTES = {"$schema", "$defs", "title", "description"}


def violations(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any] | None = None, at: str = ""
) -> Iterator[str]:
    """What contradicts the schema, each with the place in the data; nothing where it is kept.

    Raises:
        NotImplementedError: the schema uses a word that is not known here.
    """
    root = schema if root is None else root
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        yield from violations(value, root["$defs"][name], root, at)
        return
    unknown = set(schema) - NOTES - set(CHECKS) - {"items", "properties", "additionalProperties"}
    if unknown:
        raise NotImplementedError(f"JSON Schema: {min(unknown)}")
    found = [said for word, check in CHECKS.items() if word in schema for said in check(value, schema[word])]
    yield from (f"{at or 'the file'} {said}" for said in found)
    if found:
        return
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        for name, one in value.items():
            place = f"{at}.{name}" if at else str(name)
            if name in known:
                yield from violations(one, known[name], root, place)
            elif schema.get("additionalProperties", True) is False:
                yield f"{place} is not known; there are " + ", ".join(known)
    elif isinstance(value, list) and "items" in schema:
        for k, one in enumerate(value):
            yield from violations(one, schema["items"], root, f"{at}[{k}]")


def _of_type(value: Any, name: str) -> Iterator[str]:
    if not isinstance(value, TYPES[name]) or (isinstance(value, bool) and name != "boolean"):
        article = "an" if name[0] in "aeio" else "a"
        yield f"is {value!r}, not {article} {name}"


def _required(value: Any, names: list[str]) -> Iterator[str]:
    yield from (f"has no {name}" for name in names if isinstance(value, Mapping) and name not in value)


def _one_of(value: Any, words: list[Any]) -> Iterator[str]:
    if value not in words:
        yield f"is {value!r}, not one of " + ", ".join(map(str, words))


def _pattern(value: Any, pattern: str) -> Iterator[str]:
    if isinstance(value, str) and not re.search(pattern, value):
        yield f"is {value!r}, which does not look like {pattern}"


def _least(kind: Any, what: str) -> Any:
    def check(value: Any, least: int) -> Iterator[str]:
        if isinstance(value, kind) and len(value) < least:
            yield f"has fewer than {least} {what}"

    return check


def _most(value: Any, most: int) -> Iterator[str]:
    if isinstance(value, Mapping) and len(value) > most:
        yield f"has more than {most} names"


CHECKS: dict[str, Any] = {
    "type": _of_type,
    "required": _required,
    "enum": _one_of,
    "pattern": _pattern,
    "minLength": _least(str, "characters"),
    "minItems": _least(list, "entries"),
    "minProperties": _least(dict, "names"),
    "maxProperties": _most,
}
