"""The scene that window, browser, picture and film share: built once, then changed in place."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyvista as pv
from vtkmodules.vtkCommonDataModel import vtkStaticCellLocator

from twin.errors import InputError
from twin.view.quantity import QUANTITIES, Quantity, limits_of
from twin.view.scene import VIEW_FROM, carried_fields, common_limit, deviation_fields
from twin.view.stage.compared import comparison
from twin.view.stage.loaded import LoadedRun
from twin.view.stage.machining import Machining
from twin.view.stage.panel import Panel, PartMeshes
from twin.view.stage.path import ToolPlace, tool_at
from twin.view.stage.picked import Picked, pick

SIZE = (1280, 800)
SECTIONS = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, -1.0)}  # what lies behind is kept
CLICK = 4  # pixels: the mouse moved less between press and release
FILLED = (0.72, 0.8)  # of a view across and up: room for words and colours
MARK = "#ff00ff"


@dataclass(frozen=True)
class Section:
    """A plane that cuts the views open."""

    axis: str  # x, y or z
    at: float  # [mm]


class Stage:
    """One run, alone or compared, in a plotter that is built once.

    Args:
        run: what is shown.
        other: a second run to compare with; None: the measured values of ``run``, where it has some.
        off_screen: no window is opened.
        size: [pixel] of the picture.
    """

    def __init__(
        self,
        run: LoadedRun,
        other: LoadedRun | None = None,
        *,
        off_screen: bool = True,
        size: tuple[int, int] = SIZE,
    ):
        self.run, self.other = run, other
        self.compared = comparison(run, other)
        pv.global_theme.multi_samples = 0
        n = 3 if self.compared else 1
        self.plotter = pv.Plotter(
            off_screen=off_screen, shape=(1, n), border=False, window_size=list(size), lighting="none"
        )
        self.plotter.set_background("white", all_renderers=True)
        own = PartMeshes(run.part)
        meshes = [own]
        if self.compared:
            meshes = [own, own if other is None else PartMeshes(other.part), own]
        self.panels = [Panel(self.plotter, place, mesh) for place, mesh in enumerate(meshes)]
        self.plotter.subplot(0, 0)
        self.machining = Machining(self.plotter, run)
        self._marks = [self._mark(place) for place in range(n)]
        self._locators: dict[int, vtkStaticCellLocator] = {}
        self.time, self.comparing, self.same_limits = run.duration, False, False
        self.section: Section | None = None
        self.picked: Picked | None = None
        self.on_pick: Callable[[Picked | None], None] = lambda picked: None
        self.field = next(iter(self.fields), "")
        for layer in ("stock", "tool"):
            self.machining.show(layer, True, self.place)
        self._look()
        self.compare(other is not None)
        self.seek(run.duration)

    @property
    def place(self) -> ToolPlace:
        """Where the tool is now."""
        return tool_at(self.run, self.time)

    @property
    def fields(self) -> dict[str, Quantity]:
        """What the views can be coloured by now."""
        if self.comparing and self.compared:
            return self.compared.fields
        return {name: QUANTITIES[name] for name in carried_fields(self.run.part)}

    def seek(self, time: float) -> None:
        """Show the machining at ``time`` [s].

        Raises:
            InputError: the stock is asked for and cannot be had; it is hidden from then on.
        """
        self.time = float(np.clip(time, 0.0, self.run.duration))
        place = self.place
        self._tell(place)
        self.machining.move(place)

    def colour(self, field: str) -> None:
        """Colour the views by ``field``.

        Raises:
            InputError: the run has no such field.
        """
        if field not in self.fields:
            raise InputError(f"the part carries no '{field}'", remedy="known: " + ", ".join(self.fields))
        self.field, quantity = field, self.fields[field]
        if not self.comparing or not self.compared:
            values = np.asarray(self.run.part.point_data[field], np.float32)
            together = self.same_limits and field in deviation_fields(self.run.part)
            limit = common_limit(self.run.part) if together else None
            self.panels[0].colour(values, quantity, limits_of(quantity, values, limit))
            self._trace()
            self._tell(self.place)
            return
        left, right, difference = self.compared.values(field)
        limits = limits_of(quantity, np.concatenate([left, right]))
        apart = Quantity(field, "difference, " + quantity.title, "RdBu_r", True)
        self.panels[0].colour(left, quantity, limits)
        self.panels[1].colour(right, quantity, limits)
        self.panels[2].colour(difference, apart, limits_of(apart, difference))
        self._trace()
        self._tell(self.place)

    def _trace(self) -> None:
        """The path in the colours of what is compared, where that is known on it and the path is shown."""
        along = None
        if self.compared and self.comparing and self.machining.shown["path"]:
            along = self.compared.along(self.field)
        segment = self.run.segment
        for panel, values in zip(self.panels, along or [None] * len(self.panels), strict=True):
            panel.trace(segment["start_mm"], segment["end_mm"], values)

    def together(self, same_limits: bool) -> None:
        """One colour range for the deviation and all its sources, or each its own."""
        self.same_limits = same_limits
        self.colour(self.field)

    def compare(self, comparing: bool) -> None:
        """Show three linked views, or the run alone."""
        self.comparing = comparing and self.compared is not None
        for place, panel in enumerate(self.panels):
            width = 1 / 3 if self.comparing else float(place == 0)
            panel.renderer.SetViewport(place * width, 0.0, (place + 1) * width if width else 1e-9, 1.0)
            panel.renderer.SetDraw(self.comparing or place == 0)
        self.colour(self.field if self.field in self.fields else next(iter(self.fields)))
        self.reset_camera()

    def cut(self, section: Section | None) -> None:
        """Cut the views open, or close them again."""
        self.section = section
        normal = np.array(SECTIONS[section.axis if section else "x"])
        origin = None if section is None else np.abs(normal) * section.at
        for panel in self.panels:
            panel.cut(origin, normal)
        self.machining.cut(origin, normal)
        self._mark_picked()

    def show(self, layer: str, on: bool) -> None:
        """Show or hide a layer of :data:`twin.view.stage.machining.LAYERS`."""
        self.machining.show(layer, on, self.place)
        self._trace()
        self.cut(self.section)

    def fine(self, fine: bool) -> None:
        """Draw the parts in full, or quickly."""
        for panel in self.panels:
            panel.fine = fine

    def pick_at(self, x: float, y: float) -> Picked | None:
        """Pick what lies under the pixel (x, y) of the window, counted from its lower left corner."""
        for place, panel in enumerate(self.panels):
            if panel.renderer.GetDraw() and panel.renderer.IsInViewport(int(x), int(y)):
                point = panel.under(x, y, self._locator(place))
                return None if point is None else self.pick(point)
        return None

    def pick(self, point: Iterable[float]) -> Picked:
        """Pick the place of the part that is nearest to ``point`` (3,) [mm], and mark it."""
        self.picked = pick(self.run, np.array(list(point), float), self.other)
        self._mark_picked()
        self.on_pick(self.picked)
        return self.picked

    def listen(self) -> None:
        """Let a click of the mouse pick a point, and draw quickly while the mouse turns the view."""
        mouse = self.plotter.iren.interactor
        style = mouse.GetInteractorStyle()
        pressed, quick = (0, 0), False

        def press(*_: object) -> None:
            nonlocal pressed
            pressed = mouse.GetEventPosition()

        def release(*_: object) -> None:
            x, y = mouse.GetEventPosition()
            if abs(x - pressed[0]) + abs(y - pressed[1]) < CLICK:
                self.pick_at(x, y)

        def turn(*_: object) -> None:
            nonlocal quick
            if self.panels[0].fine:
                quick = True
                self.fine(False)

        def rest(*_: object) -> None:
            nonlocal quick
            if quick:
                quick = False
                self.fine(True)
                self.plotter.render()

        self.plotter.iren.add_observer("LeftButtonPressEvent", press)
        self.plotter.iren.add_observer("LeftButtonReleaseEvent", release)
        style.AddObserver("InteractionEvent", turn)
        style.AddObserver("EndInteractionEvent", rest)

    def reset_camera(self) -> None:
        """Look at the whole part."""
        renderer = self.panels[0].renderer
        bounds = np.array(self.run.part.bounds).reshape(3, 2)
        renderer.ResetCamera(bounds.ravel())
        seen = []
        for corner in itertools.product(*bounds):
            renderer.SetWorldPoint(*corner, 1.0)
            renderer.WorldToView()
            seen.append(renderer.GetViewPoint()[:2])
        across, up = np.abs(seen).max(axis=0)
        renderer.camera.zoom(min(FILLED[0] / across, FILLED[1] / up))

    def picture(self) -> np.ndarray:
        """What is seen, (row, column, 3) uint8."""
        self.plotter.render()
        return np.asarray(self.plotter.screenshot(None, return_img=True))

    def _look(self) -> None:
        """One camera for all views, from the operator's side."""
        for place in range(len(self.panels)):
            self.plotter.subplot(0, place)
            self.plotter.add_light(pv.Light(light_type="headlight"))  # one: each costs time at every pixel
            self.plotter.view_vector(VIEW_FROM, viewup=(0, 0, 1))
        if len(self.panels) > 1:
            self.plotter.link_views()
        self.plotter.subplot(0, 0)
        self.plotter.add_axes(color="black", viewport=(0.0, 0.0, 0.16, 0.16))

    def _tell(self, place: ToolPlace) -> None:
        """Time, tool and line in the first view, its own name in each of several."""
        tool, line = self.run.tools.get(place.tool), int(self.run.segment["line"][place.segment])
        minutes, seconds = divmod(self.time, 60.0)
        now = f"{int(minutes)}:{seconds:04.1f} min   line {line}   " + (f"T{tool.number}" if tool else "no tool")
        if not (self.comparing and self.compared):
            self.panels[0].say(f"{self.run.title}\n{now} {tool.name if tool else ''}", narrow=False)
            return
        for panel, name in zip(self.panels, self.compared.names, strict=True):
            panel.say(f"{name}\n{now if panel is self.panels[0] else ''}", narrow=True)

    def _mark_picked(self) -> None:
        """Mark the picked point, unless a section has cut it away."""
        if self.picked is None:
            return
        left = True
        if self.section is not None:
            normal = np.array(SECTIONS[self.section.axis])
            left = bool(normal @ (self.picked.point - np.abs(normal) * self.section.at) >= 0)
        for mark in self._marks:
            mark.position = self.picked.point
            mark.visibility = left

    def _mark(self, place: int) -> pv.Actor:
        self.plotter.subplot(0, place)
        ball = pv.Sphere(radius=0.006 * self.run.part.length)
        actor = self.plotter.add_mesh(ball, color=MARK, lighting=False, reset_camera=False, pickable=False)
        actor.visibility = False
        actor.mapper.SetResolveCoincidentTopologyToPolygonOffset()  # in front of what hides it
        actor.mapper.SetRelativeCoincidentTopologyPolygonOffsetParameters(0, -60_000)
        return actor

    def _locator(self, place: int) -> vtkStaticCellLocator:
        """Finds cells of the part of a panel along a line."""
        if place not in self._locators:
            locator = vtkStaticCellLocator()
            locator.SetDataSet(self.panels[place].meshes.fine)
            locator.BuildLocator()
            self._locators[place] = locator
        return self._locators[place]
