"""The machining in a view: the tool and its holder, the path behind it, the stock as it is, the target."""

import numpy as np
import pyvista as pv
from vtkmodules.vtkCommonDataModel import vtkPlane

from twin.errors import InputError
from twin.units import MM
from twin.view.stage.cap import stock_cap
from twin.view.stage.loaded import LoadedRun
from twin.view.stage.path import ToolPlace
from twin.view.stage.remaining import RemainingStock
from twin.view.stage.tool_shape import cutter_outline, holder_outline, pose_at, revolved

LAYERS = ("stock", "target", "tool", "path")
CUTTER, HOLDER, STOCK, TARGET, TRAIL = "#e8b100", "#8a93a0", "#b9b4a6", "#3b7dd8", "#101010"
STOCK_CUT = "#cbc4b0"  # its inside where it is cut open
QUIET = {"reset_camera": False, "pickable": False}
TRAIL_SEGMENTS = 400  # of the path are drawn behind the tool


class Machining:
    """What moves while a part is machined, drawn in the present renderer of a plotter."""

    def __init__(self, plotter: pv.Plotter, run: LoadedRun):
        self.run, self._plotter = run, plotter
        self.shown = dict.fromkeys(LAYERS, False)
        quiet = {**QUIET, "ambient": 0.35, "diffuse": 0.75}
        self._tools = {}
        for number, tool in run.tools.items():
            cutter = plotter.add_mesh(revolved(cutter_outline(tool)), color=CUTTER, **quiet)
            holder = plotter.add_mesh(revolved(holder_outline(tool)), color=HOLDER, opacity=0.45, **quiet)
            self._tools[number] = (cutter, holder)
        self._trail = pv.PolyData(np.zeros((TRAIL_SEGMENTS + 1, 3)), lines=_line(TRAIL_SEGMENTS + 1))
        self._path = plotter.add_mesh(self._trail, color=TRAIL, line_width=2, lighting=False, **quiet)
        self._remaining: RemainingStock | None = None
        self._field = pv.PolyData(np.zeros((3, 3)))
        self._quads = np.zeros((0, 4), np.int64)
        self._stock = plotter.add_mesh(self._field, color=STOCK, copy_mesh=False, **quiet)
        self._stock.prop.interpolation = "Flat"
        self._inside = pv.PolyData(np.zeros((3, 3)))
        self._cap = plotter.add_mesh(self._inside, color=STOCK_CUT, lighting=False, copy_mesh=False, **QUIET)
        self._section: tuple[np.ndarray, np.ndarray] | None = None
        self._target: pv.Actor | None = None
        for actors in (*self._tools.values(), (self._path, self._stock, self._cap)):
            for actor in actors:
                actor.visibility = False

    def layers(self) -> list[str]:
        """Layers that the run has."""
        target = self.run.config["scenario"].get("target") or {"kind": "envelope"}
        return [name for name in LAYERS if name != "target" or target["kind"] != "envelope"]

    def show(self, layer: str, on: bool, place: ToolPlace) -> None:
        """Show or hide one of :data:`LAYERS`."""
        if on and layer == "target" and self._target is None:
            target = self.run.solid("target")
            if target is None:
                return
            vertices, faces = target.mesh()
            mesh = pv.PolyData.from_regular_faces(vertices / MM, faces)
            self._target = self._plotter.add_mesh(mesh, color=TARGET, opacity=0.3, **QUIET)
        self.shown[layer] = on
        if self._target is not None:
            self._target.visibility = self.shown["target"]
        self.move(place)

    def cut(self, origin: np.ndarray | None, normal: np.ndarray) -> None:
        """Hide what lies on the side of ``origin`` (3,) [mm] that ``normal`` (3,) points away from; None: nothing."""
        self._section = None if origin is None else (origin, normal)
        for actor in (self._stock, self._target):
            if actor is None:
                continue
            actor.mapper.RemoveAllClippingPlanes()
            if origin is not None:
                plane = vtkPlane()
                plane.SetOrigin(*origin)
                plane.SetNormal(*normal)
                actor.mapper.AddClippingPlane(plane)
        self._draw_cap()

    def move(self, place: ToolPlace) -> None:
        """Put everything where it is when the tool is at ``place``.

        Raises:
            InputError: the stock is asked for and cannot be had; it is hidden from then on.
        """
        for number, actors in self._tools.items():
            on = self.shown["tool"] and number == place.tool
            for actor in actors:
                actor.visibility = on
                if on:
                    actor.user_matrix = pose_at(place.tip, place.axis)
        self._path.visibility = self.shown["path"]
        if self.shown["path"]:
            first = max(place.segment - TRAIL_SEGMENTS + 1, 0)
            points = np.concatenate([self.run.segment["start_mm"][first : place.segment + 1], place.tip[None]])
            before = np.broadcast_to(points[0], (TRAIL_SEGMENTS + 1 - len(points), 3))
            self._trail.points[:] = np.concatenate([before, points])
            self._trail.GetPoints().Modified()
        n_done = place.segment + (place.fraction >= 1.0)
        self._stock.visibility = self.shown["stock"] and n_done < len(self.run.segment["line"])
        if self._stock.visibility:
            self._draw_stock(n_done)
        else:
            self._cap.visibility = False

    def _draw_stock(self, segment: int) -> None:
        """Heights after ``segment`` segments; only quadrilaterals with material that is still to go.

        Raises:
            InputError: the stock cannot be had; it is hidden from then on.
        """
        if self._remaining is None:
            try:
                self._remaining = RemainingStock(self.run)
            except InputError:
                self.shown["stock"] = self._stock.visibility = False
                raise
            self._field.points, self._quads = flat_sheet(self._remaining)
            self._stock.user_matrix = self._remaining.pose
        self._sheet, self._going = self._remaining.sheet(self._remaining.heights(segment))
        self._field.points[:, 2] = self._sheet.ravel() / MM
        self._field.GetPoints().Modified()
        self._field.regular_faces = self._quads[self._going.ravel()[self._quads].all(axis=1)]
        self._draw_cap()

    def _draw_cap(self) -> None:
        """The inside of the stock where it is cut open."""
        cap = None
        if self._section and self._remaining and self._stock.visibility:
            cap = stock_cap(self._remaining, self._sheet, self._going, self._quads, *self._section)
        self._cap.visibility = cap is not None
        if cap is not None:
            self._inside.points, self._inside.regular_faces = cap
            self._cap.user_matrix = self._stock.user_matrix


def flat_sheet(stock: RemainingStock) -> tuple[np.ndarray, np.ndarray]:
    """Points (point, 3) [mm] over the grid with a skirt around it, and its quadrilaterals (quad, 4)."""
    nx, ny, _ = stock.grid.shape
    x, y = (np.linspace(stock.grid.lower[k], stock.grid.upper[k], n) for k, n in ((0, nx), (1, ny)))
    across, up = np.meshgrid(np.pad(x, 1, mode="edge"), np.pad(y, 1, mode="edge"))
    points = np.stack([across, up, np.full_like(across, stock.grid.lower[2])], axis=-1).reshape(-1, 3) / MM
    index = np.arange(len(points)).reshape(ny + 2, nx + 2)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1)
    return points, quads.reshape(-1, 4)


def _line(n: int) -> np.ndarray:
    """Connectivity of a line through ``n`` points."""
    return np.array([n, *range(n)])
