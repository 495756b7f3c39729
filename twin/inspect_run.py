"""`twin inspect`: a finished run measured by the virtual CMM, alone or line by line against a measured report."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from twin.against import Line, component_of, lines_of, plan_of
from twin.config import build
from twin.cutting.material import PhysicalProperties
from twin.errors import InputError
from twin.formats.qif import QifCharacteristic, QifFeature, QifMeasurement, read_qif
from twin.formats.qif_write import QifPart, write_qif
from twin.inspection.callout import Callout, default_callouts
from twin.inspection.cmm import Cmm
from twin.inspection.features import Circle, Feature, Plane, read_features
from twin.inspection.probing import Probed, probe
from twin.inspection.virtual_cmm import Reading, read
from twin.prediction_scatter import Scatter, prediction_scatter
from twin.resources import shared_folder
from twin.result import Result, load
from twin.scenario import scenario_of
from twin.settings import read_settings
from twin.stock.cut import Surface
from twin.sweep.robust_job import GROUP, RobustnessConfig
from twin.units import MM, UM
from twin.workpiece.residual_stress import release_words

KIND = {
    "diameter": "Diameter",
    "roundness": "Circularity",
    "cylindricity": "Cylindricity",
    "flatness": "Flatness",
    "position": "Position",
    "perpendicularity": "Perpendicularity",
    "parallelism": "Parallelism",
    "profile": "SurfaceProfile",
    "thickness": "DistanceBetween",
    "width": "Width",
}


@dataclass(frozen=True)
class Inspected:
    """A run as the virtual CMM reads it."""

    title: str
    scenario: str
    plate: int | None
    cmm: Cmm
    features: tuple[Feature, ...]
    probed: Probed
    reading: Reading
    scatter: Scatter | None  # of the prediction; None: the run says too little of it
    against: Path | None
    component: str  # part of the measured report
    lines: tuple[Line, ...]  # of the measured report; none without it
    release: str  # what the prediction does about residual stress
    n_planned: int  # holes that are probed where the measured report's plan has its points; the others' are generated

    def of(self, callouts: tuple[Callout, ...], weights: tuple[float, ...] = ()) -> tuple[float, float, float]:
        """Value, combined standard uncertainty of measuring and mean error [m] of a weighted sum of callouts, without
        weights of their mean; NaN without any. The errors of measuring count as if they went together: at most so much.
        """
        r, rows, share = self.reading, *self._rows(callouts, weights)
        if not rows:
            return (np.nan, np.nan, np.nan)
        return float(share @ r.value[rows]), float(abs(share) @ r.monte_carlo[rows]), float(share @ r.mean_error[rows])

    def nominal(self, callouts: tuple[Callout, ...], weights: tuple[float, ...] = ()) -> float:
        """Nominal value [m], as of :meth:`of`."""
        rows, share = self._rows(callouts, weights)
        return float(share @ self.reading.nominal[rows]) if rows else np.nan

    def whole(self, callouts: tuple[Callout, ...], weights: tuple[float, ...] = ()) -> float:
        """Combined standard uncertainty of prediction and measuring [m], as of :meth:`of`: a cause of scatter moves all
        callouts together."""
        rows, share = self._rows(callouts, weights)
        if not rows:
            return np.nan
        return float(np.hypot(np.linalg.norm(share @ self.reading.scatter[rows]), self.of(callouts, weights)[1]))

    def _rows(self, callouts: tuple[Callout, ...], weights: tuple[float, ...]) -> tuple[list[int], np.ndarray]:
        rows = [self.reading.callout.index(c) for c in callouts]
        return rows, np.array(weights or [1 / len(rows)] * len(rows) if rows else [])


def inspect_run(
    folder: Path, cmm_file: Path | None = None, against: Path | None = None, component: str | None = None
) -> Inspected:
    """Measure the part of a finished run.

    Args:
        folder: of the run.
        cmm_file: the measuring machine, instead of conf/cmm/standard.yaml.
        against: a measured report (QIF).
        component: which part of it, where it holds several and the run does not say.

    Raises:
        InputError: no finished run, no features, no such machine, or a report that cannot be compared.
    """
    result = load(folder)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    scenario = config["scenario"]
    features = declared_features(config, folder)
    file = cmm_file or shared_folder("conf") / "cmm" / "standard.yaml"
    if not file.is_file():
        raise InputError("there is no such measuring machine", file=file, remedy="see conf/cmm/standard.yaml")
    cmm = build(Cmm, yaml.safe_load(file.read_text()), "cmm", file=file)
    which, lines, plan = "", tuple[Line, ...](), dict[str, np.ndarray]()
    if against is not None:
        report = read_qif(against)
        which = component_of(report, against, scenario["name"], scenario.get("plate"), component)
        lines, plan = lines_of(report, against, which, scenario["name"], features), plan_of(report, against, features)
    deviation = result["surface"]["deviation_um"].values.astype(float) * UM
    probed = probe(features, surface_of(result), deviation, cmm, plan)
    asked = dict.fromkeys((*default_callouts(features), *(c for line in lines for c in line.callouts)))
    scatter, effect = _scatter(config, folder, result, probed)
    reading = read(features, tuple(asked), probed, cmm, _expansion(config), effect)
    return Inspected(
        title=str(result.tree.attrs["title"]),
        scenario=scenario["name"],
        plate=scenario.get("plate"),
        cmm=cmm,
        features=features,
        probed=probed,
        reading=reading,
        scatter=scatter,
        against=against,
        component=which,
        lines=lines,
        release=release_words(config),
        n_planned=len(plan),
    )


def _scatter(
    config: dict[str, Any], folder: Path, result: Result, probed: Probed
) -> tuple[Scatter | None, np.ndarray | None]:
    """Scatter of the prediction, and what it does to the probed points (cause, feature, point) [m]."""
    if "thermal" not in result.tree or "spindle_rpm" not in result["thermal"]:  # a run of an older twin
        return None, None
    try:
        scenario = scenario_of(config)
    except InputError:  # the same, or its files are gone
        return None, None
    rows = read_settings(RobustnessConfig, GROUP, "standard")
    sample = np.unique(probed.sample)
    scatter = prediction_scatter(scenario, result, sample, rows.scatter, rows.tool_setting)
    return scatter, probed.lifts(scatter.effect, sample)


def declared_features(config: dict[str, Any], folder: Path) -> tuple[Feature, ...]:
    """Features of the run's scenario.

    Raises:
        InputError: there are none.
    """
    scenario = config["scenario"]
    if not scenario.get("features"):
        raise InputError("the scenario of this run declares no features", file=folder, remedy="add scenario.features")
    own = [Path(scenario["folder"])] if scenario.get("folder") else []
    folders = [*own, shared_folder("scenarios") / scenario["name"], Path()]
    candidates = [folder / scenario["features"] for folder in folders]
    file = next((f for f in candidates if f.is_file()), None)
    if file is None:
        raise InputError(f"there is no file '{scenario['features']}'", file=folder, remedy="name a full path")
    return read_features(yaml.safe_load(file.read_text()), file=file)


def surface_of(result: Result) -> Surface:
    """Samples of the machined surface of a saved run."""
    s = result["surface"]
    return Surface(
        position=s["position_mm"].values.astype(float) * MM,
        normal=s["normal"].values.astype(float),
        area=s["area_mm2"].values.astype(float) * MM**2,
        family=np.zeros(s.sizes["sample"], np.int8),
        machined=s["machined"].values.astype(bool),
    )


def _expansion(config: dict[str, Any]) -> float:
    """Of the part's material [1/K]; nothing else of the material is read, so that older runs can be inspected."""
    known = build(PhysicalProperties, config["material"]["physical"], "material.physical").expansion
    if known is None:
        raise InputError("the material of this run has no expansion", remedy="add it to 'physical' in conf/material")
    return known.value


def write_prediction(inspected: Inspected, out: Path) -> None:
    """QIF 3.0 of what the twin reads: the lines of the measured report, or all of its own.

    ``combinedUncertainty`` is that of prediction and measuring, where the scatter of the prediction is known.

    Raises:
        InputError: the folder cannot be written.
    """
    cmm = inspected.cmm
    now = datetime.now(UTC)
    serial = inspected.component or str(inspected.plate or inspected.title)
    said = (
        "Predicted by a simulation, nothing was measured. combinedUncertainty is that of measuring and, where the run "
        f"states its scatter, of the prediction. Release of residual stress: {inspected.release}."
    )
    part = QifPart(serial, inspected.title, now, cmm.part, cmm.part_scatter, cmm.ambient, said)
    if inspected.against is not None:
        report = read_qif(inspected.against)
        characteristics = list(report.characteristics.values())
        by_id = {c.id: c for c in characteristics}
        found = []
        for line in inspected.lines:
            value, _, mean_error = inspected.of(line.callouts, line.weights)
            uncertainty = inspected.whole(line.callouts, line.weights)
            status = _status(value, by_id[line.measurement.characteristic])
            found.append(
                replace(line.measurement, value=value, uncertainty=uncertainty, mean_error=mean_error, status=status)
            )
        write_qif(out, part, characteristics, list(report.features.values()), found)
        return
    features = [_qif_feature(f) for f in inspected.features if isinstance(f, (Circle, Plane))]
    asked = [(i, c) for i, c in enumerate(inspected.reading.callout) if c.characteristic in KIND]
    r = inspected.reading
    characteristics = [
        QifCharacteristic(
            str(i),
            f"{c.feature} {c.characteristic}",
            KIND[c.characteristic],
            float(r.nominal[i]),
            np.nan,
            np.nan,
            (c.feature,),
            c.datums,
        )
        for i, c in asked
    ]
    found = [
        QifMeasurement(
            serial,
            str(i),
            float(r.value[i]),
            "NOT_ANALYZED",
            (c.feature,),
            float(r.whole_monte_carlo[i]),
            float(r.mean_error[i]),
        )
        for i, c in asked
    ]
    write_qif(out, part, characteristics, features, found)


def _qif_feature(feature: Circle | Plane) -> QifFeature:
    round_ = isinstance(feature, Circle)
    direction = np.asarray(feature.axis if isinstance(feature, Circle) else feature.normal, dtype=float)
    return QifFeature(
        feature.name,
        "Cylinder" if round_ else "Plane",
        feature.name,
        np.asarray(feature.centre, dtype=float),
        direction / np.linalg.norm(direction),
        feature.diameter if isinstance(feature, Circle) else np.nan,
    )


def _status(value: float, characteristic: QifCharacteristic) -> str:
    """Against the limits of the characteristic; a limit that is not stated does not fail a part."""
    low, high = characteristic.lower, characteristic.upper
    if low == 0:  # a zone; some reports write its width as a negative number
        high = abs(high)
    return "FAIL" if value < low or value > high else "PASS"
