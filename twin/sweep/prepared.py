"""Machined parts of a sweep, prepared once: kept in memory, and in the sweep's folder for other processes."""

import fcntl
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.cache import content_key
from twin.compiled import source_digest
from twin.errors import InputError
from twin.scenario import scenario_of
from twin.sweep.evaluator import Evaluator, evaluator_of_scenario
from twin.sweep.parameters import Parameter
from twin.sweep.settings import Sweep
from twin.sweep.tables import Tables

FOLDER = "prepared"
_last: dict[Path, Evaluator] = {}  # one: chunks of the same part follow each other


def prepared(
    sweep: Sweep, config: dict[str, Any], parameters: tuple[Parameter, ...], folder: Path, say: Callable[[str], None]
) -> Evaluator:
    """The evaluator of ``config``; made by one process while others that ask for it wait.

    Raises:
        InputError: the scenario cannot be machined.
    """
    sizes = sweep.settings.n_summary, sweep.settings.n_feature, sweep.economics
    file = folder / FOLDER / f"{content_key(config, parameters, sizes, source_digest())[:16]}.pickle"
    if file in _last:
        return _last[file]
    file.parent.mkdir(exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if file.is_file():
            evaluator = Evaluator(_with_arrays(pickle.loads(file.read_bytes()), jnp.asarray))
        else:
            scenario = scenario_of(config, conf=sweep.conf)
            evaluator = evaluator_of_scenario(scenario, parameters, sweep.conf, say, *sizes)
            temporary = file.with_name(f".{file.name}.{os.getpid()}")
            temporary.write_bytes(pickle.dumps(_with_arrays(evaluator.tables, np.asarray)))
            temporary.replace(file)
    _last.clear()
    _last[file] = evaluator
    return evaluator


def stored(folder: Path) -> Evaluator:
    """The evaluator that a finished sweep left in its ``folder``.

    Raises:
        InputError: it left none or several, or another version of the code made it.
    """
    files = sorted((folder / FOLDER).glob("*.pickle"))
    if len(files) != 1:
        what = "no machined part" if not files else f"{len(files)} machined parts"
        raise InputError(f"{what} in the sweep", file=folder, remedy="a sweep of one machined part, in batches")
    try:
        evaluator = Evaluator(_with_arrays(pickle.loads(files[0].read_bytes()), jnp.asarray))
        assert evaluator.results
    except Exception:  # whatever a pickle of other classes makes Python raise
        remedy = "sweep again in another --outputs"
        raise InputError("another version of the twin prepared the part", file=files[0], remedy=remedy) from None
    return evaluator


def _with_arrays(tables: Tables, kind: Callable[[Any], Any]) -> Tables:
    """``tables`` with arrays of NumPy, which any process reads, or of JAX."""
    return replace(tables, arrays=jax.tree.map(kind, tables.arrays))
