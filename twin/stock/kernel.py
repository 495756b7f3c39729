"""Compilation of the removal kernels, kept between processes."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import njit

_SOURCES = sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()


def kernel(function: Callable) -> Callable:
    """Compile ``function`` to machine code; the code is kept on disk (NUMBA_CACHE_DIR, else __pycache__).

    numba looks only at the file of ``function`` to see whether kept code is still good; kernels that call
    kernels of other files would go stale. Here the content of all files of this folder decides.
    No NaN may reach a kernel's arithmetic; infinities may.
    """
    compiled: Any = njit(
        cache=True,
        nogil=True,  # two replays run side by side
        error_model="numpy",
        fastmath={"nnan", "reassoc", "contract", "nsz", "arcp"},
    )(function)
    compiled._cache._cache_file._source_stamp = _SOURCES
    return compiled
