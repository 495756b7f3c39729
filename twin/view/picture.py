"""Drawing in a process of its own: without a GL library VTK ends its process, and it is slow to start."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from twin.errors import InputError

BY_SOURCE = "by_source"  # the deviation and each of its sources side by side
GL_REMEDY = "apt-get install libegl1 libgl1-mesa-dri"


class Drawer:
    """A process that gets ready to draw while its parent still computes, and draws the pictures it is told.

    As context manager it is ended with the block, whether it drew or not.
    """

    def __enter__(self) -> "Drawer":
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "twin.view.picture"]
        self._files: list[Path] = []
        self._child = subprocess.Popen(command, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._child.poll() is None:
            self._child.kill()
        self._child.communicate()

    def begin(
        self, run: Path, file: Path, field: str = "deviation_um", title: str = "", same_limits: bool = False
    ) -> None:
        """Begin to draw the part of ``run``, coloured by ``field`` or :data:`BY_SOURCE`, into the PNG ``file``."""
        file.unlink(missing_ok=True)
        self._files.append(file)
        assert self._child.stdin
        try:
            self._child.stdin.write(json.dumps([str(run), field, str(file), title, same_limits]) + "\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            pass  # it died early; `finish` says why

    def finish(self) -> None:
        """Wait for the pictures.

        Raises:
            InputError: no GL library (names the package to install), or the run has no such field.
        """
        _, stderr = self._child.communicate(timeout=300)
        check_end(self._child.returncode, stderr)
        if not all(file.is_file() for file in self._files):
            raise InputError("no picture: VTK found no GL library to draw with", remedy=GL_REMEDY)


def render(run: Path, file: Path, field: str = "deviation_um", title: str = "", same_limits: bool = False) -> None:
    """Write a PNG of the part of ``run``, coloured by ``field``.

    Args:
        run: folder.
        file: PNG.
        field: of part.vtp, or :data:`BY_SOURCE`.
        title: first line of the picture.
        same_limits: one colour range for the deviation and all its sources.

    Raises:
        InputError: no GL library (names the package to install), or the run has no such field.
    """
    with Drawer() as drawer:
        drawer.begin(run, file, field, title, same_limits)
        drawer.finish()


def require_gl() -> None:
    """Have this process draw off screen.

    Raises:
        InputError: VTK would end the process: no GL library (names the package to install).
    """
    draw_off_screen()
    draw = "import pyvista; pyvista.Plotter(off_screen=True, window_size=(8, 8)).show()"
    child = subprocess.run([sys.executable, "-c", draw], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    check_end(child.returncode, child.stderr)


def draw_off_screen() -> None:
    """Have VTK, once it is imported, ask no screen where there is none."""
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")


def check_end(status: int, stderr: str) -> None:
    """Turn the child's end into an error: 2 carries a message, a signal means VTK found nothing to draw with."""
    lines = stderr.strip().splitlines()
    if status == 2 and lines:
        raise InputError(lines[-1])
    if status < 0:
        raise InputError("no picture: VTK found no GL library to draw with", remedy=GL_REMEDY)
    if status:
        raise InputError(f"no picture: {lines[-1] if lines else f'the drawing process ended with {status}'}")


def _main() -> None:
    """In the child: get ready, wait for orders, draw each."""
    draw_off_screen()
    from twin.view.scene import load_part, part_scene, sources_scene

    while order := sys.stdin.readline():
        run, field, file, title, same_limits = json.loads(order)
        try:
            part = load_part(Path(run))
            by_source = field == BY_SOURCE
            plotter = (
                sources_scene(part) if by_source else part_scene(part, field, title=title, same_limits=same_limits)
            )
        except InputError as error:
            print(error, file=sys.stderr)
            sys.exit(2)
        _save(plotter, file)
        plotter.close()


def _save(plotter: Any, file: str) -> None:
    """Whole or not at all."""
    target = Path(file)
    temporary = target.with_name(f".{target.stem}.partial{target.suffix}")
    plotter.screenshot(str(temporary))
    temporary.replace(target)


if __name__ == "__main__":
    _main()
