"""The NIST plates as runs: program, and windows of uninterrupted cutting from the controller's log."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from twin.formats.shdr import ShdrLog, read_shdr
from twin.machine.tool import Tool
from twin.motion.identify import Windows
from twin.motion.windows import RunLog, cutting_windows
from twin.program import interpret
from twin.program.program import Program

IDENTIFIED_ON = (1, 10)
NEW_FEEDS = (2, 8, 11)
REPEATS = (13, 16, 19)
AFTER_TOOL_CHANGE = 40  # lines within which unrecorded waits of up to 6 s occur
# T numbers of the plates; only their presence matters to the motion.
TOOLS: Mapping[int, Tool] = {
    number: Tool(
        number=number, name=f"T{number}", kind="flat", diameter=3e-3, n_teeth=2, flute_length=1e-2, stick_out=3e-2
    )
    for number in (1, 3, 4, 5, 7, 15, 23)
}


def plate_program(folder: Path, plate: int) -> Program:
    """The NC program of ``plate``."""
    path = folder / "nist_plates" / f"plate_{plate:02d}.nc"
    return interpret(path.read_text(), file=path.name, tools=TOOLS)


def plate_log(folder: Path, plate: int) -> ShdrLog:
    """The controller's log of ``plate``."""
    return read_shdr(folder / "nist_plates" / f"plate_{plate:02d}.shdr.gz")


def plate_windows(program: Program, log: ShdrLog, *, after_tool_change: int = AFTER_TOOL_CHANGE) -> Windows:
    """Windows of uninterrupted cutting of between 3 s and about 10 s."""
    block, status = log["Block_Number"], log["Program_Status"]
    line = block.value
    none = np.zeros(0)
    override = log["Feed_Override"] if "Feed_Override" in log else None
    run = RunLog(
        block_time=block.time,
        block_line=np.where(np.isfinite(line), line, 0).astype(int),
        override_time=none if override is None else override.time,
        override=none if override is None else override.value / 100,
        status_time=status.time,
        active=status.text == "ACTIVE",
    )
    return cutting_windows(program, run, after_tool_change=after_tool_change)


def scores(predicted: np.ndarray, measured: np.ndarray) -> tuple[float, float, float]:
    """Coefficient of determination, RMS error [s] and relative error of the total."""
    residual = predicted - measured
    r2 = 1 - np.sum(residual**2) / np.sum((measured - measured.mean()) ** 2)
    return float(r2), float(np.sqrt(np.mean(residual**2))), float(predicted.sum() / measured.sum() - 1)
