"""From the YAML of conf/ to checked SI values.

A schema is a dataclass; every quantity in it is annotated with its SI unit (``Length``, ``Speed`` …).
The key outside carries the unit: ``stick_out_mm: 30`` fills the field ``stick_out: Length``.
``Annotated[Length, POSITIVE]`` also says what is allowed.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from math import inf
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

from twin.errors import InputError, nearest
from twin.units import SUFFIX, Uncertain, split_suffix

T = TypeVar("T")


class Range(NamedTuple):
    """What a quantity may be, in SI."""

    lower: float = -inf
    upper: float = inf
    lower_open: bool = False
    """Whether ``lower`` itself is not allowed."""

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies within."""
        return self.lower <= value <= self.upper and not (self.lower_open and value == self.lower)

    def words(self, factor: float = 1.0) -> str:
        """As a reader says it, in the unit of ``factor``."""
        if self.upper == inf:
            return f"{'above' if self.lower_open else 'at least'} {self.lower / factor:g}"
        return f"{self.lower / factor:g}{' (not itself)' if self.lower_open else ''} to {self.upper / factor:g}"


POSITIVE = Range(0.0, lower_open=True)
NOT_NEGATIVE = Range(0.0)
SHARE = Range(0.0, 1.0)


def build(schema: type[T], values: Mapping[str, Any], where: str = "", *, file: object = None) -> T:
    """Return ``schema`` filled from ``values``, converted to SI.

    Args:
        schema: a dataclass.
        values: plain data (mappings, lists, scalars), keys with unit suffixes.
        where: dotted key of ``values``, for messages.
        file: the file it came from, for messages.

    Raises:
        InputError: unknown key, missing key, wrong type, wrong or missing unit.
    """
    if not isinstance(values, Mapping):
        raise InputError(f"{where or 'configuration'} is {values!r}, not a mapping", file=file, key=where)
    fields, hints = schema_fields(schema)
    filled: dict[str, Any] = {}
    for key, value in values.items():
        path = f"{where}.{key}" if where else str(key)
        name, factor, unit = match_key(str(key), fields, path, file)
        filled[name] = _convert(hints[name], value, factor, unit, path, file)
    missing = [f.name for f in fields.values() if f.name not in filled and _required(f)]
    if missing:
        raise InputError(
            f"{where or schema.__name__} lacks {', '.join(missing)}",
            file=file,
            remedy="add it, with its unit",
            key=where,
        )
    try:
        return schema(**filled)
    except InputError as error:  # of its __post_init__, which does not know where it stands
        raise InputError(error.message, file=file, remedy=error.remedy, key=where) from None


def schema_fields(schema: Any) -> tuple[dict[str, dataclasses.Field], dict[str, Any]]:
    """Fields of a schema and their annotations, by name."""
    return {f.name: f for f in dataclasses.fields(schema)}, typing.get_type_hints(schema, include_extras=True)


def _required(field: dataclasses.Field) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def match_key(
    key: str, fields: Mapping[str, dataclasses.Field], path: str, file: object = None
) -> tuple[str, float, str | None]:
    """Field name, factor and SI unit (None: no suffix) that ``key``, at ``path``, stands for.

    Raises:
        InputError: no such field.
    """
    if key in fields:
        return key, 1.0, None
    split = split_suffix(key)
    if split and split[0] in fields:
        return split
    hint = nearest(split[0] if split else key, fields)
    raise InputError(
        f"unknown key {path}",
        file=file,
        remedy=f"{hint}known: {', '.join(sorted(fields))}; a quantity ends in its unit",
        key=path,
    )


def _convert(hint: Any, value: Any, factor: float, unit: str | None, path: str, file: object) -> Any:
    """Check ``value`` against the annotation ``hint`` and bring it to SI."""
    origin = get_origin(hint)
    if origin is Annotated:
        kind, expected, *allowed = get_args(hint)
        if unit is None and expected == "1" and path.rsplit(".", 1)[-1].endswith("_ratio"):
            unit = "1"
        if unit is None:
            raise InputError(f"{path} has no unit", file=file, remedy=f"end the key in {_endings(expected)}", key=path)
        if unit != expected:
            raise InputError(
                f"{path} is in {unit}, expected {expected}",
                file=file,
                remedy=f"end the key in {_endings(expected)}",
                key=path,
            )
        middle, *deviation = _uncertain(value, path, file) if kind is Uncertain else (_number(value, path, file),)
        for within in allowed:
            if not within.holds(middle * factor):
                raise InputError(f"{path} is {value}", file=file, remedy=f"allowed: {within.words(factor)}", key=path)
        return Uncertain(middle * factor, deviation[0] * factor) if deviation else middle * factor
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        if value is None:
            return None
        return _convert(options[0], value, factor, unit, path, file)
    if origin is Literal:
        if value not in get_args(hint):
            known = [str(choice) for choice in get_args(hint)]
            raise InputError(
                f"{path} is {value!r}",
                file=file,
                remedy=f"{nearest(str(value), known)}one of {', '.join(known)}",
                key=path,
            )
        return value
    if origin in (tuple, list):
        if not isinstance(value, (list, tuple)):
            raise InputError(f"{path} is {value!r}, not a list", file=file, key=path)
        inner = get_args(hint)
        if origin is tuple and not (len(inner) == 2 and inner[1] is Ellipsis):
            if len(value) != len(inner):
                raise InputError(f"{path} has {len(value)} entries, expected {len(inner)}", file=file, key=path)
            return tuple(
                _convert(h, v, factor, unit, f"{path}[{i}]", file)
                for i, (h, v) in enumerate(zip(inner, value, strict=True))
            )
        return origin(_convert(inner[0], v, factor, unit, f"{path}[{i}]", file) for i, v in enumerate(value))
    if origin is dict:
        if not isinstance(value, Mapping):
            raise InputError(f"{path} is {value!r}, not a mapping", file=file, key=path)
        key_type, inner_hint = get_args(hint)
        return {key_type(k): _convert(inner_hint, v, factor, unit, f"{path}.{k}", file) for k, v in value.items()}
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type, hint), value, path, file=file)
    if hint is float:
        return _number(value, path, file)
    if hint in (int, bool, str):
        if type(value) is not hint:
            raise InputError(f"{path} is {value!r}, expected {hint.__name__}", file=file, key=path)
        return value
    if hint is Any:
        return value
    raise TypeError(f"no rule to read {path} as {hint}")


def _endings(unit: str) -> str:
    """The suffixes of a unit: ``_mm, _um``."""
    return ", ".join(f"_{suffix}" for suffix, (_, si) in SUFFIX.items() if si == unit)


def _number(value: Any, path: str, file: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise InputError(f"{path} is {value!r}, not a number", file=file, key=path)
    return float(value)


def _uncertain(value: Any, path: str, file: object) -> tuple[float, float]:
    """Value and deviation of ``2810 ± 10`` or of a bare number."""
    if not isinstance(value, str):
        return _number(value, path, file), 0.0
    try:
        middle, deviation = (float(part) for part in value.split("±"))
    except ValueError:
        middle, deviation = 0.0, -1.0
    if not deviation >= 0 or middle != middle:
        raise InputError(
            f"{path} is '{value}'", file=file, remedy="write value ± standard deviation, as 2810 ± 10", key=path
        )
    return middle, deviation
