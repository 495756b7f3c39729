"""The priors of a configuration's parameters, from hardware/priors.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml

from twin.calibration.file import read_calibration, sha256_of
from twin.calibration.parameters import Parameter
from twin.calibration.posterior import WITHIN_95
from twin.config import build
from twin.errors import InputError
from twin.named import deviation_at, names_like, value_at

FILE = Path(__file__).with_name("priors.yaml")


@dataclass(frozen=True, kw_only=True)
class PriorRow:
    """One row of the file; numbers are in the unit that the names end in."""

    names: str
    """Pattern; ``chosen`` stands for the material's coefficients in force."""
    median: float | None = None
    """Where the configuration states no value."""
    spread: Any = "stated"
    """A number, or ``stated``: the configuration's own scatter."""
    kind: Literal["normal", "log_normal"] = "log_normal"
    lower: float | None = None
    upper: float | None = None
    source: str = "the configuration's own value and scatter"
    """Why."""


def priors(config: Mapping[str, Any], file: Path = FILE, root: str = "") -> tuple[Parameter, ...]:
    """Every parameter of ``config`` that the file knows and whose name begins with ``root``, with its prior.

    A parameter that is zero or left out where the file gives a median has that median: the machine is not that ideal.

    Raises:
        InputError: a value without a spread.
    """
    found = []
    for number, values in enumerate(yaml.safe_load(file.read_text())):
        row = build(PriorRow, values, f"[{number}]", file=file)
        if not row.names.startswith(root):
            continue
        for name in names_like(config, _in_force(config, row.names)):
            median = value_at(config, name) or row.median
            if median is not None:
                found.append(_parameter(config, name, median, row))
    return tuple(found)


def _parameter(config: Mapping[str, Any], name: str, median: float, row: PriorRow) -> Parameter:
    spread = deviation_at(config, name) if row.spread == "stated" else float(row.spread)
    if not spread:
        raise InputError(f"{name} states no scatter", remedy=f"give it a spread in {FILE.name}")
    if row.spread == "stated":
        spread = float(np.sqrt(np.log1p(spread**2)))  # of the logarithm, of the same relative scatter
    return Parameter(
        name=name,
        median=median,
        spread=spread,
        kind=row.kind,
        lower=-np.inf if row.lower is None else row.lower,
        upper=np.inf if row.upper is None else row.upper,
        source=row.source,
    )


def _in_force(config: Mapping[str, Any], pattern: str) -> str:
    return pattern.replace("[chosen]", f"[{config['material']['chosen']}]")


def known(config: Mapping[str, Any], root: str) -> tuple[Parameter, ...]:
    """What is known of the parameters that begin with ``root``: their priors, or what the configuration's calibration
    left of them, where its file is still there. What the recordings of a calibration correlate is taken as independent.

    Raises:
        InputError: a value without a spread.
    """
    found = {p.name: p for p in priors(config, root=root)}
    note = config.get("calibration")
    if note and Path(note["file"]).is_file() and sha256_of(Path(note["file"])) == note["sha256"]:
        for name, row in read_calibration(Path(note["file"])).parameters.items():
            if name in found and row.verdict != "prior only":
                log = found[name].kind == "log_normal"
                width = np.log(row.upper_95 / row.lower_95) if log else row.upper_95 - row.lower_95
                found[name] = replace(found[name], spread=float(width) / (2 * WITHIN_95))
    return tuple(found.values())
