"""Pictures off screen, in a process of their own: without a GL library VTK ends its process."""

import subprocess
import sys
from pathlib import Path

from twin.errors import InputError

GL_REMEDY = "apt-get install libegl1 libgl1-mesa-dri"


def render(run: Path, file: Path, field: str = "deviation_um") -> None:
    """Write a PNG of the part of ``run``, coloured by ``field``.

    Raises:
        InputError: no GL library (names the package to install), or the run has no such field.
    """
    command = [sys.executable, "-m", "twin.view.picture", str(run), str(file), field]
    child = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if child.returncode < 0 or not file.is_file():
        lines = child.stderr.strip().splitlines()
        if child.returncode == 2 and lines:
            raise InputError(lines[-1])
        raise InputError("no picture: VTK found no GL library to draw with", remedy=GL_REMEDY)


def _main(run: Path, file: Path, field: str) -> None:
    """In the child: draw and save."""
    import os

    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    from twin.view.scene import load_part, part_scene

    try:
        part = load_part(run)
        title = str(part.field_data["title"][0]) if "title" in part.field_data else ""
        plotter = part_scene(part, field, title=title, off_screen=True)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    temporary = file.with_name(f".{file.stem}.partial{file.suffix}")
    plotter.screenshot(str(temporary))
    temporary.replace(file)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
