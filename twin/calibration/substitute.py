"""A model with other values of the parameters that are named: traced ones too.

Models are trees of dataclasses, mappings and tuples; a name leads to a field as in the configuration
(:mod:`twin.named`), and its unit suffix says how the value becomes SI.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from twin.compiled import Array
from twin.errors import InputError
from twin.named import entry_of, parts
from twin.units import split_suffix


def substituted(model: Any, root: str, values: Mapping[str, Array]) -> Any:
    """``model`` with those of ``values`` whose names begin with ``root``; the others concern other models.

    Args:
        model: what the configuration calls ``root``: ``machine.thermal``.
        root: without a dot at its end.
        values: name -> value in the unit of the name.

    Raises:
        InputError: a name that leads nowhere in the model.
    """
    for name, value in values.items():
        if name.startswith(f"{root}."):
            model = _replaced(model, parts(name.removeprefix(f"{root}.")), value, name)
    return model


def _replaced(node: Any, path: list[tuple[str, bool]], value: Array, name: str) -> Any:
    (key, bracketed), *rest = path
    if bracketed and isinstance(node, (list, tuple)):
        number = entry_of(node, key, name)
        return (*node[:number], _replaced(node[number], rest, value, name), *node[number + 1 :])
    if isinstance(node, Mapping) and key in node:
        return {**node, key: _replaced(node[key], rest, value, name)}
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        fields = {f.name for f in dataclasses.fields(node)}
        if rest and key in fields:
            return dataclasses.replace(node, **{key: _replaced(getattr(node, key), rest, value, name)})
        split = split_suffix(key)
        if not rest and split and split[0] in fields:
            return dataclasses.replace(node, **{split[0]: value * split[1]})
    raise InputError(f"the model has no parameter {name}: nothing is called {key!r}")
