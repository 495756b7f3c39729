"""Drawing in a process of its own: without a GL library VTK ends its process."""

import os
import subprocess
import sys
from pathlib import Path

from twin.errors import InputError

GL_REMEDY = "apt-get install libegl1 libgl1-mesa-dri"


def render(run: Path, file: Path, field: str = "deviation_um", title: str = "") -> None:
    """Write a PNG of the part of ``run``, coloured by ``field``.

    Raises:
        InputError: no GL library (names the package to install), or the run has no such field.
    """
    file.unlink(missing_ok=True)
    child = subprocess.run(_command(run, field, str(file), title), capture_output=True, text=True, timeout=300)
    _check(child.returncode, child.stderr)
    if not file.is_file():
        raise InputError("no picture: VTK found no GL library to draw with", remedy=GL_REMEDY)


def open_window(run: Path, field: str, title: str = "") -> None:
    """Show the part of ``run`` until its window is closed.

    Raises:
        InputError: there is no display, or no GL library.
    """
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in ("darwin", "win32")):
        raise InputError("there is no display to open a window on", remedy="use --screenshot FILE.png")
    child = subprocess.run(_command(run, field, "", title), stderr=subprocess.PIPE, text=True)
    _check(child.returncode, child.stderr)


def _command(run: Path, field: str, file: str, title: str) -> list[str]:
    return [sys.executable, "-m", "twin.view.picture", str(run), field, file, title]


def _check(status: int, stderr: str) -> None:
    """Turn the child's end into an error: 2 carries a message, a signal means VTK found nothing to draw with."""
    lines = stderr.strip().splitlines()
    if status == 2 and lines:
        raise InputError(lines[-1])
    if status < 0:
        raise InputError("no picture: VTK found no GL library to draw with", remedy=GL_REMEDY)
    if status:
        raise InputError(f"no picture: {lines[-1] if lines else f'the drawing process ended with {status}'}")


def _main(run: Path, field: str, file: str, title: str) -> None:
    """In the child: draw, then save or show."""
    if file and not os.environ.get("DISPLAY"):
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    from twin.view.scene import load_part, part_scene

    try:
        part = load_part(run)
        plotter = part_scene(part, field, title=title, off_screen=bool(file))
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    if not file:
        plotter.show()
        return
    target = Path(file)
    temporary = target.with_name(f".{target.stem}.partial{target.suffix}")
    plotter.screenshot(str(temporary))
    temporary.replace(target)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), *sys.argv[2:])
