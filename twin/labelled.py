"""The chain's arrays as labelled datasets with units: the border between SI inside and suffixes outside."""

import json
import platform
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import jax
import numba
import numpy as np
import xarray as xr

import twin
from twin.cache import content_key, source_key
from twin.compiled import CODE, Array
from twin.cutting.stability import unmodelled
from twin.cutting.wear import parts_per_tool
from twin.measured import Measured, measured
from twin.prediction import SOURCES, Machining, Prediction
from twin.result import Result, dataset
from twin.scenario import Scenario
from twin.units import MINUTE, MM, RPM, UM
from twin.workpiece.residual_stress import release_words

AXES = ["x", "y", "z"]
ONE_SIGMA = "one standard deviation, from the scatter of the cutting coefficients,"


def result_of(scenario: Scenario, prediction: Prediction) -> Result:
    """The Result of a run, with what laboratories measured on the real part beside it where that is known."""
    machining = prediction.machining
    known = None if scenario.part.plate is None else measured(scenario.part.name, scenario.part.plate)
    tree = xr.DataTree.from_dict(
        {
            "segments": _segments(scenario, machining, prediction.error),
            "surface": _surface(prediction),
            "features": _features(prediction, known),
            "thermal": _thermal(machining),
        }
    )
    cut = machining.cut
    tree.attrs.update(
        scenario=scenario.part.name,
        title=scenario.part.title,
        program=scenario.program_file,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=twin.__version__,
        python=platform.python_version(),
        jax=jax.__version__,
        numpy=np.__version__,
        numba=numba.__version__,
        **fingerprints(scenario),
        seeds="none is chosen: what is drawn at random is drawn with seeds that stand in the code",
        duration_s=machining.motion.duration,
        stock_cm3=cut.stock_volume / 1e-6,
        sources=json.dumps(SOURCES),
        release=release_words(scenario.config),
        machine_heat=heat_words(scenario, machining),
        band_um=cut.provenance.band / UM,
        parts_per_tool=json.dumps(_parts_per_tool(scenario, machining)),
        life_used_by_part=json.dumps(_life_used_by_part(scenario, machining)),
        warnings="\n".join(": ".join(filter(None, (f"line {w.line}", w.word, w.message))) for w in machining.warnings),
        not_modelled="\n".join(note for tool in scenario.tools.values() for note in unmodelled(tool)),
        collisions="\n".join(
            f"line {c.line}: {c.kind} contact, {c.depth / MM:.2f} mm deep at "
            f"X{c.position[0] / MM:.2f} Y{c.position[1] / MM:.2f} Z{c.position[2] / MM:.2f} mm"
            for c in cut.collisions
        ),
    )
    return Result(tree)


def fingerprints(scenario: Scenario) -> dict[str, str]:
    """Hashes that two runs share when they ran the same: the program's text (of ``program.nc``, as sha256sum
    prints it), everything that went in (configuration, program, meshes, features), and the code.
    """
    return {
        "program_sha256": sha256(scenario.program_text.encode()).hexdigest(),
        "inputs_hash": content_key(replace(scenario, program_file="")),  # wherever the file lies
        "code_hash": source_key(*sorted({file.parent for file in CODE.rglob("*.py")})),
    }


def heat_words(scenario: Scenario, machining: Machining) -> str:
    """By which model the machine's temperatures and drift were computed, and what its reduction costs."""
    reduced = machining.thermal.structure
    if reduced is None or scenario.structure is None:
        return "network of lumps"
    cells, states = reduced.basis.shape
    error = reduced.error
    return (
        f"{scenario.structure.name}, {cells:,} cells reduced to {states} states; against the full model, over a trial "
        f"shift of 4 h, at most {error.drift / UM:.3f} µm and {error.temperature:.4f} K"
    )


def _flank_wear(scenario: Scenario, machining: Machining) -> np.ndarray:
    """Flank wear (segment,) [m]: beyond the limit the law holds no more, and the tool would be changed."""
    wear = machining.process.wear
    assert wear is not None and scenario.wear is not None
    return np.minimum(np.asarray(wear.wear), scenario.wear.law.limit)


def _parts_per_tool(scenario: Scenario, machining: Machining) -> dict[str, float]:
    """Whole parts that each tool makes in its life, by T word; empty where no law of wear is known."""
    wear = machining.process.wear
    if wear is None:
        return {}
    parts = parts_per_tool(wear.used_by_part)
    return {f"T{number}": float(n) for number, n in zip(scenario.tools, parts, strict=True) if np.isfinite(n)}


def _life_used_by_part(scenario: Scenario, machining: Machining) -> dict[str, float]:
    """Part of each tool's life that one part uses up, by T word; empty where no law of wear is known."""
    wear = machining.process.wear
    if wear is None:
        return {}
    return {f"T{n}": float(used) for n, used in zip(scenario.tools, np.asarray(wear.used_by_part), strict=True)}


def _segments(scenario: Scenario, machining: Machining, error: np.ndarray) -> xr.Dataset:
    path, process, engagement = machining.toolpath, machining.process, machining.cut.engagement
    loads, spread = process.loads, process.deviation
    cutting = engagement.volume > 0

    def load(values: jax.Array) -> np.ndarray:
        array = np.asarray(values, dtype=np.float32)
        return np.where(cutting.reshape(-1, *[1] * (array.ndim - 1)), array, np.float32(0))

    return dataset(
        "segment",
        {
            "line": (path.line, "1", "source line of the NC program"),
            "tool": (path.tool, "1", "tool in the spindle"),
            "rapid": (path.rapid, "1", "rapid traverse"),
            "start_mm": (path.start / MM, "mm", "tool tip where the segment starts, part frame", ("axis",)),
            "end_mm": (path.end / MM, "mm", "tool tip where it ends", ("axis",)),
            "length_mm": (path.length / MM, "mm", "length"),
            "time_s": (machining.time, "s", "start and end", ("bound",)),
            "feed_mm_min": (path.feed * MINUTE / MM, "mm/min", "programmed feed"),
            "speed_mm_min": (machining.speed * MINUTE / MM, "mm/min", "mean speed along the segment"),
            "spindle_speed_rpm": (path.spindle / RPM, "rpm", "spindle speed, > 0 clockwise"),
            "flood": ((path.coolant & 2) > 0, "1", "flood coolant is on"),
            "removed_mm3": (engagement.volume / MM**3, "mm³", "removed volume"),
            "tool_axis": (path.axis_start, "1", "unit tool axis, tip to spindle", ("axis",)),
            "depth_mm": (engagement.depth / MM, "mm", "engaged height above the tip"),
            "engagement_deg": (_widest_engagement(engagement.arc), "deg", "widest engaged angle of its slices"),
            "force_mean_n": (load(loads.force_mean), "N", "mean force on the tool, part axes", ("axis",)),
            "force_peak_n": (load(loads.resultant_peak), "N", "largest force within a revolution"),
            "torque_mean_nm": (load(loads.torque_mean), "N m", "mean spindle torque"),
            "torque_peak_nm": (load(loads.torque_peak), "N m", "largest spindle torque within a revolution"),
            "power_w": (load(loads.power_mean), "W", "mean cutting power"),
            "torque_margin": (process.torque_margin, "1", "part of the continuous spindle torque that is left"),
            "force_mean_deviation_n": (load(spread.force_mean), "N", f"{ONE_SIGMA} of force_mean_n", ("axis",)),
            "force_peak_deviation_n": (load(spread.resultant_peak), "N", f"{ONE_SIGMA} of force_peak_n"),
            "torque_mean_deviation_nm": (load(spread.torque_mean), "N m", f"{ONE_SIGMA} of torque_mean_nm"),
            "power_deviation_w": (load(spread.power_mean), "W", f"{ONE_SIGMA} of power_w"),
            "chatter_margin": (
                np.full(len(path.tool), np.nan) if process.chatter is None else process.chatter.margin,
                "1",
                "stable depth over depth; > 1 stable, inf in air, NaN where unknown",
            ),
            "wear_um": (
                np.full(len(path.tool), np.nan) if process.wear is None else _flank_wear(scenario, machining) / UM,
                "µm",
                "flank wear VB of the tool, at most the limit that ends its life; NaN where no law is known",
            ),
            "wall_yield_um": (
                (np.linalg.norm(process.wall_yield, axis=1) / UM).astype(np.float32),
                "µm",
                "by which a declared thin wall gives way to the tool",
            ),
            "interface_degc": (np.asarray(process.heat.interface), "degC", "mean temperature between tool and chip"),
            "workpiece_share": (
                np.asarray(process.heat.workpiece),
                "1",
                "computed part of the power that heats the part",
            ),
            "error_um": (
                np.moveaxis(error.mean(axis=2), 0, 1).astype(np.float32) / np.float32(UM),
                "µm",
                "error of the tool tip relative to the workpiece, mean of both ends",
                ("source", "axis"),
            ),
        },
        axis=AXES,
        bound=["start", "end"],
        source=list(SOURCES),
    )


def _widest_engagement(arc: np.ndarray) -> np.ndarray:
    """Engaged angle of the slice with most of it (segment,) [deg] float32; arcs as in Engagement."""
    span = np.nan_to_num(arc[..., 1] - arc[..., 0]).sum(axis=2)
    return np.degrees(span.max(axis=1, initial=0)).astype(np.float32)


def _surface(prediction: Prediction) -> xr.Dataset:
    surface, maker = prediction.machining.cut.surface, prediction.maker
    line = np.where(maker >= 0, prediction.machining.toolpath.line[maker], -1)
    return dataset(
        "sample",
        {
            "position_mm": ((surface.position / MM).astype(np.float32), "mm", "nominal place, part frame", ("axis",)),
            "normal": (surface.normal.astype(np.float32), "1", "unit normal out of the material", ("axis",)),
            "area_mm2": ((surface.area / MM**2).astype(np.float32), "mm²", "surface that the sample stands for"),
            "machined": (surface.machined, "1", "made by a tool rather than left of the stock"),
            "deviation_um": (
                (prediction.deviation / UM).astype(np.float32),
                "µm",
                "predicted deviation along the normal, > 0 material left",
            ),
            "contribution_um": (
                (prediction.contribution.T / UM).astype(np.float32),
                "µm",
                "part of the deviation by error source",
                ("source",),
            ),
            **_release_scatter(prediction),
            "segment": (maker, "1", "segment that makes this sample, -1 none"),
            "line": (line, "1", "its NC line"),
            "doubtful": (prediction.doubtful, "1", "a pass that is not recorded could have made the sample"),
            "excess_um": (
                (prediction.machining.cut.comparison.distance / UM).astype(np.float32),
                "µm",
                "nominal surface above the target, < 0 gouge",
            ),
        },
        axis=AXES,
        source=list(SOURCES),
    )


def _release_scatter(prediction: Prediction) -> dict[str, tuple]:
    """One deviation of the release, where it is modelled."""
    if prediction.release_scatter is None:
        return {}
    scatter = (prediction.release_scatter / UM).astype(np.float32)
    what = "one standard deviation of the release, from the scatter of the residual stress"
    return {"release_deviation_um": (scatter, "µm", what)}


def _features(prediction: Prediction, known: Measured | None) -> xr.Dataset:
    report = prediction.inspection
    shown = [
        k for k, source in enumerate(report.source) if source != "release" or prediction.release_scatter is not None
    ]
    laboratories = list(known.laboratory) if known else []
    rows = zip(report.name, report.characteristic, strict=True)
    values = np.array([known.of(*row) for row in rows]) if known else np.zeros((len(report.name), 0))
    return dataset(
        "feature",
        {
            "name": (np.array(report.name, dtype=str), "1", "inspected feature"),
            "characteristic": (np.array(report.characteristic, dtype=str), "1", "what is measured of it"),
            "nominal_mm": (report.nominal / MM, "mm", "nominal value"),
            "predicted_mm": (report.predicted / MM, "mm", "predicted value at 20 degC"),
            "error_um": ((report.predicted - report.nominal) / UM, "µm", "predicted minus nominal"),
            "contribution_um": (
                report.contribution[:, shown] / UM,
                "µm",
                "share of the error by source",
                ("contributor",),
            ),
            "n_samples": (report.n_samples, "1", "surface samples in the feature"),
            "measured_mm": (values / MM, "mm", "measured on the real part", ("laboratory",)),
        },
        laboratory=laboratories,
        contributor=[report.source[k] for k in shown],
    )


def _thermal(machining: Machining) -> xr.Dataset:
    thermal, duty = machining.thermal, machining.duty
    n = len(thermal.time)

    def during(values: Array) -> np.ndarray:  # there is no step after the last time: at rest
        return np.concatenate([np.asarray(values)[: n - 1], np.zeros((1, *np.shape(values)[1:]))])

    return dataset(
        "time",
        {
            "temperature_degc": (np.asarray(thermal.states), "degC", "node temperature", ("node",)),
            "drift_um": (np.asarray(thermal.drift) / UM, "µm", "drift of the tool tip since the start", ("axis",)),
            "axis_speed_mm_min": (
                during(duty.moved[:, :3]) * MINUTE / MM,
                "mm/min",
                "mean speed of each axis until the next time",
                ("axis",),
            ),
            "cutting_power_w": (during(duty.moved[:, 3]), "W", "mean cutting power until the next time"),
            "workpiece_share_ratio": (during(duty.workpiece_share), "1", "part of it that heats the part"),
            "spindle_rpm": (during(duty.switched[:, 0]) / RPM, "rpm", "mean spindle speed until the next time"),
            "flood_ratio": (during(duty.switched[:, 1]), "1", "part of that time with flood coolant"),
        },
        time_s=("time", thermal.time, {"units": "s"}),
        node=list(thermal.model.nodes),
        axis=AXES,
    )
