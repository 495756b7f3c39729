"""Compilation of the stability kernels, kept between processes."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

_SOURCES = sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()


def kernel(function: Callable) -> Callable:
    """Compile ``function`` to machine code; the code is kept on disk (NUMBA_CACHE_DIR, else __pycache__).

    numba looks only at the file of ``function`` to see whether kept code is still good; kernels that call
    kernels of other files would go stale. Here the content of all files of this folder decides.
    No NaN may reach a kernel's arithmetic.
    """
    compiled: Any = njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "reassoc", "contract", "nsz"})(
        function
    )
    compiled._cache._cache_file._source_stamp = _SOURCES
    return compiled


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
