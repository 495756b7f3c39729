"""A digital twin of an aerospace milling machine and the part on its table.

All quantities inside are SI (m, s, N, kg, W, rad, Pa; temperatures in degC where stated).
Every JAX computation runs in float64; compiled kernels are kept on disk between runs.
"""

import os
from pathlib import Path

# XLA would write its own complaints, of compiling slowly, among the stages; its errors come as exceptions
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# the twin's own threads fill the cores; a BLAS that spreads as well waits for them (on a busy machine 39 s, not 7 s)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import jax

__version__ = "0.1.0"

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_enable_async_dispatch", False)  # programs called from several threads run side by side
CACHE = Path(os.environ.get("TWIN_CACHE_DIR", Path.home() / ".cache" / "machining-twin"))
jax.config.update("jax_compilation_cache_dir", str(CACHE / "jax"))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
