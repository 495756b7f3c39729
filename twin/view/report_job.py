"""Which report a folder asks for, made with its pictures and written."""

import html
import re
import tempfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.runs import find_run
from twin.sweep import find_sweep
from twin.view.page import VALIDATION, image
from twin.view.picture import BY_SOURCE, Drawer
from twin.view.run_report import Run, read_run, run_report
from twin.view.sweep_report import read_sweep, sweep_report

PAGE = "report.html"
FIELDS = {
    "force_peak_n": ("force_n", "Peak force when each place was cut [N]."),
    "interface_degc": ("interface_degc", "Temperature between tool and chip when each place was cut [°C]."),
    "chatter_margin": ("chatter_margin", "Stable depth over the depth cut: below 1 it chatters."),
    "wear_um": ("wear_um", "Flank wear of the tool when it cut each place [µm]."),
}  # variable of the segments -> field of part.vtp, caption


def report(name: str, outputs: Path, *, out: Path | None = None, picture: bool = True) -> Path:
    """Write the report of the run or sweep that ``name`` means; return the page.

    Args:
        name: folder of a run or a sweep, its name below ``outputs``, the name of a sweep, or ``latest``, the run.
        outputs: where run folders are.
        out: folder to write into; None: that of the run.
        picture: draw the part.

    Raises:
        InputError: there is no such run, or the page cannot be written.
    """
    sweep = _sweep(name, outputs)
    if sweep:
        return write(sweep_report(read_sweep(sweep)), (out or sweep) / PAGE)
    folder = find_run(name, outputs)
    run = read_run(folder)
    with Pictures(run) if picture else nullcontext() as pictures:
        before, after = run_report(run)
        drawn = pictures.figures() if pictures else "<p>No picture was asked for.</p>"
    return write(before + drawn + after, (out or folder) / PAGE)


def _sweep(name: str, outputs: Path) -> Path | None:
    """The sweep that ``name`` means, if it means one; ``latest`` is the latest run."""
    try:
        return None if name == "latest" else find_sweep(name, outputs)
    except InputError:
        return None


def write(text: str, file: Path) -> Path:
    """Write the page, whole or not at all; what `twin validate` put on top of the one before stays on top."""
    earlier = re.search(f"{VALIDATION[0]}.*?{VALIDATION[1]}", file.read_text() if file.is_file() else "", re.DOTALL)
    if earlier:
        text = text.replace("<body>", f"<body>{earlier[0]}", 1)
    temporary = file.with_name(f".{file.name}.partial")
    try:
        temporary.write_text(text)
    except OSError as error:
        raise InputError(
            f"cannot write the report: {error.strerror}", file=file, remedy="name a writable folder with --out"
        ) from None
    temporary.replace(file)
    return file


class Pictures:
    """Pictures of a run's part, drawn in a process of their own while the rest of the page is made."""

    def __init__(self, run: Run):
        segments = run.result["segments"]
        cutting = segments["removed_mm3"].values > 0
        self._run = run
        self._wanted = {"deviation_um": "Deviation of the machined surface: red is material left, blue cut away."}
        self._wanted[BY_SOURCE] = "The deviation and what each source of error adds to it, all in one colour range."
        for variable, (field, caption) in FIELDS.items():
            if np.isfinite(segments[variable].values[cutting]).any():
                self._wanted[field] = caption

    def __enter__(self) -> "Pictures":
        self._scratch = tempfile.TemporaryDirectory(prefix="twin-report-")
        self._drawer = Drawer().__enter__()
        for field in self._wanted:
            self._drawer.begin(self._run.folder, self._file(field), field)
        return self

    def __exit__(self, *_: object) -> None:
        self._drawer.__exit__()
        self._scratch.cleanup()

    def figures(self) -> str:
        """What was drawn, as HTML; why not, where nothing was."""
        problem = ""
        try:
            self._drawer.finish()
        except InputError as error:
            problem = f"<p>Not everything was drawn: {html.escape(str(error))}</p>"
        there = [(self._file(field), caption) for field, caption in self._wanted.items()]
        drawn = "".join(image(file.read_bytes(), caption) for file, caption in there if file.is_file())
        return f"<div class=part>{drawn}</div>{problem}"

    def _file(self, field: str) -> Path:
        return Path(self._scratch.name) / f"{field}.png"
