"""From the units that instruments, files and servers write to the suffixes of our channel names."""

import re
from functools import cache
from pathlib import Path

import yaml

from twin.errors import InputError
from twin.units import split_suffix

FILE = Path(__file__).with_name("unit_symbols.yaml")
CLOSE = 1e-9
_NO_NAME = re.compile(r"[^0-9a-z]+")


@cache
def _symbols() -> dict[str, tuple[str, float]]:
    rows = yaml.safe_load(FILE.read_text())
    return {symbol: (row["suffix"], float(row.get("factor", 1.0))) for symbol, row in rows.items()}


@cache
def shown_units() -> dict[str, tuple[str, str]]:
    """Suffix of ours -> symbol that others know it by, and its code in UNECE Recommendation 20."""
    rows = yaml.safe_load(FILE.read_text())
    return {row["suffix"]: (symbol, row["code"]) for symbol, row in rows.items() if "code" in row}


def suffix_of(symbol: str) -> tuple[str, float] | None:
    """Suffix of ours and factor to it for a unit as it is written; None: we have none, such as for volts."""
    return _symbols().get(symbol.strip().strip("[]()").strip())


def named(name: str, symbol: str) -> tuple[str, float]:
    """Our name for a channel ``name`` in ``symbol``, and the factor to its unit; a unit we do not know stays as it is.

    ``("Force X", "kN")`` is ``("force_x_n", 1000.0)``.
    """
    bare = _NO_NAME.sub("_", name.lower()).strip("_") or "channel"
    suffix, factor = suffix_of(symbol) or (_NO_NAME.sub("_", symbol.lower()).strip("_"), 1.0)
    if not suffix or bare.endswith(f"_{suffix}"):
        return bare, factor
    return f"{bare}_{suffix}", factor


def factor_between(symbol: str, name: str) -> float | None:
    """What a value in ``symbol`` is multiplied by for channel ``name``; None: one of the units is unknown.

    Raises:
        InputError: they measure different things.
    """
    theirs, ours = suffix_of(symbol), split_suffix(name)
    if theirs is None or ours is None:
        return None
    _, si, unit = split_suffix(f"x_{theirs[0]}") or ("", 1.0, "")
    if unit != ours[2]:
        raise InputError(f"channel {name} is in {ours[2]}, the source gives {symbol}", remedy="check the channel map")
    return theirs[1] * si / ours[1]


def checked_factor(name: str, symbol: str, stated: float | None) -> float:
    """The factor for channel ``name``: ``stated`` by the user, else from the unit ``symbol`` that the source gives.

    Raises:
        InputError: the unit is of another kind, or the stated factor contradicts it.
    """
    given = factor_between(symbol, name)
    if stated is None:
        return 1.0 if given is None else given
    if given is not None and abs(given - stated) > CLOSE * abs(given):
        raise InputError(
            f"channel {name}: factor {stated:g} is stated, but the source gives {symbol}, which is {given:g}",
            remedy="leave the factor out, or correct it",
        )
    return stated
