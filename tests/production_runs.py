"""A finished run, made by hand, so that its sums are known."""

import json

import numpy as np
import xarray as xr
import yaml

from twin.result import Result, dataset
from twin.runs import write_record


def made_result(**attrs):
    """A run of two tools, ten segments of a second, with one diameter that is inspected."""
    n = 10
    tool = np.array([1] * 6 + [2] * 4)
    time = np.arange(n)[:, None] + np.array([0.0, 1.0]) + (tool == 2)[:, None] * 5.0
    cutting = np.array([0, 1, 1, 1, 0, 1, 0, 1, 1, 0])
    zero = np.zeros(n)
    segments = dataset(
        "segment",
        {
            "line": (np.arange(n) + 1, "1", ""),
            "tool": (tool, "1", ""),
            "time_s": (time, "s", "", ("bound",)),
            "flood": (tool == 2, "1", ""),
            "spindle_speed_rpm": (zero + 6000, "rpm", ""),
            "removed_mm3": (100.0 * cutting, "mm³", ""),
            "power_w": (500.0 * cutting, "W", ""),
            "power_deviation_w": (50.0 * cutting, "W", ""),
            "chatter_margin": (np.where(np.arange(n) == 2, 0.5, 2.0), "1", ""),
        },
        bound=["start", "end"],
    )
    features = dataset(
        "feature",
        {
            "name": (np.array(["bore", "bore", "rib"]), "1", ""),
            "characteristic": (np.array(["diameter", "roundness", "thickness"]), "1", ""),
            "nominal_mm": (np.array([18.0, 0.0, 1.5]), "mm", ""),
            "error_um": (np.array([90.0, 500.0, 0.0]), "µm", ""),
        },
    )
    tree = xr.DataTree.from_dict({"segments": segments, "features": features})
    known = {"duration_s": 17.0, "life_used_by_part": json.dumps({"T1": 0.08}), "stock_cm3": 100.0}
    tree.attrs.update({**known, "title": "made", "warnings": "", "collisions": "", **attrs})
    return Result(tree)


TOOL = {"kind": "flat", "diameter_mm": 10, "n_teeth": 3, "flute_length_mm": 20, "stick_out_mm": 30}
CONFIG = {"tools": {"1": {**TOOL, "name": "one"}, "2": {**TOOL, "name": "two", "kind": "ball"}}}


def made_run(folder):
    """The result as a run folder."""
    folder.mkdir(parents=True)
    made_result().save(folder)
    physical = {"density_kg_m3": 2810, "source": "made", "sureness": "assumed"}
    config = {**CONFIG, "material": {"name": "AA7075-T6", "physical": physical}, "wear": None}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    write_record(folder, {"status": "done", "scenario": "made"})
    return folder
