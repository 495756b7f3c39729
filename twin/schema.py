"""What the schema says of a dotted key of the configuration: meaning, unit, type, choices, what is allowed."""

import ast
import dataclasses
import inspect
import re
import textwrap
import types
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from twin.config import Range, match_key, schema_fields
from twin.errors import InputError
from twin.named import parts
from twin.units import SUFFIX, Uncertain

MARKUP = re.compile(r"(?::\w+:)?`{1,2}~?([^`]*)`{1,2}")  # of :class:`name` and ``name``


class NotGiven(Enum):
    """Stands for a value that is not there."""

    NOT_GIVEN = "not given"


NOT_GIVEN = NotGiven.NOT_GIVEN


@dataclass(frozen=True)
class Meaning:
    """What is known of one key without any value."""

    hint: Any
    """Annotation, without ``| None``."""
    doc: str
    """The docstring under the field; of an entry of a list or mapping, that of its class."""
    owner: str = ""
    """Class and field, ``Tool.stick_out``."""
    default: Any = NOT_GIVEN
    """SI; NOT_GIVEN where the key is required."""
    optional: bool = False
    """Whether it may be null."""

    @property
    def schema(self) -> type | None:
        """The dataclass of the keys below, if there are such."""
        return self.hint if dataclasses.is_dataclass(self.hint) and isinstance(self.hint, type) else None

    @property
    def unit(self) -> str | None:
        """SI unit of a quantity, else None."""
        found = _annotated(self.hint)
        return get_args(found)[1] if found is not None else None

    @property
    def allowed(self) -> Range | None:
        """What a quantity may be, where the schema says so."""
        found = _annotated(self.hint)
        return next((part for part in get_args(found) if isinstance(part, Range)), None) if found is not None else None

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that are allowed."""
        return tuple(str(choice) for choice in get_args(self.hint)) if get_origin(self.hint) is Literal else ()

    @property
    def kind(self) -> str:
        """The type in words."""
        return _kind(self.hint) + (", or null" if self.optional else "")


def meaning_of(root: Any, key: str) -> Meaning:
    """What ``root`` says of ``key`` below it.

    Args:
        root: a dataclass, or an annotation that holds one: ``dict[int, Tool]``.
        key: dotted key, with or without the unit at its end; entries of lists in brackets; empty: the root itself.

    Raises:
        InputError: the schema has no such key.
    """
    found = Meaning(root, _doc_of(root))
    path = ""
    for name, bracketed in parts(key):
        path = f"{path}[{name}]" if bracketed else f"{path}.{name}".lstrip(".")
        found = _below(found, name, path)
    return found


@lru_cache(maxsize=512)
def docstrings(schema: type) -> dict[str, str]:
    """What stands under each field of a dataclass, or as a comment beside it; inherited fields as well."""
    found: dict[str, str] = {}
    for cls in reversed(schema.__mro__):
        if not dataclasses.is_dataclass(cls):
            continue
        source = textwrap.dedent(inspect.getsource(cls))
        lines = source.splitlines()
        (definition,) = ast.parse(source).body
        assert isinstance(definition, ast.ClassDef)
        for field, said in zip(definition.body, [*definition.body[1:], None], strict=True):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            if isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant):
                found[field.target.id] = _plain(str(said.value.value))
            else:
                beside = lines[(field.end_lineno or field.lineno) - 1][field.end_col_offset or 0 :]
                found[field.target.id] = _plain(beside.partition("#")[2])
    return found


def key_of(field: str, hint: Any) -> str:
    """A field as the configuration writes it: a quantity with its usual unit."""
    found = _annotated(hint)
    if found is None:
        return field
    usual = {"m": "mm", "m/s": "mm_min", "rad": "deg", "1": "ratio", "rad/s": "rpm", "degC": "degc", "Pa": "n_mm2"}
    unit = get_args(found)[1]
    suffix = usual.get(unit) or next((name for name, (_, si) in SUFFIX.items() if si == unit), "")
    return f"{field}_{suffix}" if suffix else field


def _below(above: Meaning, name: str, path: str) -> Meaning:
    """One key further down."""
    origin, inner = get_origin(above.hint), get_args(above.hint)
    if above.schema is not None:
        fields, hints = schema_fields(above.schema)
        field = fields[match_key(name, fields, path)[0]]
        hint, optional = _without_none(hints[field.name])
        default = NOT_GIVEN if field.default is dataclasses.MISSING else field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        doc = docstrings(above.schema).get(field.name, "") or _doc_of(_inner(hint))
        return Meaning(hint, doc, f"{above.schema.__name__}.{field.name}", default, optional)
    if origin is dict:
        hint, optional = _without_none(inner[1])
    elif origin in (tuple, list):
        hint, optional = _without_none(inner[0])
    elif above.hint is Any:
        return Meaning(Any, above.doc, above.owner)
    else:
        raise InputError(f"{path} leads below a single value", remedy="leave out what follows it", key=path)
    return Meaning(hint, _doc_of(hint) or above.doc, above.owner, optional=optional)


def _doc_of(hint: Any) -> str:
    """First paragraph of a dataclass's docstring, on one line."""
    if not dataclasses.is_dataclass(hint):
        return ""
    return _plain((inspect.getdoc(hint) or "").partition("\n\n")[0])


def _plain(text: str) -> str:
    """A docstring on one line, without marks of its markup."""
    return " ".join(MARKUP.sub(r"\1", text).split())


def _inner(hint: Any) -> Any:
    """What a list or a mapping holds."""
    origin, inner = get_origin(hint), get_args(hint)
    return inner[1] if origin is dict else inner[0] if origin in (tuple, list) else hint


def _without_none(hint: Any) -> tuple[Any, bool]:
    """An annotation without ``| None``, and whether it had one."""
    if get_origin(hint) in (Union, types.UnionType):
        rest = [option for option in get_args(hint) if option is not type(None)]
        return rest[0], len(rest) < len(get_args(hint))
    return hint, False


def _annotated(hint: Any) -> Any:
    """The quantity that an annotation is, or that its list holds."""
    hint, _ = _without_none(hint)
    if get_origin(hint) is Annotated:
        return hint
    if get_origin(hint) in (tuple, list):
        return _annotated(get_args(hint)[0])
    return None


def _kind(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return "number, or value ± standard deviation" if inner[0] is Uncertain else "number"
    if origin is Literal:
        return "one word"
    if origin in (tuple, list):
        if origin is tuple and Ellipsis not in inner:
            return f"list of {len(inner)}: {_kind(inner[0])} each"
        return f"list: {_kind(inner[0])} each"
    if origin is dict:
        return f"mapping: {_kind(inner[1])} each"
    if dataclasses.is_dataclass(hint):
        return "keys"
    names = {float: "number", int: "whole number", str: "text", bool: "true or false"}
    return names.get(hint, "anything")
