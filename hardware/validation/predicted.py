"""What a finished run predicts, channel by channel, at any time of its program.

Names, units and meanings are those of recordings (docs/recordings.md). Servo channels are interpolated between samples
of 1 ms; loads belong to a segment of the toolpath and are constant along it; temperatures are interpolated.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import xarray as xr
import yaml

from hardware.fidelity_kernels import largest_bend
from hardware.identity import Identity, offsets_hash, program_hash, tools_hash
from hardware.validation.servo_scatter import NAMES, PLAY, following_deviation, zero_deviation
from twin.config import build
from twin.errors import InputError
from twin.machine.tool import Tool
from twin.result import load
from twin.runs import PROGRAM
from twin.scenario import PartConfig
from twin.units import MINUTE

if TYPE_CHECKING:  # they load JAX
    from twin.calibration.parameters import Parameter
    from twin.thermal import Workpiece

SIGNALS = "signals.parquet"
AXES = "xyz"


@dataclass(frozen=True)
class At:
    """Times of the program, found once for all channels."""

    time: np.ndarray  # (sample,) [s] since the program began
    row: np.ndarray  # (sample,) servo sample at or before it
    weight: np.ndarray  # (sample,) of the next one
    segment: np.ndarray  # (sample,) segment that runs, -1 none


@dataclass(frozen=True)
class PredictedRun:
    """A run folder."""

    folder: Path
    segments: xr.Dataset
    thermal: xr.Dataset
    config: dict[str, Any]
    attrs: dict[str, Any]
    timeline: tuple[np.ndarray, np.ndarray] | None = None
    """(row,) [s] and NC line of the program's operations, where it was timed again: servo samples hold no more."""

    @property
    def duration(self) -> float:
        """Of the program [s]."""
        return float(self.attrs["duration_s"])

    @cached_property
    def part(self) -> PartConfig:
        return build(PartConfig, self.config["scenario"], "scenario")

    @cached_property
    def tools(self) -> dict[int, Tool]:
        rows = self.config["tools"].items()
        return {int(number): build(Tool, {"number": int(number), **row}, f"tools.{number}") for number, row in rows}

    @cached_property
    def program_text(self) -> str:
        """Of the NC program that was run.

        Raises:
            InputError: the run did not keep it.
        """
        file = self.folder / PROGRAM
        if not file.is_file():
            raise InputError("the run has not kept its NC program", file=file, remedy="run it again")
        return file.read_text()

    @property
    def identity(self) -> Identity:
        """Of what the run gave to the control."""
        offsets = offsets_hash(self.part.work_offsets)
        return Identity(program_hash(self.program_text), offsets, tools_hash(self.tools))

    @cached_property
    def _signals(self) -> dict[str, np.ndarray]:
        file = self.folder / SIGNALS
        if not file.is_file():
            raise InputError(
                "the run has no servo signals", file=self.folder, remedy="run it with model.servo_signals=true"
            )
        names = ["time_s", "line", *(f"{a}_{kind}_mm" for kind in ("commanded", "actual") for a in AXES)]
        table = pq.read_table(file, columns=names)
        return {name: table.column(name).to_numpy() for name in names}

    @property
    def has_signals(self) -> bool:
        """Whether positions are known at the servo rate."""
        return self.timeline is None and (self.folder / SIGNALS).is_file()

    @cached_property
    def time(self) -> np.ndarray:
        """(sample,) [s] of the servo samples, or of the ends of the segments where the run kept none."""
        if self.timeline:
            return self.timeline[0]
        if self.has_signals:
            return self._signals["time_s"]
        return np.maximum.accumulate(self._segment_time.ravel())

    @cached_property
    def line(self) -> np.ndarray:
        """(sample,) int NC line that runs."""
        if self.timeline:
            return self.timeline[1].astype(np.int64)
        if self.has_signals:
            return self._signals["line"].astype(np.int64)
        return np.repeat(self.segments["line"].values.astype(np.int64), 2)

    @cached_property
    def commanded(self) -> np.ndarray:
        """(sample, 3) [mm] tool tip, axes of the program, float32."""
        if self.has_signals:
            return np.stack([self._signals[f"{a}_commanded_mm"] for a in AXES], axis=1)
        ends = np.stack([self.segments["start_mm"].values, self.segments["end_mm"].values], axis=1)
        zero = np.asarray(self.part.part_zero) * 1e3
        return (ends.reshape(-1, 3) + zero).astype(np.float32)

    @cached_property
    def _segment_time(self) -> np.ndarray:
        return self.segments["time_s"].values

    def prepare(self) -> None:
        """Read what is read once, before threads ask for it."""
        at = self.at(self.time[:2])
        for name in self.channels:
            self.values(name, at)
            self.deviation(name, at)

    def at(self, time: np.ndarray) -> At:
        """Places in the arrays for ``time`` (sample,) [s]."""
        own = self.time
        inside = np.clip(time, own[0], own[-1])
        if self.has_signals:  # even: no search
            period = (own[-1] - own[0]) / max(len(own) - 1, 1)
            share = (inside - own[0]) / period
            row = np.minimum(share.astype(np.int64), len(own) - 2)
            weight = np.clip(share - row, 0.0, 1.0)
        else:
            row = np.clip(np.searchsorted(own, inside, side="right") - 1, 0, len(own) - 2)
            step = own[row + 1] - own[row]
            weight = np.divide(inside - own[row], step, out=np.zeros(len(row)), where=step > 0)
        begin, end = self._bounds
        segment = np.searchsorted(begin, inside, side="right") - 1
        runs = (segment >= 0) & (inside <= end[segment])
        return At(time, row, weight, np.where(runs, segment, -1))

    @cached_property
    def _bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Starts and ends of the segments [s], each on its own: searching columns of a table is slow."""
        return np.ascontiguousarray(self._segment_time[:, 0]), np.ascontiguousarray(self._segment_time[:, 1])

    @cached_property
    def channels(self) -> dict[str, str]:
        """Name -> unit of everything that is predicted."""
        servo = {"path_speed_mm_s": "mm/s"}
        if not self.timeline:
            servo |= {f"{a}_commanded_mm": "mm" for a in AXES}
        if self.has_signals:
            servo |= {f"{a}_actual_mm": "mm" for a in AXES} | {f"{a}_following_error_um": "µm" for a in AXES}
        loads = {f"force_{a}_n": "N" for a in AXES}
        loads |= {"spindle_power_w": "W", "spindle_torque_nm": "N m", "feed_mm_min": "mm/min"}
        loads |= {"spindle_speed_rpm": "rpm"}
        heat = {f"{node}_degc": "°C" for node in self.thermal["node"].values}
        return servo | loads | heat | {f"nest_{a}_um": "µm" for a in AXES}

    def values(self, name: str, at: At) -> np.ndarray:
        """(sample,) of the channel ``name`` in its unit."""
        if name in ("feed_mm_min", "spindle_speed_rpm") or name in self._of_segment:
            return self._load(name, at)
        if name.endswith("_degc"):
            column = self.thermal["temperature_degc"].sel(node=name.removesuffix("_degc")).values
            return np.interp(at.time, self.thermal["time_s"].values, column)
        if name.startswith("nest_"):
            column = self.thermal["drift_um"].sel(axis=name[5]).values
            return np.interp(at.time, self.thermal["time_s"].values, column)
        if name == "path_speed_mm_s":
            return self._speed(at)
        return self._interpolated(name, at)

    def _interpolated(self, name: str, at: At) -> np.ndarray:
        commanded = self.commanded[:, AXES.index(name[0])]
        if name.endswith("_commanded_mm"):
            return _linear(commanded, at)
        actual = _linear(self._signals[f"{name[0]}_actual_mm"], at)
        return actual if name.endswith("_actual_mm") else (_linear(commanded, at) - actual) * 1e3

    def _speed(self, at: At) -> np.ndarray:
        """Commanded speed of the tip over 3 ms around each time; mean along the segment without servo signals."""
        if not self.has_signals:
            return np.append(np.nan_to_num(self.segments["speed_mm_min"].values), 0.0)[at.segment] / MINUTE
        last = len(self.time) - 1
        before, after = np.maximum(at.row - 1, 0), np.minimum(at.row + 2, last)
        step = (self.commanded[after].astype(float) - self.commanded[before]) / (
            np.maximum(after - before, 1)[:, None] * self._period
        )
        return np.sqrt(np.einsum("ij,ij->i", step, step))

    @cached_property
    def _period(self) -> float:
        return float((self.time[-1] - self.time[0]) / max(len(self.time) - 1, 1))

    @cached_property
    def _of_segment(self) -> dict[str, np.ndarray]:
        s = self.segments
        force = s["force_mean_n"].values.astype(float)
        table = {f"force_{a}_n": force[:, k] for k, a in enumerate(AXES)}
        table |= {"spindle_power_w": s["power_w"].values, "spindle_torque_nm": s["torque_mean_nm"].values}
        return {name: np.append(np.nan_to_num(values.astype(float)), 0.0) for name, values in table.items()}

    def _load(self, name: str, at: At) -> np.ndarray:
        """Of the segment that runs; nothing between segments. A rapid has no feed: NaN."""
        if name == "feed_mm_min":
            return np.append(self.segments["feed_mm_min"].values, np.nan)[at.segment]
        if name == "spindle_speed_rpm":  # it goes on between segments
            held = self.segments["spindle_speed_rpm"].values
            return held[np.clip(np.searchsorted(self._bounds[0], at.time, side="right") - 1, 0, len(held) - 1)]
        return self._of_segment[name][at.segment]

    def deviation(self, name: str, at: At) -> np.ndarray | None:
        """(sample,) one standard deviation that the twin states; None where it states none."""
        if name in self._deviations:
            return self._deviations[name][at.segment]
        if name.endswith(("_actual_mm", "_following_error_um")) and self._following:
            following, zero = self._following[name[0]]
            found = _linear(following, at)
            return found * 1e3 if name.endswith("_um") else np.hypot(found, zero)
        if name in self._warmth:
            return np.interp(at.time, self.thermal["time_s"].values, self._warmth[name])
        return None

    @cached_property
    def _following(self) -> dict[str, tuple[np.ndarray, float]]:
        """Axis -> (sample,) [mm] of the position behind the servo, from the scatter of its loop; [mm] of its zero."""
        if not self.has_signals or "controller" not in self.config:
            return {}
        found = {}
        for k, axis in enumerate(AXES):
            root = f"controller.axis.{axis}."
            rows = {p.name.removeprefix(root): p for p in self._known("controller.") if p.name.startswith(root)}
            if set(NAMES) <= set(rows):
                given = self.config["controller"]["axis"][axis]
                ideal = frozenset(name for name in NAMES if not given.get(name))
                following = following_deviation(self.commanded[:, k], self._period, rows, ideal)
                found[axis] = following, zero_deviation(rows[PLAY])
        return found if len(found) == len(AXES) else {}

    @cached_property
    def _warmth(self) -> dict[str, np.ndarray]:
        """Channel -> (time of the thermal model,) of temperatures and drift, from the scatter of the machine's heat."""
        from hardware.validation.heat_scatter import NEEDED, heat_deviation

        if "machine" not in self.config or any(name not in self.thermal for name in NEEDED):
            return {}
        parameters = self._known("machine.thermal.")
        if not parameters or self.part_lump is None:
            return {}
        s = self.segments
        seconds = np.diff(s["time_s"].values, axis=1)[:, 0]
        power, spread = (float(np.nansum(s[name].values * seconds)) for name in ("power_w", "power_deviation_w"))
        states, drift = heat_deviation(
            self.thermal, self.config, parameters, self.part_lump, spread / power if power else 0.0
        )
        found = {f"{node}_degc": states[:, k] for k, node in enumerate(self.thermal["node"].values)}
        if "structure" not in self.config:  # its growth is not that of the network
            found |= {f"nest_{axis}_um": drift[:, k] for k, axis in enumerate(AXES)}
        return found

    @cached_property
    def part_lump(self) -> "Workpiece | None":
        """The part as the thermal model has it; None where the run does not say."""
        from hardware.validation.heat_scatter import part_of

        if "material" not in self.config or "stock_cm3" not in self.attrs:
            return None
        s = self.segments
        ends = s["end_mm"].values[s["removed_mm3"].values > 0]
        extent = np.maximum(np.ptp(ends, axis=0), 1.0) if len(ends) else np.ones(3)
        return part_of(self.config, float(self.attrs["stock_cm3"]) * 1e3, float(s["removed_mm3"].sum()), extent)

    def _known(self, root: str) -> "tuple[Parameter, ...]":
        """What is known of the parameters below ``root``; none where the configuration does not say how well."""
        from hardware.priors import known

        try:
            return known(self.config, root)
        except InputError:
            return ()

    @cached_property
    def _deviations(self) -> dict[str, np.ndarray]:
        """From the scatter of the cutting coefficients; of the forces in runs that keep it."""
        s, table = self.segments, {}
        if "force_mean_deviation_n" in s:
            table = {f"force_{a}_n": s["force_mean_deviation_n"].values[:, k] for k, a in enumerate(AXES)}
        table |= {"spindle_power_w": s["power_deviation_w"].values}
        table |= {"spindle_torque_nm": s["torque_mean_deviation_nm"].values}
        return {name: np.append(np.nan_to_num(values.astype(float)), 0.0) for name, values in table.items()}

    def interpolation_error(self, name: str) -> float:
        """Largest error of a linear interpolation between samples, in the channel's unit.

        h2/8 of the largest second derivative (de Boor), from second differences: 1/8 of the largest of them.
        """
        if not self.has_signals or not name.endswith(("_mm", "_um")) or name.startswith("nest_"):
            return 0.0
        axis = AXES.index(name[0])
        signal = self.commanded[:, axis] if name.endswith("_commanded_mm") else self._signals[f"{name[0]}_actual_mm"]
        return float(largest_bend(signal) / 8 * (1e3 if name.endswith("_um") else 1.0))


def _linear(values: np.ndarray, at: At) -> np.ndarray:
    low = values[at.row].astype(float)
    return low + at.weight * (values[at.row + 1] - low)


def predicted_run(folder: Path) -> PredictedRun:
    """The prediction in a run folder.

    Raises:
        InputError: the folder holds no finished run.
    """
    result = load(folder)
    config = yaml.safe_load((Path(folder) / "config.yaml").read_text())
    attrs = {str(name): value for name, value in result.tree.attrs.items()}
    return PredictedRun(Path(folder), result["segments"], result["thermal"], config, attrs)
