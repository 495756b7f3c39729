"""The stage in a window: keys and sliders."""

import time

from twin.errors import InputError
from twin.view.stage.machining import LAYERS
from twin.view.stage.picked import Picked
from twin.view.stage.playing import default_speed, next_speed
from twin.view.stage.stage import SECTIONS, Section, Stage

FRAME = 50  # [ms] between two frames
HELP = (
    "space: play   + -: speed   left, right: colour   l: same limits   1-4: stock, target, tool, path   "
    "x: section   c: compare   click: a point   q: close"
)
SLIDER = {"style": "modern", "title_height": 0.018, "slider_width": 0.02, "tube_width": 0.004, "color": "black"}


class Window:
    """A window with a stage.

    Args:
        stage: with a window of its own, unless for a test.
    """

    def __init__(self, stage: Stage):
        self.stage, self.playing = stage, False
        self.speed = default_speed(stage.run.duration)
        plotter = stage.plotter
        plotter.subplot(0, 0)
        self._help = plotter.add_text(HELP, position=(0.008, 0.012), viewport=True, font_size=7, color="#606060")
        self._numbers = plotter.add_text(" ", position=(0.008, 0.55), viewport=True, font_size=8, color="black")
        self._slider = plotter.add_slider_widget(
            self._drag, (0.0, stage.run.duration), value=stage.time, title="time [s]", fmt="%.0f",
            pointa=(0.2, 0.07), pointb=(0.8, 0.07), interaction_event="always", **SLIDER,
        )  # fmt: skip
        self._cutter = plotter.add_slider_widget(
            self._drag_section, (0.0, 1.0), value=0.5, title="section", fmt="%.1f",
            pointa=(0.2, 0.93), pointb=(0.45, 0.93), interaction_event="always", **SLIDER,
        )  # fmt: skip
        self._cutter.Off()
        stage.on_pick = self._tell
        stage.listen()
        keys = {
            "space": self.play, "plus": lambda: self.faster(1), "equal": lambda: self.faster(1),
            "minus": lambda: self.faster(-1), "Right": lambda: self.step(1), "Left": lambda: self.step(-1),
            "l": lambda: self._show(lambda: stage.together(not stage.same_limits)),
            "c": lambda: self._show(lambda: stage.compare(not stage.comparing)),
            "x": self.next_section,
        }  # fmt: skip
        for number, layer in enumerate(LAYERS, start=1):
            keys[str(number)] = lambda layer=layer: self.toggle(layer)  # type: ignore[misc]
        for key, call in keys.items():
            plotter.add_key_event(key, call)

    def show(self) -> None:
        """Until the window is closed."""
        plotter = self.stage.plotter
        plotter.iren.add_observer("TimerEvent", lambda *_: self.tick())
        plotter.show(auto_close=False, interactive_update=True)
        plotter.iren.interactor.CreateRepeatingTimer(FRAME)
        plotter.iren.start()
        plotter.close()

    def play(self) -> None:
        """Play, or stop playing."""
        self.playing = not self.playing
        self._before = time.perf_counter()
        if self.playing and self.stage.time >= self.stage.run.duration:
            self.stage.seek(0.0)
        self._show(lambda: self.stage.fine(not self.playing))

    def tick(self) -> None:
        """Move on in time, if it plays."""
        if not self.playing:
            return
        now = time.perf_counter()
        ahead, self._before = (now - self._before) * self.speed, now
        self._show(lambda: self.stage.seek(self.stage.time + ahead))
        if self.stage.time >= self.stage.run.duration:
            self.play()

    def faster(self, by: int) -> None:
        """Play ``by`` steps faster."""
        self.speed = next_speed(self.speed, by)
        self._slider.GetRepresentation().SetTitleText(f"time [s], {self.speed:g} x")
        self.stage.plotter.render()

    def step(self, by: int) -> None:
        """Colour by the quantity that lies ``by`` places after the present one."""
        names = list(self.stage.fields)
        place = (names.index(self.stage.field) + by) % len(names)
        self._show(lambda: self.stage.colour(names[place]))

    def toggle(self, layer: str) -> None:
        """Show or hide a layer."""
        self._show(lambda: self.stage.show(layer, not self.stage.machining.shown[layer]))

    def next_section(self) -> None:
        """No section, then across X, Y, Z, then none again."""
        order = [None, *SECTIONS]
        section = self.stage.section
        axis = order[(order.index(section.axis if section else None) + 1) % len(order)]
        if axis is None:
            self._cutter.Off()
            self._show(lambda: self.stage.cut(None))
            return
        k = "xyz".index(axis)
        low, high = self.stage.run.part.bounds[2 * k : 2 * k + 2]
        shown = self._cutter.GetRepresentation()
        shown.SetMinimumValue(low)
        shown.SetMaximumValue(high)
        shown.SetValue((low + high) / 2)
        shown.SetTitleText(f"section {axis} [mm]")
        self._cutter.On()
        self._show(lambda: self.stage.cut(Section(axis, (low + high) / 2)))

    def _drag(self, value: float) -> None:
        if abs(value - self.stage.time) > 1e-6:
            self._show(lambda: self.stage.seek(value))

    def _drag_section(self, value: float) -> None:
        section = self.stage.section
        if section is not None:
            self._show(lambda: self.stage.cut(Section(section.axis, value)))

    def _show(self, change) -> None:  # type: ignore[no-untyped-def]
        """Change the stage, then draw it; what cannot be done is told in the corner."""
        try:
            change()
            self._help.input = HELP
        except InputError as error:
            self._help.input = str(error)
        self._slider.GetRepresentation().SetValue(self.stage.time)
        self.stage.plotter.render()

    def _tell(self, picked: Picked | None) -> None:
        if picked is not None:
            rows = [f"{row.name} [{row.unit}]  {'  |  '.join(row.words())}" for row in picked.rows]
            visits = [
                f"T{tool} at {when:.1f} s: {off:.2f} mm off, {force:.0f} N"
                for tool, when, off, force in zip(
                    picked.tool, picked.passes.time, picked.passes.clearance, picked.force, strict=True
                )
            ]
            self._numbers.input = "\n".join([picked.heading, picked.line_text, *rows, *visits[-8:]])
            self.stage.plotter.render()
