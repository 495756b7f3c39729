"""A measured report beside the prediction: which declared features its lines are about, and what the twin reads there.

Lines whose features have places are found by laying the drawing over the part; lines that only have names are found
by the scenario's ``measured.yaml``, where one name may stand for a group of features, whose mean is compared, or for a
sum (a length between two ends, a distance from an edge), and where a line that means nothing here says why.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from twin.errors import InputError
from twin.formats.qif import QifMeasurement, QifResults
from twin.inspection.callout import CHARACTERISTICS, Callout
from twin.inspection.features import Circle, Feature, Slot, frame
from twin.inspection.probing import ONE_CIRCLE
from twin.inspection.register import matches, register
from twin.resources import shared_folder

# Kinds of characteristics in QIF and what they are here, of the feature's own kind.
NAMES = {
    "Diameter": "diameter",
    "Circularity": "roundness",
    "Cylindricity": "cylindricity",
    "Flatness": "flatness",
    "Perpendicularity": "perpendicularity",
    "Parallelism": "parallelism",
    "Position": "position",
    "SurfaceProfile": "profile",
    "DistanceBetween": "thickness",
    "Width": "width",
}
PLACED = (
    "position",
    "profile",
)  # mean nothing without their datums; an orientation then is against the machine's frame
FEWEST_POINTS = 6  # of a plan for a hole
WRONG_UNITS = {"inches": 25.4, "metres": 1000.0, "micrometres": 1e-3, "millimetres, stated as inches": 1 / 25.4}


@dataclass(frozen=True)
class Line:
    """One line of the measured report."""

    measurement: QifMeasurement
    name: str  # of the characteristic
    kind: str
    nominal: float  # [m] as the report states it
    on: str  # feature as the report names it; empty where it names none
    callouts: tuple[Callout, ...]  # what the twin reads there; none where it cannot tell
    weights: tuple[float, ...]  # of the callouts: a mean, or a sum
    why: str  # no callouts

    @property
    def remark(self) -> str:
        """Why nothing is compared, or how."""
        if self.why or len(self.callouts) < 2:
            return self.why
        if len(set(self.weights)) == 1:
            return f"mean of {len(self.callouts)}"
        return "from " + ", ".join(dict.fromkeys(callout.feature for callout in self.callouts))


def component_of(report: QifResults, file: Path, scenario: str, plate: int | None, asked: str | None) -> str:
    """The part of the report that the run is about.

    Raises:
        InputError: several, and none is asked for or known.
    """
    known = report.components
    wanted = asked or (None if plate is None else _names(scenario, file).get("component", "{part}").format(part=plate))
    if wanted in known:
        return str(wanted)
    if len(known) == 1 and asked is None:
        return known[0]
    what = f"has no part '{wanted}'" if wanted else f"holds {len(known)} parts"
    raise InputError(what, file=file, remedy="name one with --component: " + ", ".join(known))


def lines_of(
    report: QifResults, file: Path, component: str, scenario: str, features: Sequence[Feature]
) -> tuple[Line, ...]:
    """Every line of one part's report, with what it means here.

    Raises:
        InputError: the report states no nominal values, or lengths in another unit than it says.
    """
    if not any(np.isfinite(c.nominal) and c.nominal > 0 for c in report.characteristics.values()):
        raise InputError("states no nominal values", file=file, remedy="export the report with its nominals")
    by_place = _placed(report, file, features)[0]
    table = _names(scenario, file)
    by_name = {name: row for key in ("rows", "lines") for row in table.get(key, []) for name in row["names"]}
    declared = {f.name: f for f in features}
    lines = []
    for m in (m for m in report.measurements if m.component == component):
        known = report.characteristics[m.characteristic]
        on = next((report.features[f].name for f in m.features if f in report.features), "")
        row = by_name.get(f"{known.name}/{on}") or by_name.get(known.name)
        if row and "features" not in row:
            callouts, weights = _sum(row, file, declared)
            lines.append(Line(m, known.name, known.kind, known.nominal, on, callouts, weights, row.get("why", "")))
            continue
        names = tuple(row["features"]) if row else tuple(by_place[f] for f in m.features if f in by_place)
        what = row["characteristic"] if row else NAMES.get(known.kind, "")
        datums = tuple(by_place[f] for label in known.datums for f in report.datums.get(label, ()) if f in by_place)
        tied = len(datums) == len(known.datums)
        callouts = tuple(
            Callout(name, what, datums if tied else ())
            for name in names
            if name in declared and what in CHARACTERISTICS[type(declared[name])]
        )
        why = "" if callouts else _why(known.kind, names, on)
        if callouts and not tied and what in PLACED:
            callouts, why = (), "its datums " + " | ".join(known.datums) + " are tied to no feature"
        mean = (1 / len(callouts),) * len(callouts) if callouts else ()
        lines.append(Line(m, known.name, known.kind, known.nominal, on, callouts, mean, why))
    return tuple(lines)


def _sum(
    row: Mapping[str, Any], file: Path, declared: Collection[str]
) -> tuple[tuple[Callout, ...], tuple[float, ...]]:
    """Callouts of a row ``sum: [[factor, feature, characteristic, datum …], …]``, and their factors."""
    terms = row.get("sum", [])
    unknown = {name for _, name, _, *datums in terms for name in (name, *datums)} - set(declared)
    if unknown:
        raise InputError(
            f"measured.yaml names the feature '{min(unknown)}' for {', '.join(row['names'])}",
            file=file,
            remedy="declare it among the features of the scenario",
        )
    callouts = tuple(Callout(name, what, tuple(datums)) for _, name, what, *datums in terms)
    return callouts, tuple(float(factor) for factor, *_ in terms)


def _why(kind: str, names: tuple[str, ...], on: str) -> str:
    if kind not in NAMES:
        return f"{kind} is not in the twin's subset"
    if not names:
        return "not a declared feature" if on else "names no feature"
    return "the feature has no such characteristic"


def plan_of(report: QifResults, file: Path, features: Sequence[Feature]) -> dict[str, np.ndarray]:
    """Points (point, 3) [m] where the report's plan measures declared holes, each in the frame of its feature, about
    the axis and the middle of their heights: a report does not say how high the part lies in the machine. Only plans
    that tell a cylinder: six points of its wall or more, at two heights or more."""
    by_place, turn = _placed(report, file, features)
    declared, level = {f.name: f for f in features}, np.eye(3)
    level[:2, :2] = turn
    plan = {}
    for id_, name in by_place.items():
        found = report.features[id_]
        hole = declared[name]
        if isinstance(hole, Circle) and len(found.points):
            local = (found.points - found.point) @ level.T @ frame(hole).T
            local = local[np.linalg.norm(local[:, :2], axis=1) > hole.diameter / 4]
            if len(local) >= FEWEST_POINTS and np.ptp(local[:, 2]) > ONE_CIRCLE:
                plan[name] = local - [0.0, 0.0, np.mean([local[:, 2].min(), local[:, 2].max()])]
    return plan


def _placed(report: QifResults, file: Path, features: Sequence[Feature]) -> tuple[dict[str, str], np.ndarray]:
    """Names of declared circles and slots by the id of the report's cylinders and opposite lines, and the turn (2, 2)
    from the drawing to the part."""
    circles = [f for f in features if isinstance(f, (Circle, Slot))]
    there = [
        f
        for f in report.features.values()
        if f.kind in ("Cylinder", "Circle", "OppositeParallelLines") and np.isfinite([*f.point, f.diameter]).all()
    ]
    if len(circles) < 3 or len(there) < 3:
        return {}, np.eye(2)
    place, diameter = np.array([f.point[:2] for f in there]), np.array([f.diameter for f in there])
    declared, size = (
        np.array([c.centre[:2] for c in circles]),
        np.array([c.width if isinstance(c, Slot) else c.diameter for c in circles]),
    )
    found = register(place, diameter, declared, size)
    if found is None:
        for unit, factor in WRONG_UNITS.items():
            if register(place * factor, diameter * factor, declared, size) is not None:
                raise InputError(
                    f"its features fit the part only if its lengths are in {unit}",
                    file=file,
                    remedy="correct LinearUnit",
                )
        return {}, np.eye(2)
    match = matches(place, diameter, declared, size, *found)
    return {f.id: circles[k].name for f, k in zip(there, match, strict=True) if k >= 0}, found[0]


def _names(scenario: str, file: Path) -> dict:
    """What the scenario's measured.yaml says of this report; empty where it says nothing."""
    table = shared_folder("scenarios") / scenario / "measured.yaml"
    if not table.is_file():
        return {}
    laboratories = yaml.safe_load(table.read_text())["laboratories"].values()
    return next((lab for lab in laboratories if Path(lab["file"]).name == file.name), {})
