"""The first run ever: the kernels of the cut are compiled in a process beside, while this one compiles the stock's.

numba and JAX compile under Python's lock, so that threads would take turns. The child keeps what it made where its
parent finds it: compiled kernels, and the modes of the scenario's tools.
"""

import contextlib
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import twin
from twin.cache import content_key, source_key
from twin.compiled import CODE
from twin.process import loads_and_vibration
from twin.program import Toolpath
from twin.scenario import Scenario
from twin.stock.cut import N_ARCS, N_SLICES, Engagement

KERNELS = ("", "dynamics", "stability")  # folders of the cut whose code takes long to compile
PATIENCE = 300.0  # [s] after which the parent goes on by itself


@contextlib.contextmanager
def rehearsed(scenario: Scenario) -> Iterator[Callable[[], None]]:
    """Have the cut's kernels compiled meanwhile, where the same was not done before; yields what waits for it.

    A child that fails is no error: the parent then does the work, and says what is wrong.
    """
    done = _mark(scenario)
    if done.is_file():
        yield lambda: None
        return
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", "twin.rehearsal"]
    with tempfile.TemporaryFile() as file:  # not a pipe, on which this process would wait for the child to start
        pickle.dump(scenario, file)
        file.seek(0)
        child = subprocess.Popen(command, stdin=file, stdout=quiet, stderr=quiet)
    with child:

        def wait() -> None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(PATIENCE)
            done.parent.mkdir(parents=True, exist_ok=True)
            done.touch()

        try:
            yield wait
        finally:
            child.kill()


def is_first(scenario: Scenario) -> bool:
    """Whether kernels for such a scenario have to be compiled yet."""
    return not _mark(scenario).is_file()


def _mark(scenario: Scenario) -> Path:
    """The file that says that it is done."""
    key = content_key(len(scenario.tools), source_key(*(CODE / "cutting" / name for name in KERNELS)))
    return twin.CACHE / "rehearsed" / key


def rehearse(scenario: Scenario) -> None:
    """Forces, modes and chatter margin of one short cut of every tool."""
    n = len(scenario.tools)
    along, up, count = np.tile([1e-3, 0.0, 0.0], (n, 1)), np.tile([0.0, 0.0, 1.0], (n, 1)), np.arange(n, dtype=np.int32)
    toolpath = Toolpath(
        start=np.zeros((n, 3)),
        end=along,
        axis_start=up,
        axis_end=up,
        rapid=np.zeros(n, bool),
        feed=np.full(n, 1e-2),
        tool=np.array(list(scenario.tools), dtype=np.int32),
        spindle=np.full(n, 500.0),
        coolant=np.zeros(n, np.int8),
        line=count,
        move=count,
        fraction=np.tile([0.0, 1.0], (n, 1)),
    )
    arc = np.full((n, N_SLICES, N_ARCS, 2), np.nan, np.float32)
    arc[..., 0, :] = 0.0, 1.0
    engagement = Engagement(np.full(n, 1e-4), arc, np.zeros(n, bool), np.full(n, 1e-9))
    loads_and_vibration(scenario, toolpath, engagement, toolpath.feed)


if __name__ == "__main__":
    rehearse(pickle.load(sys.stdin.buffer))
