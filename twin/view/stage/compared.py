"""Two things beside each other and their difference: two runs, or what is predicted and what was measured."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pyvista as pv
from scipy.spatial import cKDTree

from twin.errors import InputError
from twin.inspection.select import Sorted, samples
from twin.runs import RECORDED
from twin.stock.cut import Surface
from twin.units import MM
from twin.view.quantity import DIVERGING, QUANTITIES, Quantity
from twin.view.scene import carried_fields
from twin.view.stage.loaded import LoadedRun
from twin.view.stage.recorded import TwinAndRecorded

SAME_PLACE = 0.5  # [mm] farther than this, a vertex of the other part is another place


class Compared(Protocol):
    """Three linked views: the left one, the right one, and their difference."""

    @property
    def names(self) -> tuple[str, str, str]:
        """Of the three views."""

    @property
    def meshes(self) -> tuple[pv.PolyData, pv.PolyData, pv.PolyData]:
        """What each view draws, in mm."""

    @property
    def fields(self) -> dict[str, Quantity]:
        """What can be compared."""

    def values(self, field: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the vertices of each mesh; NaN where there is none."""

    def along(self, field: str) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Of the pieces of the path (segment,), for a field that is known there; None: it is not."""


@dataclass(frozen=True)
class TwoRuns:
    """Two runs of the same part; the difference is the second minus the first."""

    first: LoadedRun
    second: LoadedRun

    @property
    def names(self) -> tuple[str, str, str]:
        a, b = (f"{run.folder.name}\n{run.overrides or 'as its scenario says'}" for run in (self.first, self.second))
        return f"A: {a}", f"B: {b}", "B minus A\n"

    @property
    def meshes(self) -> tuple[pv.PolyData, pv.PolyData, pv.PolyData]:
        return self.first.part, self.second.part, self.first.part

    @property
    def fields(self) -> dict[str, Quantity]:
        both = [name for name in carried_fields(self.first.part) if name in self.second.part.point_data]
        return {name: QUANTITIES[name] for name in both}

    def values(self, field: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        a = np.asarray(self.first.part.point_data[field], np.float32)
        b = np.asarray(self.second.part.point_data[field], np.float32)
        row, there = self._match
        with np.errstate(invalid="ignore"):  # inf - inf of cuts in the air
            return a, b, np.where(there, b[row] - a, np.float32(np.nan))

    def along(self, field: str) -> None:
        """Two runs are compared on the part."""

    @cached_property
    def _match(self) -> tuple[np.ndarray, np.ndarray]:
        """Vertex of the second part at each of the first (vertex,), and whether it is there."""
        a, b = self.first.part.points, self.second.part.points
        if a.shape == b.shape and np.allclose(a, b, atol=1e-4):
            return np.arange(len(a)), np.ones(len(a), bool)
        distance, row = cKDTree(b).query(a)
        if not (distance < SAME_PLACE).any():
            raise InputError("the two runs have no surface in common", file=self.second.folder)
        return row, distance < SAME_PLACE


@dataclass(frozen=True)
class TwinAndMeasured:
    """Inspected characteristics, painted on their features: predicted, measured, and predicted minus measured.

    Predicted and measured are errors against the nominal value. Where several laboratories measured, their mean.
    """

    run: LoadedRun

    @property
    def names(self) -> tuple[str, str, str]:
        return "twin\n", "measured\n", "twin minus measured\n"

    @property
    def meshes(self) -> tuple[pv.PolyData, pv.PolyData, pv.PolyData]:
        return (self.run.part,) * 3

    @cached_property
    def measured(self) -> np.ndarray:
        """Mean of the laboratories (row,) [mm]; NaN where nobody measured."""
        values = self.run.result["features"]["measured_mm"].values
        n = np.isfinite(values).sum(axis=1)
        return np.where(n > 0, np.nansum(values, axis=1) / np.maximum(n, 1), np.nan)

    @cached_property
    def fields(self) -> dict[str, Quantity]:
        """One for each measured characteristic."""
        of = self.run.result["features"]["characteristic"].values
        names = dict.fromkeys(str(name) for name in of[np.isfinite(self.measured)])
        return {name: Quantity(name, f"error of {name} [µm]", DIVERGING, True) for name in names}

    def values(self, field: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        table = self.run.result["features"]
        shown = np.full((3, self.run.part.n_points), np.nan, np.float32)
        for row in np.flatnonzero(table["characteristic"].values == field):
            of = self.vertices.get(str(table["name"].values[row]))
            if of is None or np.isnan(self.measured[row]):
                continue
            nominal, predicted = (float(table[name].values[row]) for name in ("nominal_mm", "predicted_mm"))
            errors = np.array([predicted - nominal, self.measured[row] - nominal, predicted - self.measured[row]])
            shown[:, of] = 1e3 * errors[:, None]
        return shown[0], shown[1], shown[2]

    def along(self, field: str) -> None:
        """Features lie on the part."""

    @cached_property
    def vertices(self) -> dict[str, np.ndarray]:
        """Vertices of the part on each declared feature."""
        part = self.run.part
        normal = part.compute_normals(cell_normals=False, split_vertices=False, consistent_normals=False).point_normals
        surface = Surface(
            position=part.points.astype(float) * MM,
            normal=np.asarray(normal, float),
            area=np.ones(part.n_points),
            family=np.zeros(part.n_points, np.int8),
            machined=np.isfinite(part.point_data["time_s"]),
        )
        from twin.inspect_run import declared_features  # loads all models

        ordered = Sorted.of(surface)
        return {f.name: samples(f, ordered) for f in declared_features(self.run.config, self.run.folder)}


@dataclass(frozen=True)
class Both:
    """Measured on the part, and recorded on the path."""

    part: TwinAndMeasured
    path: TwinAndRecorded

    @property
    def names(self) -> tuple[str, str, str]:
        return self.part.names

    @property
    def meshes(self) -> tuple[pv.PolyData, pv.PolyData, pv.PolyData]:
        return self.part.meshes

    @cached_property
    def fields(self) -> dict[str, Quantity]:
        return {**self.path.fields, **self.part.fields}

    def values(self, field: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return (self.part if field in self.part.fields else self.path).values(field)

    def along(self, field: str) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        return None if field in self.part.fields else self.path.along(field)


def comparison(run: LoadedRun, other: LoadedRun | None) -> Compared | None:
    """What ``run`` is compared with: another run, else what was measured on its part and its path, else nothing."""
    if other is not None:
        return TwoRuns(run, other)
    features = run.result["features"]
    measured = features["measured_mm"].values if features.sizes.get("feature") else np.zeros(0)
    part = TwinAndMeasured(run) if np.isfinite(measured).any() else None
    path = TwinAndRecorded(run) if (run.folder / RECORDED).is_file() else None
    return Both(part, path) if part and path else part or path
