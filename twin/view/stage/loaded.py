"""A finished run as the view needs it: the part, the path in time, the tools, the lines of the program."""

import gzip
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyvista as pv
import yaml

from twin.config import build
from twin.data import is_local, recording
from twin.errors import InputError
from twin.machine.tool import Tool
from twin.program.program import Toolpath
from twin.resources import shared_folder
from twin.result import Result, load
from twin.runs import RECORD
from twin.stock import Stock
from twin.units import MM
from twin.view.scene import load_part

UP = (0.0, 0.0, 1.0)


@dataclass(frozen=True)
class LoadedRun:
    """What a run folder holds; lengths in mm, as files and pictures have them."""

    folder: Path
    part: pv.PolyData
    result: Result
    config: dict[str, Any]

    @property
    def title(self) -> str:
        """What the run is called."""
        return str(self.result.tree.attrs["title"])

    @property
    def duration(self) -> float:
        """Length of the program [s]."""
        return float(self.result.tree.attrs["duration_s"])

    @cached_property
    def overrides(self) -> str:
        """What was asked of the run on its command line."""
        return " ".join(json.loads((self.folder / RECORD).read_text()).get("overrides", []))

    @cached_property
    def segment(self) -> dict[str, np.ndarray]:
        """Every variable along the path, (segment, ...)."""
        group = self.result["segments"]
        return {str(name): group[name].values for name in group.data_vars}

    @cached_property
    def tool_axis(self) -> np.ndarray:
        """Unit tool axis (segment, 3), from the tip to the spindle."""
        return self.segment.get("tool_axis", np.broadcast_to(UP, self.segment["start_mm"].shape))

    @cached_property
    def tools(self) -> dict[int, Tool]:
        """By T number."""
        return {
            int(number): build(Tool, {"number": int(number), **values}, f"tools.{number}")
            for number, values in self.config["tools"].items()
        }

    @cached_property
    def program(self) -> tuple[str, ...]:
        """Lines of the NC program; none where the file is no longer there."""
        name = str(self.result.tree.attrs["program"])
        places = [self.folder / "program.nc", Path(name), self._beside(Path(name).name)]
        if name.startswith("data:") and is_local(name.removeprefix("data:")):
            places.append(recording(name.removeprefix("data:")))
        file = next((f for f in places if f.is_file()), None)
        if file is None:
            return ()
        data = file.read_bytes()
        return tuple((gzip.decompress(data) if file.suffix == ".gz" else data).decode(errors="replace").splitlines())

    @cached_property
    def toolpath(self) -> Toolpath:
        """The path as the removal takes it; SI units."""
        s = self.segment
        n = len(s["line"])
        return Toolpath(
            start=s["start_mm"] * MM,
            end=s["end_mm"] * MM,
            axis_start=self.tool_axis,
            axis_end=self.tool_axis,
            rapid=s["rapid"].astype(bool),
            feed=s["feed_mm_min"],
            tool=s["tool"],
            spindle=s["spindle_speed_rpm"],
            coolant=np.zeros(n, np.int8),
            line=s["line"],
            move=np.arange(n, dtype=np.int32),
            fraction=np.tile([0.0, 1.0], (n, 1)),
        )

    def solid(self, name: str) -> Stock | None:
        """The ``stock`` or ``target`` of the scenario; None where it has none of its own, or its file is gone."""
        from twin.scenario import SolidConfig, solid_of  # loads all models

        solid = build(SolidConfig, self.config["scenario"].get(name) or {"kind": "envelope"}, f"scenario.{name}")
        if solid.kind == "envelope":
            return None
        try:
            return solid_of(solid, f"scenario.{name}", [self._beside("")])
        except InputError:
            return None

    def _beside(self, name: str) -> Path:
        own = self.config["scenario"].get("folder")
        return Path(own or shared_folder("scenarios") / str(self.result.tree.attrs["scenario"])) / name


def load_run(folder: Path) -> LoadedRun:
    """Everything that is shown of the run in ``folder``.

    Raises:
        InputError: no finished run.
    """
    part = load_part(folder)
    return LoadedRun(folder, part, load(folder), yaml.safe_load((folder / "config.yaml").read_text()))
