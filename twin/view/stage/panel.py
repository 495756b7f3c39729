"""One view of a part: its colours, its section, its title, all changed in place."""

from typing import Any

import numpy as np
import pyvista as pv
from vtkmodules.vtkCommonCore import reference
from vtkmodules.vtkCommonDataModel import vtkPlane, vtkStaticCellLocator
from vtkmodules.vtkFiltersCore import vtkPolyDataPlaneCutter
from vtkmodules.vtkFiltersGeneral import vtkContourTriangulator

from twin.view.quantity import NOT_KNOWN, Quantity, bar_format
from twin.view.stage.detail import coarse_mesh

SHOWN = "shown"  # name of the array that is drawn
CUT = "#a39c8f"  # colour of the inside of a part that is cut open
EDGE_ANGLE = 30.0  # [deg] sharper edges are drawn


class PartMeshes:
    """A part in full, in less detail, and its edges; shared by the views that draw it."""

    def __init__(self, part: pv.PolyData):
        points, faces = np.asarray(part.points), part.regular_faces
        self.kept, facets = coarse_mesh(points, faces)
        self.fine = pv.PolyData.from_regular_faces(points, faces)
        self.coarse = pv.PolyData.from_regular_faces(points[self.kept], facets)
        self.edges = self.fine.extract_feature_edges(EDGE_ANGLE, manifold_edges=False, boundary_edges=False)


class Panel:
    """One renderer of a plotter, with a part in it.

    Args:
        plotter: of all panels.
        place: column of this one.
        meshes: the part.
    """

    def __init__(self, plotter: pv.Plotter, place: int, meshes: PartMeshes):
        self.plotter, self.place, self.meshes = plotter, place, meshes
        plotter.subplot(0, place)
        self.renderer = plotter.renderer
        self._data = []
        self._parts = []
        for mesh in (meshes.fine, meshes.coarse):
            own = mesh.copy(deep=False)
            own.point_data[SHOWN] = np.full(own.n_points, np.nan, np.float32)
            self._data.append(own)
            actor = plotter.add_mesh(
                own,
                scalars=SHOWN,
                clim=(0.0, 1.0),
                lighting=False,
                nan_color=NOT_KNOWN,
                show_scalar_bar=False,
                interpolate_before_map=True,
                reset_camera=False,
                copy_mesh=False,
            )
            self._parts.append(actor)
        lines = {"color": "#303030", "line_width": 1.0, "lighting": False, "reset_camera": False, "pickable": False}
        self._edges = plotter.add_mesh(meshes.edges, **lines)
        self._edges.mapper.SetResolveCoincidentTopologyToPolygonOffset()
        self._edges.mapper.SetRelativeCoincidentTopologyLineOffsetParameters(0, -4)
        self._path = pv.Actor(mapper=pv.DataSetMapper(pv.PolyData()))
        self._path.prop.line_width, self._path.prop.lighting, self._path.visibility = 2.0, False, False
        plotter.add_actor(self._path, reset_camera=False, pickable=False)
        self._plane = vtkPlane()
        self._cutter = vtkPolyDataPlaneCutter()
        self._cutter.SetInputData(meshes.fine)
        self._cutter.SetPlane(self._plane)
        mapper = pv.DataSetMapper()
        mapper.SetInputConnection(self._cutter.GetOutputPort())
        self._outline = pv.Actor(mapper=mapper)
        self._outline.prop.color, self._outline.prop.line_width, self._outline.prop.lighting = "black", 2.5, False
        inside = vtkContourTriangulator()
        inside.SetInputConnection(self._cutter.GetOutputPort())
        mapper = pv.DataSetMapper()
        mapper.SetInputConnection(inside.GetOutputPort())
        self._cap = pv.Actor(mapper=mapper)
        self._cap.prop.color, self._cap.prop.lighting = CUT, False
        for actor in (self._cap, self._outline):
            plotter.add_actor(actor, reset_camera=False, pickable=False)
            actor.visibility = False
        self._bar = plotter.add_scalar_bar(
            mapper=self._parts[0].mapper,
            title=" " * (place + 1),  # bars of one title would be one bar
            vertical=True,
            n_labels=5,
            color="black",
            label_font_size=14,
            position_x=0.89,
            position_y=0.12,
            height=0.72,
            width=0.06,
            unconstrained_font_size=True,
        )
        self._words = plotter.add_text(" ", position=(0.008, 0.988), viewport=True, font_size=10, color="black")
        self._words.prop.justification_vertical = "top"
        self._note = plotter.add_text(" ", position=(0.985, 0.012), viewport=True, font_size=8, color="#606060")
        self._note.prop.justification_horizontal = "right"
        self._title = plotter.add_text(" ", position=(0.985, 0.86), viewport=True, font_size=10, color="black")
        self._title.prop.justification_horizontal = "right"
        self._bar_title = ""
        self.fine = True

    @property
    def clipped(self) -> list[pv.Actor]:
        """What a section cuts."""
        return [*self._parts, self._edges, self._path]

    @property
    def fine(self) -> bool:
        """Whether the part is drawn in full."""
        return bool(self._parts[0].visibility)

    @fine.setter
    def fine(self, fine: bool) -> None:
        self._parts[0].visibility, self._parts[1].visibility = fine, not fine
        self._cutter.SetInputData(self.meshes.fine if fine else self.meshes.coarse)

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of the colours."""
        low, high = self._parts[0].mapper.scalar_range
        return float(low), float(high)

    @property
    def title(self) -> str:
        """Of the colours, with their unit."""
        return self._bar_title

    def colour(self, values: np.ndarray, quantity: Quantity, limits: tuple[float, float]) -> None:
        """Colour the part by ``values`` (vertex,)."""
        for own, actor, shown in zip(self._data, self._parts, (values, values[self.meshes.kept]), strict=True):
            own.point_data[SHOWN][:] = shown
            own.GetPointData().GetArray(SHOWN).Modified()
            own.Modified()
            actor.mapper.scalar_range = limits
            actor.mapper.lookup_table.apply_cmap(quantity.colour_map, 256)
            actor.mapper.lookup_table.nan_color = NOT_KNOWN
        self._bar_title = quantity.title
        self._bar.SetLabelFormat(bar_format(limits))
        self._note.input = "grey: no value here" if np.isnan(values).any() else " "

    def trace(self, start: np.ndarray, end: np.ndarray, values: np.ndarray | None) -> None:
        """Draw the pieces of a path from ``start`` to ``end`` (segment, 3) [mm] in the colours of the part.

        Args:
            values: (segment,) NaN where a piece is not drawn; None: nothing is.
        """
        drawn = np.flatnonzero(np.isfinite(values)) if values is not None else np.zeros(0, int)
        self._path.visibility = bool(drawn.size)
        if values is None or not drawn.size:
            return
        points = np.stack([start[drawn], end[drawn]], axis=1).reshape(-1, 3)
        lines = np.insert(np.arange(len(points)).reshape(-1, 2), 0, 2, axis=1)
        mesh = pv.PolyData(points, lines=lines.ravel())
        mesh.cell_data[SHOWN] = values[drawn].astype(np.float32)
        mesh.set_active_scalars(SHOWN, preference="cell")
        mapper = self._path.mapper
        mapper.dataset = mesh
        mapper.SetScalarModeToUseCellData()
        mapper.scalar_visibility = True
        mapper.lookup_table = self._parts[0].mapper.lookup_table
        mapper.scalar_range = self.limits

    def say(self, text: str, narrow: bool) -> None:
        """Write ``text`` into the upper left corner; a ``narrow`` view has the title of its colours there too."""
        self._title.input = " " if narrow else self._bar_title
        self._words.input = f"{text}\n{self._bar_title}" if narrow else text

    def cut(self, origin: np.ndarray | None, normal: np.ndarray) -> None:
        """Hide what lies on the side of ``origin`` (3,) [mm] that ``normal`` (3,) points away from; None: nothing."""
        for actor in self.clipped:
            actor.mapper.RemoveAllClippingPlanes()
        self._outline.visibility = self._cap.visibility = origin is not None
        if origin is not None:
            self._plane.SetOrigin(*origin)
            self._plane.SetNormal(*normal)
            for actor in self.clipped:
                actor.mapper.AddClippingPlane(self._plane)

    def under(self, x: float, y: float, locator: vtkStaticCellLocator) -> np.ndarray | None:
        """Point (3,) [mm] of the part under the pixel (x, y) of the window; None beside it, or where it is cut open."""
        ends = []
        for depth in (0.0, 1.0):
            self.renderer.SetDisplayPoint(x, y, depth)
            self.renderer.DisplayToWorld()
            *point, w = self.renderer.GetWorldPoint()
            ends.append(np.array(point) / w)
        near, far = ends
        if self._outline.visibility:  # the part begins where the section has cut it
            normal, origin = np.array(self._plane.GetNormal()), np.array(self._plane.GetOrigin())
            along, before = float(normal @ (far - near)), float(normal @ (origin - near))
            if along > 0 and 0 < before < along:
                near = near + before / along * (far - near)
            elif before > 0 and along <= 0:
                return None
            elif along < 0 and before > along:
                far = near + before / along * (far - near)
        at, where = [0.0] * 3, [0.0] * 3
        cell: Any = reference(0)
        found: tuple[Any, ...] = (reference(0.0), at, where, reference(0), cell)  # what it writes
        if not locator.IntersectWithLine(near, far, 1e-6, *found):
            return None
        a, b, c = self.meshes.fine.points[self.meshes.fine.regular_faces[int(cell)]]
        from_inside = np.cross(b - a, c - a) @ (far - near) > 0
        return None if from_inside else np.array(at)
