"""A NIST plate as a run folder that holds times only, without the cut: seconds, not minutes."""

import json
from pathlib import Path

import numpy as np
import xarray as xr
import yaml

from twin.motion import segment_times, time_law
from twin.program import linearise
from twin.result import Result, dataset
from twin.scenario import load_scenario
from twin.simulate import read_program


def timed_run(folder: Path, plate: int) -> Path:
    """Write the run of ``plate`` into ``folder`` and return it; loads are zero."""
    folder.mkdir(parents=True)
    scenario = load_scenario("scenario=nist_plate", f"scenario.plate={plate}")
    program = read_program(scenario)
    model = scenario.model
    path = linearise(
        program,
        chord_tolerance=model.chord_tolerance,
        max_length=model.segment_length,
        part_zero=scenario.part.part_zero,
    )
    motion = time_law(program, scenario.controller)
    time = segment_times(motion, program, path)
    n = path.n_segments
    nothing, vector = np.zeros(n), np.zeros((n, 3))
    columns = {
        "line": (path.line, "1", ""),
        "tool": (path.tool, "1", ""),
        "rapid": (path.rapid, "1", ""),
        "start_mm": (path.start * 1e3, "mm", "", ("axis",)),
        "end_mm": (path.end * 1e3, "mm", "", ("axis",)),
        "time_s": (time, "s", "", ("bound",)),
        "feed_mm_min": (path.feed * 60e3, "mm/min", ""),
        "speed_mm_min": (path.length / np.maximum(np.diff(time, axis=1)[:, 0], 1e-9) * 60e3, "mm/min", ""),
        "spindle_speed_rpm": (path.spindle * 30 / np.pi, "rpm", ""),
        "removed_mm3": (np.where(path.rapid, 0.0, 1.0), "mm³", ""),
        "force_mean_n": (vector, "N", "", ("axis",)),
    }
    zero = ("force_peak_n", "force_peak_deviation_n", "torque_mean_nm", "torque_mean_deviation_nm", "power_w")
    columns |= {name: (nothing, "", "") for name in (*zero, "power_deviation_w")}
    thermal = dataset(
        "time",
        {
            "temperature_degc": (np.full((2, 1), 20.0), "degC", "", ("node",)),
            "drift_um": (np.zeros((2, 3)), "µm", "", ("axis",)),
        },
        time_s=("time", np.array([0.0, motion.duration]), {"units": "s"}),
        node=["ambient"],
        axis=list("xyz"),
    )
    features = xr.Dataset({"predicted_mm": ("feature", [0.0])})
    tree = xr.DataTree.from_dict({"segments": dataset("segment", columns), "thermal": thermal, "features": features})
    tree.attrs.update(title=scenario.part.title, program=scenario.program_file, duration_s=motion.duration)
    Result(tree).save(folder)
    (folder / "program.nc").write_text(scenario.program_text)
    (folder / "config.yaml").write_text(yaml.safe_dump(scenario.config, sort_keys=False, allow_unicode=True))
    (folder / "run.json").write_text(json.dumps({"status": "done"}))
    return folder
