"""What laboratories measured on a part that a scenario describes, beside the features that the twin predicts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from twin.data import recording
from twin.errors import InputError
from twin.formats.qif import QifResults, read_qif
from twin.resources import shared_folder


@dataclass(frozen=True)
class Measured:
    """Measured characteristics of one part, by laboratory.

    Where a report does not tell the features of a group apart, all of them carry the group's mean,
    lowest and highest value, and ``n_alike`` says how many share them.
    """

    laboratory: tuple[str, ...]  # (laboratory,)
    name: tuple[str, ...]  # (row,) feature
    characteristic: tuple[str, ...]  # (row,)
    nominal: np.ndarray  # (row,) [m] as the reports state it
    value: np.ndarray  # (laboratory, row) [m]; NaN where it was not measured
    lowest: np.ndarray  # (laboratory, row) [m]
    highest: np.ndarray  # (laboratory, row) [m]
    n_alike: np.ndarray  # (laboratory, row) int; 0 where it was not measured

    def of(self, name: str, characteristic: str) -> np.ndarray:
        """Values of one characteristic, (laboratory,) [m]; NaN where nobody measured it."""
        if (name, characteristic) not in zip(self.name, self.characteristic, strict=True):
            return np.full(len(self.laboratory), np.nan)
        return self.value[:, list(zip(self.name, self.characteristic, strict=True)).index((name, characteristic))]


def measured(scenario: str, part: int) -> Measured | None:
    """What was measured on ``part`` (the plate) of ``scenario``; None where the scenario has no measurements.

    Raises:
        InputError: the reports are not to be had, or hold no such part or characteristic.
    """
    file = shared_folder("scenarios") / scenario / "measured.yaml"
    if not file.is_file():
        return None
    laboratories: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text())["laboratories"]
    rows = dict.fromkeys(
        (name, row["characteristic"])
        for laboratory in laboratories.values()
        for row in laboratory["rows"]
        for name in row["features"]
    )
    place = {row: i for i, row in enumerate(rows)}
    nominal = np.full(len(rows), np.nan)
    value, lowest, highest = np.full((3, len(laboratories), len(rows)), np.nan)
    n_alike = np.zeros((len(laboratories), len(rows)), dtype=int)
    for i, laboratory in enumerate(laboratories.values()):
        report = read_qif(recording(laboratory["file"]))
        component = laboratory["component"].format(part=part)
        if component not in report.components:
            raise InputError(f"has no part '{component}'", file=laboratory["file"])
        for row in laboratory["rows"]:
            found = [_value(report, component, name, laboratory["file"]) for name in row["names"]]
            values = np.array([v for v, _ in found])
            at = [place[name, row["characteristic"]] for name in row["features"]]
            value[i, at], lowest[i, at], highest[i, at] = values.mean(), values.min(), values.max()
            n_alike[i, at] = len(values)
            nominal[at] = found[0][1]
    return Measured(
        laboratory=tuple(laboratories),
        name=tuple(name for name, _ in rows),
        characteristic=tuple(characteristic for _, characteristic in rows),
        nominal=nominal,
        value=value,
        lowest=lowest,
        highest=highest,
        n_alike=n_alike,
    )


def _value(report: QifResults, component: str, name: str, file: str) -> tuple[float, float]:
    """Measured and nominal value of CHARACTERISTIC or CHARACTERISTIC/FEATURE of one part [m]."""
    characteristic, _, feature = name.partition("/")
    for m in report.measurements:
        known = report.characteristics[m.characteristic]
        on = [report.features[f].name for f in m.features if f in report.features]
        if m.component == component and known.name == characteristic and (not feature or feature in on):
            return m.value, known.nominal
    raise InputError(f"part '{component}' has no characteristic '{name}'", file=file)
