"""The Result of a run: labelled arrays with units, saved as NetCDF4 that any reader opens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from twin.errors import InputError

FILE = "result.nc"


@dataclass(frozen=True)
class Result:
    """What the twin predicts of one scenario.

    ``tree`` has the groups ``segments`` (segment of the toolpath), ``surface`` (sample of the machined
    surface), ``features`` (inspected characteristic) and ``thermal`` (time). Every variable ends in its unit
    and carries it as the attribute ``units``; ``tree.attrs`` holds scenario, versions, seeds and hashes.
    """

    tree: xr.DataTree

    def __getitem__(self, group: str) -> xr.Dataset:
        """One group as a dataset: ``result["surface"].deviation_um``."""
        return self.tree[group].to_dataset()

    def save(self, folder: Path) -> None:
        """Write ``result.nc`` into ``folder``; whole or not at all."""
        temporary = folder / f".{FILE}.partial"
        encoding = {
            f"/{group}": {
                name: {"zlib": True, "complevel": 1} for name, v in node.data_vars.items() if v.dtype.kind in "fiu"
            }
            for group, node in self.tree.children.items()
        }
        self.tree.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)
        temporary.replace(folder / FILE)

    def summary(self) -> dict[str, tuple[float, str]]:
        """The run in a few numbers: name -> (value, unit)."""
        segments, surface = self["segments"], self["surface"]
        removed = float(segments["removed_mm3"].sum())
        cutting = segments["removed_mm3"].values > 0
        deviation = surface["deviation_um"].values[surface["machined"].values]

        def peak(name: str) -> float:
            values = segments[name].values[cutting]
            return float(np.nanmax(values)) if values.size else 0.0

        def deviation_at_peak(name: str) -> float:
            """Of the peak's own segment: one standard deviation."""
            values = np.where(cutting, segments[name].values, -np.inf)
            stem, unit = name.rsplit("_", 1)
            spread = segments[f"{stem}_deviation_{unit}"].values
            return float(spread[np.argmax(values)]) if cutting.any() else 0.0

        margin = segments["chatter_margin"].values
        chattering = np.sum(segments["removed_mm3"].values, where=margin < 1) / max(removed, 1e-12)
        wear = segments["wear_um"].values
        parts = json.loads(self.tree.attrs.get("parts_per_tool", "{}"))

        return {
            "machining time": (float(self.tree.attrs["duration_s"]) / 60.0, "min"),
            "path length": (float(segments["length_mm"].sum()) / 1e3, "m"),
            "removed volume": (removed / 1e3, "cm³"),
            "peak cutting force": (peak("force_peak_n"), "N"),
            "peak cutting force, ±": (deviation_at_peak("force_peak_n"), "N"),
            "peak spindle power": (peak("power_w"), "W"),
            "peak spindle torque": (peak("torque_peak_nm"), "N m"),
            "peak spindle power, ±": (deviation_at_peak("power_w"), "W"),
            "volume cut with chatter": (100 * float(chattering), "%"),
            **({"parts before a tool is worn": (min(parts.values()), min(parts, key=parts.get))} if parts else {}),
            **({"flank wear, largest": (float(np.nanmax(wear)), "µm")} if np.isfinite(wear).any() else {}),
            **self._release(),
            "deviation, mean": (float(np.mean(deviation)), "µm"),
            "deviation, 95 % within": (float(np.percentile(np.abs(deviation), 95)), "± µm"),
            "deviation, largest": (float(deviation[np.argmax(np.abs(deviation))]), "µm"),
        }

    def _release(self) -> dict[str, tuple[float, str]]:
        """Release of residual stress where it moves the machined surface most, if it is modelled."""
        surface = self["surface"]
        if "release_deviation_um" not in surface:
            return {}
        moved = surface["contribution_um"].sel(source="release").values * surface["machined"].values
        worst = int(np.argmax(np.abs(moved)))
        scatter = float(surface["release_deviation_um"].values[worst])
        return {"release, largest": (float(moved[worst]), "µm"), "release, largest, ±": (scatter, "µm")}


def load(folder: Path) -> Result:
    """The Result of a run folder.

    Raises:
        InputError: the folder holds no finished run.
    """
    file = Path(folder) / FILE
    if not file.is_file():
        raise InputError("no finished run here", file=folder, remedy="`twin results` lists the runs")
    return Result(xr.load_datatree(file, engine="h5netcdf"))


def compare(a: Result, b: Result) -> dict[str, tuple[float, float, str]]:
    """Both summaries side by side: name -> (of a, of b, unit)."""
    left, right = a.summary(), b.summary()
    return {name: (left[name][0], right[name][0], left[name][1]) for name in left}


def dataset(dimension: str, variables: Mapping[str, tuple[Any, ...]], **coordinates: Any) -> xr.Dataset:
    """A dataset along ``dimension`` from ``name: (values, unit, description)`` or with further dimensions
    as ``name: (values, unit, description, (dimension, ...))``."""
    data = {}
    for name, (values, unit, description, *further) in variables.items():
        dims = (dimension, *(further[0] if further else ()))
        data[name] = xr.Variable(dims, np.asarray(values), {"units": unit, "long_name": description})
    return xr.Dataset(data, coords=coordinates)
