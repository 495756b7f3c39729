"""A machined part as one compiled function of its process parameters, for many scenarios at once.

Removal, path and samples stand. Time, forces, heat, drift and deviation follow the parameters: see docs/sweeps.md for
what is exact and what is interpolated.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array
from twin.compose import compose
from twin.errors import InputError
from twin.production.cost.economics import Economics
from twin.scenario import Scenario, scenario_of
from twin.settings import read_settings
from twin.sweep.parameters import Parameter, is_batched
from twin.sweep.response import respond
from twin.sweep.results import deviation_of, result_names, results_of
from twin.sweep.tables import Arrays, Tables, tables_of, with_standing

N_BATCH = 32  # scenarios computed at once by each core
N_SUMMARY, N_FEATURE = 4096, 256  # samples of the surface, of each feature


@dataclass(frozen=True)
class Evaluator:
    """Results of many scenarios of one machined part."""

    tables: Tables

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What is varied."""
        return self.tables.parameters

    @property
    def base(self) -> np.ndarray:
        """Values of the parameters in the scenario itself, (parameter,), in the units of their keys."""
        return self.tables.base

    @property
    def results(self) -> tuple[str, ...]:
        """Names of the results; each ends in its unit."""
        return result_names(self.tables)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Results (scenario, result) of ``values`` (scenario, parameter), in the units of the keys, on all cores.

        Raises:
            InputError: a value outside the bounds of its parameter.
        """
        return np.concatenate(list(self._batches(self._results, values)))

    def maps(self, values: np.ndarray) -> Iterator[np.ndarray]:
        """Deviations (scenario, sample) [m] of the summary's samples, some scenarios at a time."""
        return self._batches(self._maps, values)

    @property
    def function(self) -> Callable[[jax.Array], jax.Array]:
        """Results (result,) of one scenario (parameter,) as a JAX function, to be differentiated or mapped."""
        return lambda row: self._of_batch(self.tables.arrays, row[None])[0]

    def _of_batch(self, arrays: Arrays, rows: jax.Array) -> jax.Array:
        return results_of(self.tables, arrays, jax.vmap(partial(respond, self.tables, arrays))(rows))

    @cached_property
    def _results(self) -> Callable[[jax.Array], jax.Array]:
        return partial(jax.jit(self._of_batch), self.tables.arrays)

    @cached_property
    def _maps(self) -> Callable[[jax.Array], jax.Array]:
        def deviation(arrays: Arrays, rows: jax.Array) -> jax.Array:
            error = jax.vmap(lambda row: respond(self.tables, arrays, row).error)(rows)
            return deviation_of(arrays, error)[:, arrays.summary]

        return partial(jax.jit(deviation), self.tables.arrays)

    def _batches(self, kernel: Callable[[jax.Array], Array], values: np.ndarray) -> Iterator[np.ndarray]:
        """``kernel`` of ``values`` in batches of one shape, one on each core at a time."""
        values = self._checked(values)
        starts = range(0, len(values), N_BATCH)

        def of(start: int) -> np.ndarray:
            rows = values[start : start + N_BATCH]
            full = np.concatenate([rows, np.repeat(rows[-1:], N_BATCH - len(rows), axis=0)])
            return np.asarray(kernel(jnp.asarray(full)))[: len(rows)]

        if jax.default_backend() != "cpu":  # one accelerator, which takes one program after the other
            yield from map(of, starts)
            return
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            yield from pool.map(of, starts)

    def _checked(self, values: np.ndarray) -> np.ndarray:
        values = np.atleast_2d(np.asarray(values, dtype=float))
        for column, parameter in zip(values.T, self.parameters, strict=True):
            slack = 1e-9 * max(abs(parameter.low), abs(parameter.high))
            bad = ~((column >= parameter.low - slack) & (column <= parameter.high + slack))
            if bad.any():
                raise InputError(
                    f"{parameter.key}={column[bad][0]:g} is outside {parameter.low:g} to {parameter.high:g}",
                    remedy="make the evaluator for wider bounds",
                )
        return values


def evaluator_of(
    overrides: Sequence[str],
    parameters: Sequence[Parameter],
    *,
    conf: Path | None = None,
    say: Callable[[str], None] = lambda stage: None,
    n_summary: int = N_SUMMARY,
    n_feature: int = N_FEATURE,
    economics: Economics | None = None,
    with_chatter: bool = True,
) -> Evaluator:
    """Machine the scenario of ``overrides`` once, and prepare it for any values of ``parameters``.

    Args:
        overrides: as of ``twin run``.
        parameters: what is varied, and between which bounds.
        conf: folder of further groups.
        say: is told each stage as it begins.
        n_summary: samples of the surface that the summary of the deviation, or a map of it, is made of.
        n_feature: samples of each inspected feature.
        economics: prices of the cost of a part; default: conf/economics/standard.yaml.
        with_chatter: whether the results speak of chatter, whose tables take the most preparation.

    Raises:
        InputError: a parameter that needs a run of its own, or bad input of the scenario.
    """
    scenario = scenario_of(compose(overrides, conf=conf), conf=conf)
    return evaluator_of_scenario(scenario, parameters, conf, say, n_summary, n_feature, economics, with_chatter)


def evaluator_of_scenario(
    scenario: Scenario,
    parameters: Sequence[Parameter],
    conf: Path | None = None,
    say: Callable[[str], None] = lambda stage: None,
    n_summary: int = N_SUMMARY,
    n_feature: int = N_FEATURE,
    economics: Economics | None = None,
    with_chatter: bool = True,
) -> Evaluator:
    """As :func:`evaluator_of`, of a scenario at hand."""
    for parameter in parameters:
        if not is_batched(parameter.key):
            raise InputError(f"{parameter.key} cannot be varied within a batch", remedy="sweep it with `twin sweep`")
    prices = economics or read_settings(Economics, "economics", "standard", (), conf)
    tables = tables_of(scenario, tuple(parameters), say, n_summary, n_feature, prices, with_chatter)
    at_base = jax.jit(partial(respond, tables))(tables.arrays, jnp.asarray(tables.base))
    return Evaluator(with_standing(tables, np.asarray(at_base.error - tables.arrays.pieces.standing)))
