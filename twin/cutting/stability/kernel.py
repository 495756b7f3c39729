"""Compilation of the stability kernels, and their run over many cuts."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from twin.native import kernel_of

# No NaN may reach a kernel's arithmetic.
kernel = kernel_of(Path(__file__).parent, {"nnan", "reassoc", "contract", "nsz"})


def over_cuts(work: Callable, n_cuts: int, n_points: int, *arguments: Any) -> tuple[np.ndarray, np.ndarray]:
    """Largest multiplier and residual (point,) that ``work(rows, ..., value, residual)`` finds for all cuts.

    On all cores: threads, since compiling a kernel for parallel loops takes twice as long as compiling it.
    """
    value, residual = np.empty(n_points, np.complex128), np.empty(n_points)
    n_threads = min(os.cpu_count() or 1, n_cuts)
    with ThreadPoolExecutor(max(n_threads, 1)) as pool:
        jobs = [
            pool.submit(work, np.arange(first, n_cuts, n_threads), *arguments, value, residual)
            for first in range(n_threads)
        ]
    for job in jobs:
        job.result()
    return value, residual
