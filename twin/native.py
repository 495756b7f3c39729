"""Compilation of numba kernels, kept between processes (NUMBA_CACHE_DIR, else __pycache__)."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba

# LLVM halves the vector registers of this generation of processors by default; the loops over tiles of cells are long
# enough to fill them (z-map 0.124 s instead of 0.142 s for 50,000 moves).
if llvm.get_host_cpu_features().get("avx512f"):
    numba.config.CPU_FEATURES = llvm.get_host_cpu_features().flatten() + ",-prefer-256-bit"  # type: ignore[attr-defined]


def kernel_of(folder: Path, fastmath: set[str]) -> Callable[[Callable], Callable]:
    """Return the decorator that compiles a function of ``folder`` to machine code and keeps it on disk.

    numba looks only at the file of the function to see whether kept code is still good; kernels that call kernels
    of other files would go stale. Here the content of all files of the folder decides.
    """
    sources = sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))).hexdigest()

    def kernel(function: Callable) -> Callable:
        # nogil: replays, and parts of a map, run side by side in threads
        compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=fastmath)(function)
        compiled._cache._cache_file._source_stamp = sources
        return compiled

    return kernel
