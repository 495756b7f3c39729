"""A recording beside the run that predicted it: measured, predicted and their difference on each piece of the path."""

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow.parquet as pq
import pyvista as pv

from twin.runs import RECORDED
from twin.units import split_suffix
from twin.view.quantity import DIVERGING, RISING, Quantity
from twin.view.stage.loaded import LoadedRun

PLACES = "_mm"  # channels that say where the tool is: the view shows that anyway


@dataclass(frozen=True)
class TwinAndRecorded:
    """Channels that `twin bench` or `twin validate` compared, on the surface that each piece of the path made."""

    run: LoadedRun

    @property
    def names(self) -> tuple[str, str, str]:
        return "twin\n", f"{self._told['recording']}\n{self._told['said']}", "twin minus measured\n"

    @property
    def meshes(self) -> tuple[pv.PolyData, pv.PolyData, pv.PolyData]:
        return (self.run.part,) * 3

    @cached_property
    def _table(self) -> dict[str, np.ndarray]:
        table = pq.read_table(self.run.folder / RECORDED)
        return {name: table.column(name).to_numpy() for name in table.column_names}

    @cached_property
    def _told(self) -> dict[str, str]:
        metadata = pq.read_schema(self.run.folder / RECORDED).metadata
        return {key.decode(): value.decode() for key, value in metadata.items()}

    @cached_property
    def fields(self) -> dict[str, Quantity]:
        """One for each channel but the positions, by its name."""
        found = {}
        for channel in json.loads(self._told["channels"]):
            name = channel["name"]
            values = self._table[f"measured.{name}"]
            if name.endswith(PLACES) or not np.isfinite(values).any():
                continue
            split = split_suffix(name)
            title = f"{(split[0] if split else name).replace('_', ' ')} [{channel['unit']}]"
            signed = bool(np.nanmin(values) < 0)
            found[name] = Quantity(name, title, DIVERGING if signed else RISING, signed)
        return found

    def along(self, field: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Predicted, measured and predicted minus measured (segment,); NaN on rapids and where nothing was measured."""
        rapid = self.run.segment["rapid"].astype(bool)
        predicted, measured = (
            np.where(rapid, np.float32(np.nan), self._table[f"{kind}.{field}"]) for kind in ("predicted", "measured")
        )
        return predicted, measured, predicted - measured

    def values(self, field: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        row, made = self._maker
        first, second, third = (np.where(made, values[row], np.float32(np.nan)) for values in self.along(field))
        return first, second, third

    @cached_property
    def _maker(self) -> tuple[np.ndarray, np.ndarray]:
        """Segment that made each vertex of the part (vertex,), and whether one did."""
        time = np.asarray(self.run.part.point_data["time_s"])
        ends = self.run.segment["time_s"][:, 1].astype(np.float32)
        made = np.isfinite(time)
        return np.clip(np.searchsorted(ends, np.where(made, time, 0)), 0, len(ends) - 1), made
