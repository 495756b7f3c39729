"""A run folder made by hand: two tools, four cuts, one hole; every number of it is known."""

import json
from pathlib import Path

import numpy as np
import xarray as xr
import yaml

from twin.result import Result, dataset

PROGRAM = """\
%
O1 (A PLATE)
(T1| END MILL)
G21 G90
(FACE)
T1 M6
G1 X10 F600
G1 X20
(POCKET <1>)
G1 Y10
(DRILL)
T2 M6
G1 Z-5 F100
M30
"""
CONFIG = {
    "machine": {
        "name": "mill",
        "spindle": {"power_kw": [0, 12], "source": "data sheet"},
        "axes": {"X": {"EXX": {"polynomial_um": [0, 1.5], "scatter_um": 1, "source": "assumed"}}},
    },
    "material": {
        "name": "AA7075-T6",
        "chosen": "one",
        "cutting": [
            {"name": "one", "ktc_n_mm2": "700 ± 70", "source": "tests of 2026"},
            {"name": "two", "ktc_n_mm2": "900 ± 90", "source": "a book"},
        ],
    },
    "model": {"removal": {"resolution_mm": 0.25}, "segment_length_mm": 2, "thermal_step_s": 1},
    "tools": {"1": {"name": "D10 end mill"}, "2": {"name": "D5 drill"}},
    "scenario": {"stock": {"kind": "box"}},
}


def make_run(folder: Path) -> Path:
    """Write result.nc, run.json, config.yaml and program.nc."""
    folder.mkdir(parents=True, exist_ok=True)
    time = np.array([[0, 1], [1, 3], [3, 6], [10, 14.0]])
    force, zero = np.array([100, 200, 300, 50.0]), np.zeros(4)
    end = np.array([[10, 0, 0], [20, 0, 0], [20, 10, 0], [20, 10, -5.0]])
    numbers = {
        "line": ([7, 8, 10, 13], "1"),
        "tool": ([1, 1, 1, 2], "1"),
        "rapid": (np.zeros(4, bool), "1"),
        "time_s": (time, "s", ("bound",)),
        "start_mm": (np.vstack([np.zeros(3), end[:-1]]), "mm", ("axis",)),
        "end_mm": (end, "mm", ("axis",)),
        "length_mm": (zero + 10, "mm"),
        "feed_mm_min": ([600, 600, 600, 100.0], "mm/min"),
        "speed_mm_min": ([600, 300, 200, 75.0], "mm/min"),
        "removed_mm3": ([100, 200, 0, 50.0], "mm³"),  # the third moves in air
        "force_peak_n": (force, "N"),
        "force_peak_deviation_n": (force / 10, "N"),
        "power_w": ([400, 500, 0, 90.0], "W"),
        "power_deviation_w": (zero + 20, "W"),
        "torque_peak_nm": (zero + 2, "N m"),
        "torque_peak_deviation_nm": (zero + 0.2, "N m"),
        "chatter_margin": ([2.0, 0.8, np.inf, np.nan], "1"),
        "interface_degc": ([200, 300, np.nan, 150.0], "degC"),
        "wear_um": (zero * np.nan, "µm"),
        "error_um": (np.full((4, 2, 3), 3.0), "µm", ("source", "axis")),
    }
    segments = dataset(
        "segment",
        {name: (values, unit, name, *more) for name, (values, unit, *more) in numbers.items()},
        axis=list("xyz"),
        bound=["start", "end"],
        source=["thermal", "servo"],
    )
    n = 50
    deviation = np.linspace(-20, 30, n)
    surface = dataset(
        "sample",
        {
            "area_mm2": (np.full(n, 2.0), "mm²", "area"),
            "machined": (np.ones(n, bool), "1", "machined"),
            "deviation_um": (deviation, "µm", "deviation"),
            "contribution_um": (np.stack([deviation / 4, 3 * deviation / 4], axis=1), "µm", "share", ("source",)),
            "doubtful": (np.arange(n) < 5, "1", "doubtful"),
        },
        source=["thermal", "servo"],
    )
    features = dataset(
        "feature",
        {
            "name": (np.array(["hole <A>"]), "1", "feature"),
            "characteristic": (np.array(["diameter"]), "1", "what"),
            "nominal_mm": ([5.0], "mm", "nominal"),
            "predicted_mm": ([5.0125], "mm", "predicted"),
            "error_um": ([12.5], "µm", "error"),
            "contribution_um": ([[2.5, 10.0]], "µm", "share", ("contributor",)),
            "measured_mm": ([[5.011]], "mm", "measured", ("laboratory",)),
        },
        laboratory=["our_lab"],
        contributor=["thermal", "servo"],
    )
    thermal = dataset(
        "time",
        {
            "temperature_degc": (np.array([[20.0, 20.0], [25.0, 20.5]]), "degC", "node", ("node",)),
            "drift_um": (np.array([[0, 0, 0], [1, 2, -8.0]]), "µm", "drift", ("axis",)),
        },
        time_s=("time", [0.0, 14.0], {"units": "s"}),
        node=["front_bearing", "bed"],
        axis=list("xyz"),
    )
    tree = xr.DataTree.from_dict(
        {"segments": segments, "surface": surface, "features": features, "thermal": thermal},
    )
    tree.attrs.update(
        scenario="plate",
        title="A plate <of ours>",
        program="plate.nc",
        created="2026-01-02T03:04:05+00:00",
        version="9.9.9",
        python="3.11",
        jax="0.10.2",
        duration_s=14.0,
        stock_cm3=12.0,
        release="not modelled",
        warnings="line 8: S: the cut asks 120 % of the torque",
        collisions="",
        not_modelled="",
    )
    result = Result(tree)
    result.save(folder)
    summary = {name: list(entry) for name, entry in result.summary().items()}
    (folder / "run.json").write_text(json.dumps({"overrides": ["material=x"], "wall_s": 1.5, "summary": summary}))
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG, allow_unicode=True))
    (folder / "program.nc").write_text(PROGRAM)
    return folder
