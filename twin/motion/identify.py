"""Identification: the Controller parameters that make the predicted times of stretches of a program fit measured ones.

A stretch (window) runs from the start of one block to the start of another. Least squares in the logarithms of
the parameters, with the derivatives of the time law itself.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import least_squares

from twin.motion.blocks import Blocks, blocks_of, planned_rows, select
from twin.motion.controller import Controller
from twin.motion.plan import plan
from twin.program.program import Program


@dataclass(frozen=True)
class Windows:
    """Measured stretches of one run of a program."""

    first: np.ndarray  # (window,) row of the Program at whose start the window opens
    last: np.ndarray  # (window,) row at whose start it closes
    duration: np.ndarray  # (window,) [s] measured


@dataclass(frozen=True)
class Identified:
    """What the fit found."""

    controller: Controller
    standard_error: dict[str, float]  # of each fitted parameter, SI
    rms: float  # [s] of the residuals


def window_times(time: np.ndarray, windows: Windows) -> np.ndarray:
    """Predicted duration of each window [s] from the times at which the rows start (``Motion.time``)."""
    return time[windows.last] - time[windows.first]


def identify(runs: Sequence[tuple[Program, Windows]], controller: Controller, free: Sequence[str]) -> Identified:
    """Fit the fields ``free`` of ``controller`` (floats, above zero) to the windows of all ``runs``.

    Windows must hold cutting moves only: the overrides are taken as 1.
    """
    cases = [_case(program, windows, controller) for program, windows in runs]
    measured = np.concatenate([windows.duration for _, windows in runs])
    names = tuple(free)
    start = np.log([getattr(controller, name) for name in names])

    def predicted(logs: jax.Array) -> jax.Array:
        values: dict[str, Any] = {name: jnp.exp(logs[k]) for k, name in enumerate(names)}
        trial = dataclasses.replace(controller, **values)
        one = jnp.ones(())
        out = []
        for blocks, first, last in cases:
            end = jnp.cumsum(plan(blocks, trial, one, one).time)
            time = jnp.concatenate([jnp.zeros(1), end])
            out.append(time[last] - time[first])
        return jnp.concatenate(out)

    value, slope = jax.jit(predicted), jax.jit(jax.jacfwd(predicted))
    fit = least_squares(
        lambda logs: np.asarray(value(logs)) - measured, start, jac=lambda logs: np.asarray(slope(logs)), x_scale=0.1
    )
    found = np.exp(fit.x)
    values: dict[str, Any] = dict(zip(names, found.tolist(), strict=True))
    freedom = max(measured.size - len(names), 1)
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac) * (2 * fit.cost / freedom)
    return Identified(
        controller=dataclasses.replace(controller, **values),
        standard_error=dict(zip(names, (found * np.sqrt(np.diag(covariance))).tolist(), strict=True)),
        rms=float(np.sqrt(np.mean(fit.fun**2))),
    )


def _case(program: Program, windows: Windows, controller: Controller) -> tuple[Blocks, np.ndarray, np.ndarray]:
    """Padded blocks, and the windows in rows of them."""
    blocks = blocks_of(program, controller.arc_fit)
    rows = planned_rows(program, blocks)
    return select(blocks, rows), np.searchsorted(rows, windows.first), np.searchsorted(rows, windows.last)
