"""Views in a process of their own: without a GL library VTK ends its process, which then says what to install."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.view.picture import check_end, draw_off_screen

KINDS = {".png": "picture", ".mp4": "film", ".gif": "film", ".html": "page", ".vtp": "mesh", ".vtkhdf": "mesh"}


@dataclass(frozen=True)
class Order:
    """What is to be shown, and how."""

    run: str
    other: str = ""
    field: str = ""  # empty: the first
    time: float | None = None  # [s] None: the end
    section: tuple[str, float] | None = None  # axis and place [mm]
    layers: tuple[str, ...] = ("stock", "tool")
    compare: bool = False
    same_limits: bool = False
    size: tuple[int, int] = (1280, 800)
    file: str = ""  # empty: a window, or a page in a browser
    seconds: float = 15.0  # of a film
    host: str = ""  # of the page in a browser; empty: no page
    port: int = 0


def carry_out(order: Order) -> None:
    """Open the window, serve the page or write the file of ``order``; returns when it is done.

    Raises:
        InputError: no display, no GL library (names the package to install), or nothing there to be shown.
    """
    window = not order.file and not order.host
    if window and not _has_display():
        raise InputError("there is no display to open a window on", remedy="use --web, or --screenshot FILE.png")
    command = [sys.executable, "-m", "twin.view.apart"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        _, stderr = child.communicate(json.dumps(asdict(order)))
    except KeyboardInterrupt:
        child.terminate()
        child.communicate()
        return
    check_end(child.returncode, stderr)


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in ("darwin", "win32"))


def _main() -> None:
    """In the child."""
    order = Order(**json.loads(sys.stdin.read()))
    window = not order.file and not order.host
    if window:
        os.environ.pop("VTK_DEFAULT_OPENGL_WINDOW", None)  # of a process that drew off screen before
    else:
        draw_off_screen()
    try:
        stage = stage_of(order, window)
        if window:
            from twin.view.desktop import Window

            Window(stage).show()
        elif order.host:
            from twin.view.web import WebView

            WebView(stage).start(order.host, order.port, lambda address: print(address, flush=True))
        else:
            _write(order, stage)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def stage_of(order: Order, window: bool) -> Any:
    """The stage that ``order`` asks for, in a window or off screen.

    Raises:
        InputError: there is nothing of what it asks for.
    """
    from twin.view.stage.loaded import load_run
    from twin.view.stage.stage import Section, Stage

    other = load_run(Path(order.other)) if order.other else None
    stage = Stage(load_run(Path(order.run)), other, off_screen=not window, size=order.size)
    if order.compare:
        if stage.compared is None:
            raise InputError("nothing was measured on the part of this run", file=order.run, remedy="name a second run")
        stage.compare(True)
    for layer in stage.machining.layers():
        stage.show(layer, layer in order.layers)
    if order.same_limits:
        stage.together(True)
    if order.field:
        stage.colour(order.field)
    if order.time is not None:
        stage.seek(order.time)
    if order.section:
        stage.cut(Section(*order.section))
    return stage


def _write(order: Order, stage: Any) -> None:
    from twin.view.stage import files

    file = Path(order.file)
    kind = KINDS[file.suffix]
    if kind == "film":
        files.save_film(stage, file, order.seconds)
    else:
        {"picture": files.save_picture, "page": files.save_page, "mesh": files.save_mesh}[kind](stage, file)


if __name__ == "__main__":
    _main()
