"""The stage in a browser: the picture is drawn here and sent, the page holds the controls.

Nothing is loaded from elsewhere, so that it works without a network.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from twin.errors import InputError
from twin.view.stage.machining import LAYERS
from twin.view.stage.picked import Picked, as_data_address, history_picture
from twin.view.stage.playing import SPEEDS, default_speed
from twin.view.stage.stage import SECTIONS, Section, Stage

FRAME = 1 / 20  # [s] at least between two frames
PICTURE = {"interactive_ratio": 1, "still_ratio": 1, "interactive_quality": 85, "still_quality": 100}
CLOSED = "off"  # the section that cuts nothing


class WebView:
    """A page that shows a stage.

    Args:
        stage: off screen.
        name: of the trame server; each page of one process has its own.
    """

    def __init__(self, stage: Stage, name: str = "twin"):
        try:
            from trame.app import get_server
        except ImportError:
            raise InputError("the view in a browser needs trame", remedy='pip install "machining-twin[web]"') from None
        self.stage = stage
        self.server = get_server(name, client_type="vue3")
        self.state: Any = self.server.state
        self._set_state()
        self._build()
        self._bind()
        stage.on_pick = self._tell
        self._section_of = CLOSED
        stage.listen()

    def start(self, host: str, port: int, ready: Callable[[str], None]) -> None:
        """Serve until interrupted; ``ready`` is told the address. Port 0: a free one."""
        self.stage.picture()  # before anybody is told: without a GL library it ends here
        self.server.controller.on_server_ready.add(lambda **_: ready(f"http://{host}:{self.server.port}/"))
        self.server.start(
            host=host, port=port, timeout=0, open_browser=False, show_connection_info=False, backend="aiohttp"
        )

    def _set_state(self) -> None:
        stage, bounds = self.stage, self.stage.run.part.bounds
        low, high = zip(*((bounds[2 * k], bounds[2 * k + 1]) for k in range(3)), strict=True)
        self.state.update(
            {
                "trame__title": f"twin view: {stage.run.title}",
                "title": stage.run.title,
                "time": stage.time,
                "duration": stage.run.duration,
                "playing": False,
                "speed": default_speed(stage.run.duration),
                "speeds": [{"title": f"{s:g} x", "value": s} for s in SPEEDS],
                "comparing": stage.comparing,
                "may_compare": stage.compared is not None,
                "compare_words": " | ".join(stage.compared.names) if stage.compared else "",
                "field": stage.field,
                "fields": self._fields(),
                "same_limits": stage.same_limits,
                "layers": [name for name in LAYERS if stage.machining.shown[name]],
                "all_layers": stage.machining.layers(),
                "section": CLOSED,
                "sections": [CLOSED, *SECTIONS],
                "section_at": 0.0,
                "lowest": dict(zip(SECTIONS, map(float, low), strict=True)),
                "highest": dict(zip(SECTIONS, map(float, high), strict=True)),
                "picked": None,
                "complaint": "",
            }
        )

    def _fields(self) -> list[dict[str, str]]:
        return [{"title": q.title, "value": name} for name, q in self.stage.fields.items()]

    def _bind(self) -> None:
        for names, call in (
            (("time",), self._seek),
            (("playing",), self._play),
            (("field", "same_limits"), self._colour),
            (("comparing",), self._compare),
            (("layers",), self._layers),
            (("section", "section_at"), self._section),
        ):
            self.state.change(*names)(call)
        self.server.trigger("reset_camera")(self._reset_camera)

    def _seek(self, time: float, **_: object) -> None:
        if float(time) != self.stage.time:
            self._try(lambda: self.stage.seek(float(time)))

    def _colour(self, field: str, same_limits: bool, **_: object) -> None:
        if (field, same_limits) != (self.stage.field, self.stage.same_limits) and field in self.stage.fields:
            self.stage.same_limits = same_limits
            self._try(lambda: self.stage.colour(field))

    def _compare(self, comparing: bool, **_: object) -> None:
        if comparing != self.stage.comparing:
            self._try(lambda: self.stage.compare(comparing))
            self.state.update({"fields": self._fields(), "field": self.stage.field})

    def _layers(self, layers: list[str], **_: object) -> None:
        for name in LAYERS:
            if (name in layers) != self.stage.machining.shown[name]:
                self._try(lambda name=name: self.stage.show(name, name in layers))  # type: ignore[misc]

    def _section(self, section: str, section_at: float, **_: object) -> None:
        if section == CLOSED:
            asked = None
        else:
            low, high = self.state.lowest[section], self.state.highest[section]
            if section != self._section_of:  # another axis: through the middle of the part
                self.state.section_at = section_at = (low + high) / 2
            asked = Section(section, min(max(float(section_at), low), high))
        self._section_of = section
        if asked != self.stage.section:
            self._try(lambda: self.stage.cut(asked))

    def _reset_camera(self) -> None:
        self._try(self.stage.reset_camera)

    def _try(self, change: Callable[[], object]) -> None:
        """Change the stage, then send its picture; what cannot be done is told on the page."""
        try:
            change()
            self.state.complaint = ""
        except InputError as error:
            self.state.complaint = str(error)
        self._view.update()

    def _play(self, playing: bool, **_: object) -> None:
        if playing:
            asyncio.create_task(self._film())

    async def _film(self) -> None:
        """Move on in time while the page plays."""
        stage, state = self.stage, self.state
        stage.fine(False)
        if stage.time >= stage.run.duration:
            stage.seek(0.0)
        before = time.perf_counter()
        try:
            while state.playing:
                await asyncio.sleep(max(FRAME - (time.perf_counter() - before), 0.005))
                now = time.perf_counter()
                ahead, before = (now - before) * float(state.speed), now
                with state:
                    self._try(lambda ahead=ahead: stage.seek(stage.time + ahead))  # type: ignore[misc]
                    state.time = stage.time
                    state.playing = bool(state.playing) and stage.time < stage.run.duration
        finally:
            stage.fine(True)
            self._view.update()

    def _tell(self, picked: Picked | None) -> None:
        """Show the numbers and the history of a point on the page."""
        if picked is None:
            return
        with self.state:
            self.state.picked = {
                "heading": picked.heading,
                "line_text": picked.line_text,
                "rows": [{"name": r.name, "unit": r.unit, "values": list(r.words())} for r in picked.rows],
                "history": as_data_address(history_picture(picked)),
            }
        self._view.update()

    def _build(self) -> None:
        """The page."""
        from trame.ui.vuetify3 import VAppLayout
        from trame.widgets import html
        from trame.widgets import vuetify3 as v
        from trame.widgets.vtk import VtkRemoteView

        small = {"density": "compact", "hide_details": True, "variant": "outlined"}
        with VAppLayout(self.server) as self._page:
            with v.VAppBar(height=58, flat=True, border=True):
                v.VAppBarTitle("{{ title }}", style="flex: 0 1 auto; max-width: 26%; font-size: 1rem")
                v.VSpacer()
                v.VSelect(
                    v_model=("field", self.stage.field), items=("fields",), id="field", label="colour",
                    style="max-width: 290px", classes="mx-2", **small,
                )  # fmt: skip
                v.VCheckbox(
                    v_model=("same_limits",), label="same limits", id="same-limits", density="compact",
                    hide_details=True, v_if="!comparing",
                )  # fmt: skip
                v.VSelect(
                    v_model=("layers",), items=("all_layers",), id="layers", label="shown", multiple=True,
                    style="max-width: 230px", classes="mx-2", **small,
                )  # fmt: skip
                v.VSelect(
                    v_model=("section",), items=("sections",), id="section", label="section",
                    style="max-width: 110px", classes="mx-2", **small,
                )  # fmt: skip
                v.VSwitch(
                    v_model=("comparing",), v_if="may_compare", id="compare", density="compact", hide_details=True,
                    color="primary", classes="mx-2", label="compare", title=("compare_words",),
                )  # fmt: skip
                v.VBtn("reset view", id="reset", click="trigger('reset_camera')", size="small", variant="text")
            with v.VNavigationDrawer(location="right", width=350, permanent=True, id="point"):
                with html.Div(v_if="picked", classes="pa-3"):
                    self._point(html)
                html.Div(
                    "Click a point of the part: its numbers, its NC line and its history stand here.",
                    v_else=True, classes="pa-3", style="color: #666",
                )  # fmt: skip
            with v.VMain(style="height: 100vh"), html.Div(style="height: 100%; position: relative", id="view"):
                self._view = VtkRemoteView(self.stage.plotter.render_window, ref="view", **PICTURE)
                v.VAlert(
                    "{{ complaint }}", v_if="complaint", type="warning", id="complaint",
                    style="position: absolute; bottom: 0; left: 0",
                )  # fmt: skip
            with v.VFooter(app=True, border=True, classes="py-1"):
                v.VBtn("{{ playing ? 'pause' : 'play' }}", id="play", click="playing = !playing", width=90)
                v.VSelect(
                    v_model=("speed",), items=("speeds",), id="speed", style="max-width: 120px", classes="mx-2", **small
                )  # fmt: skip
                v.VSlider(
                    v_model=("time",), min=0, max=("duration",), step=0.1, id="time", hide_details=True,
                    classes="mx-4", color="primary",
                )  # fmt: skip
                html.Span("{{ Number(time).toFixed(1) }} s of {{ duration.toFixed(0) }} s", id="clock")
                v.VSlider(
                    v_if="section != 'off'", v_model=("section_at",), min=("lowest[section]",),
                    max=("highest[section]",), step=0.1, id="section-at", hide_details=True, classes="mx-4",
                    label=("`${section} = ${Number(section_at).toFixed(1)} mm`",), style="max-width: 330px",
                )  # fmt: skip

    def _point(self, html: Any) -> None:
        """What is told of a picked point."""
        html.B("{{ picked.heading }}", id="point-heading")
        html.Pre("{{ picked.line_text }}", id="point-line", style="white-space: pre-wrap; margin: 6px 0")
        html.Img(src=("picked.history",), id="point-history", style="width: 100%")
        with html.Table(id="point-numbers", style="width: 100%; font-size: 0.8rem; border-spacing: 0"):
            if self.stage.other is not None:
                with html.Tr():
                    html.Th("", colspan=2)
                    html.Th("A", style="text-align: right")
                    html.Th("B", style="text-align: right")
            with html.Tr(v_for="row in picked.rows", key="row.name"):
                html.Td("{{ row.name }}")
                html.Td("{{ row.unit }}", style="color: #666")
                html.Td("{{ value }}", v_for="value, n in row.values", key="n", style="text-align: right")
