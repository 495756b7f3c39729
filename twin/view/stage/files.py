"""What a stage leaves in files: a picture, a film, a page, a mesh for ParaView."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyvista as pv

from twin.errors import InputError
from twin.view.stage.compared import TwoRuns
from twin.view.stage.page import page_of
from twin.view.stage.stage import Stage

FRAMES_PER_S = 20
LAST = 1.0  # [s] that the finished part is shown at the end of a film


def save_picture(stage: Stage, file: Path) -> None:
    """PNG of what is seen."""
    from PIL import Image

    _whole(file, lambda partial: Image.fromarray(stage.picture()).save(partial))


def save_film(stage: Stage, file: Path, seconds: float) -> None:
    """The whole machining in ``seconds`` as ``.mp4`` or ``.gif``.

    Raises:
        InputError: another kind of file, or what writes films is not installed.
    """
    if file.suffix not in (".mp4", ".gif"):
        raise InputError(f"a film cannot be '{file.suffix}'", file=file, remedy="name FILE.mp4 or FILE.gif")
    try:
        import imageio

        if file.suffix == ".mp4":
            import imageio_ffmpeg  # noqa: F401
    except ImportError:
        raise InputError("films need imageio", remedy='pip install "machining-twin[movie]"') from None
    stage.fine(False)
    times = np.linspace(0.0, stage.run.duration, max(2, round(seconds * FRAMES_PER_S)))
    options: dict[str, Any] = (
        {"fps": FRAMES_PER_S, "macro_block_size": 8}
        if file.suffix == ".mp4"
        else {"duration": 1000 / FRAMES_PER_S, "loop": 0}
    )

    def write(partial: Path) -> None:
        film: Any
        with imageio.get_writer(partial, **options) as film:
            for time in times:
                stage.seek(float(time))
                frame = stage.picture()
                film.append_data(frame)
            for _ in range(round(LAST * FRAMES_PER_S)):
                film.append_data(frame)

    _whole(file, write)
    stage.fine(True)


def save_page(stage: Stage, file: Path) -> None:
    """One HTML file with the part to turn about; needs neither a server nor a network."""
    _whole(file, lambda partial: partial.write_text(page_of(stage), encoding="utf-8"))


def save_mesh(stage: Stage, file: Path) -> None:
    """The part with all that is known of it, for ParaView; with a second run its values and the differences too.

    Raises:
        InputError: another kind of file.
    """
    if file.suffix not in (".vtp", ".vtkhdf"):
        raise InputError(f"a mesh cannot be '{file.suffix}'", file=file, remedy="name FILE.vtp or FILE.vtkhdf")
    part: pv.PolyData = stage.run.part.copy(deep=False)
    if isinstance(stage.compared, TwoRuns):
        for name in stage.compared.fields:
            first, _, difference = stage.compared.values(name)
            part.point_data[f"difference_{name}"] = difference
            part.point_data[f"other_{name}"] = first + difference
    _whole(file, part.save)


def _whole(file: Path, write: Callable[[Path], object]) -> None:
    """Write whole or not at all.

    Raises:
        InputError: the folder cannot be written.
    """
    partial = file.with_name(f".{file.stem}.partial{file.suffix}")
    try:
        write(partial)
        partial.replace(file)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=file) from None
    finally:
        partial.unlink(missing_ok=True)
