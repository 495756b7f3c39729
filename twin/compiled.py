"""`jax.jit` whose compiled programs outlive the process, and the shapes that they are compiled for.

JAX's own persistent cache keeps what its compiler made, but traces and lowers each function anew in every process:
seconds, in a chain of many kernels that themselves run for milliseconds. Here a call of known code on known shapes
goes straight to the program. After a change of code the function is traced and lowered, and compiled only if that
came out differently.
"""

import hashlib
import os
import pickle
import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, wraps
from pathlib import Path
from threading import Lock
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.compilation_cache.compilation_cache import reset_cache
from jax.experimental.serialize_executable import deserialize_and_load, serialize

import twin

Array = Any  # of pytrees: a jax.Array under a trace, else it may be the NumPy array that a kernel will take
CODE = Path(twin.__file__).parent
IN_MEMORY: list[dict[Any, Callable]] = []  # the programs of every kept function
LIMIT = 4000  # files kept; the oldest go first


def kept(function: Callable[..., Any], static_argnums: tuple[int, ...] = (), quick: bool = False) -> Callable[..., Any]:
    """Return ``function`` compiled by shape, from disk where the same was compiled before.

    Called on tracers (under ``grad``, ``vmap`` or another ``jit``) it is ``jax.jit(function)``.

    Args:
        function: pure, of positional pytrees of arrays; defined in a module.
        static_argnums: arguments that are no arrays; their ``repr`` tells them apart.
        quick: compiled in half the time, to run half as fast: for what runs once, and shortly.
    """
    options = {"xla_backend_optimization_level": 0} if quick else {}
    jitted = jax.jit(function, static_argnums=static_argnums)
    name = f"{function.__module__}.{function.__qualname__}"
    programs: dict[Any, Callable] = {}
    IN_MEMORY.append(programs)
    lock = Lock()

    @wraps(function)
    def call(*arguments: Any) -> Any:
        static = tuple(arguments[i] for i in static_argnums)
        arrays = tuple(a for i, a in enumerate(arguments) if i not in static_argnums)
        leaves, tree = jax.tree.flatten(arrays)
        if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
            return jitted(*arguments)
        leaves = [leaf if isinstance(leaf, jax.Array) else np.asarray(leaf) for leaf in leaves]
        arrays = jax.tree.unflatten(tree, leaves)
        shape = (static, tree, tuple((leaf.shape, leaf.dtype) for leaf in leaves))
        with lock:
            if shape not in programs:
                whole = list(arrays)
                for place, value in zip(static_argnums, static, strict=True):
                    whole.insert(place, value)
                digest = _digest(source_digest(), name, *map(str, shape))
                programs[shape] = _program(digest, jitted, whole, options)
        return programs[shape](*arrays)

    return call


def forget_programs() -> None:
    """Drop all compiled programs from memory; on disk they stay.

    Linux gives a process 65,530 pieces of memory (vm.max_map_count) and a program takes several of them: a process that
    meets thousands of shapes ends in an abort if it never lets go.
    """
    for programs in IN_MEMORY:
        programs.clear()
    jax.clear_caches()


def padded_rows(values: Any, n_rows: int | None = None, mode: str = "constant") -> Any:
    """``values`` (row, ...) with zeros, or copies of the last row (mode "edge"), up to a power of two of rows.

    A kernel is then compiled for few shapes, whatever the length of the program. Concrete arrays stay out of JAX,
    which would compile the padding itself for every length.
    """
    n = len(values)
    more = (n_rows or 1 << max(n - 1, 0).bit_length()) - n
    return array_module(values).pad(values, [(0, more)] + [(0, 0)] * (np.ndim(values) - 1), mode=mode)


def array_module(*values: Any) -> Any:
    """`jax.numpy` where a pytree of ``values`` is being traced, else `numpy`.

    JAX compiles each operation outside of a compiled function for itself, and again for every shape.
    """
    return jnp if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(values)) else np


def first_rows(values: Any, n_rows: int) -> Any:
    """``values[:n_rows]``, of concrete arrays as NumPy array."""
    return (values if isinstance(values, jax.core.Tracer) else np.asarray(values))[:n_rows]


def in_blocks(kernel: Callable[[Any], Any], rows: Any, n_rows: int = 1 << 13) -> Any:
    """``kernel`` of ``rows``, a pytree of arrays (row, ...), block by block on all cores.

    All blocks have ``n_rows`` rows, whatever the length of the program: one compiled shape, and bounded memory. The
    last one is filled up with rows of its own.

    Returns:
        what ``kernel`` returns, arrays (row, ...) of all rows.
    """
    leaves = jax.tree.leaves(rows)
    n = len(leaves[0])
    if n == 0:
        raise ValueError("no rows")
    blocks = np.split(np.arange(n), range(n_rows, n, n_rows))

    def of_block(block: np.ndarray) -> Any:
        some = np.resize(block, n_rows)
        return jax.tree.map(np.asarray, kernel(jax.tree.map(lambda values: np.asarray(values)[some], rows)))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(of_block, blocks))
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:n], *found)


def _program(call: str, jitted: Any, arguments: list, options: dict[str, Any]) -> Callable:
    """The program for ``call``, the digest of code and shapes, by these options of the compiler."""
    reference = _folder() / f"{call}.lowered"
    with suppress(FileNotFoundError):
        program = _load(_folder() / f"{reference.read_text()}.program")
        if program:
            _touch(reference)
            return program
    lowered = jitted.lower(*arguments)
    # an argument that is not used stands in the shapes alone, not in the text
    layout = str(lowered.in_avals), str(lowered.in_tree), str(lowered.out_tree)
    digest = _digest(lowered.as_text(), *layout, str(options))
    file = _folder() / f"{digest}.program"
    program = _load(file)
    if program is None:
        program = _compile(lowered, options)
        _write(file, pickle.dumps(serialize(program)))
    _write(reference, digest.encode())
    return program


def _load(file: Path) -> Callable | None:
    """The program in ``file``; None where there is none that this JAX can read."""
    _find_lapack()
    try:
        program = deserialize_and_load(*pickle.loads(file.read_bytes()))
    except FileNotFoundError:
        return None
    except Exception:  # whatever a damaged or foreign file makes JAX raise: it is made again
        file.unlink(missing_ok=True)
        return None
    _touch(file)
    return program


def _touch(file: Path) -> None:
    """It was used now, if it is still there."""
    with suppress(FileNotFoundError):
        os.utime(file)


@cache
def _find_lapack() -> None:
    """JAX looks up the functions of LAPACK when it first lowers a call of one; a program may need them unlowered."""
    jax.jit(jax.lax.linalg.lu).lower(np.eye(1))


def _compile(lowered: Any, options: dict[str, Any]) -> Any:
    """Compiled without JAX's cache: a program that was read from there cannot be written again."""
    jax.config.update("jax_enable_compilation_cache", False)
    reset_cache()
    try:
        return lowered.compile(compiler_options=options)
    finally:
        jax.config.update("jax_enable_compilation_cache", True)
        reset_cache()


def _write(file: Path, content: bytes) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(file)


@cache
def source_digest() -> str:
    """Digest of the twin's code."""
    return _digest(*(file.read_text("utf-8") for file in sorted(CODE.rglob("*.py"))))


@cache
def _folder() -> Path:
    """Where the programs for this JAX and this machine lie; created, and cleared of the oldest."""
    device = jax.devices()[0]
    machine = (jax.__version__, device.platform, device.device_kind, device.client.platform_version, _processor())
    folder = twin.CACHE / "programs" / _digest(*machine, os.environ.get("XLA_FLAGS", ""))
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.iterdir(), key=_last_used)[: -LIMIT or None]:
        file.unlink(missing_ok=True)
    return folder


def _last_used(file: Path) -> float:
    """0 of a file that another process has taken away meanwhile."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _processor() -> str:
    """What compiled code depends on: the model and its instruction sets."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "".join(line for line in dict.fromkeys(lines) if line.startswith(("model name", "flags", "Features")))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
