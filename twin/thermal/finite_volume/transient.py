"""The full heat model through time: explicit steps for pictures of the field, implicit ones as reference."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from twin.thermal.finite_volume.cholesky import GridCholesky
from twin.thermal.finite_volume.conduction import Conduction


def steady(model: Conduction, inputs: np.ndarray) -> np.ndarray:
    """(cell,) or (cell, case) steady temperatures for ``inputs`` (input,) or (input, case)."""
    return GridCholesky(model.conductance, model.cells).solve(model.gain @ inputs)


def implicit(model: Conduction, inputs: np.ndarray, dt: float, initial: np.ndarray, n_damped: int = 2) -> np.ndarray:
    """(time + 1, cell) after steps of ``dt`` [s]: the trapezoidal rule.

    Its first ``n_damped`` steps are backward Euler in halves, which damps what a jump of the inputs excites.

    Args:
        inputs: (time, input) mean over each step.
        initial: (cell,).
    """
    conductance, capacity = model.conductance, sparse.diags_array(model.capacity)
    heat = inputs @ model.gain.T
    # the factors of GridCholesky are had sooner, but each of the many solutions takes twice as long
    factor = splu(
        sparse.csc_array(capacity / (dt / 2) + conductance),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    field = np.empty((len(inputs) + 1, len(initial)))
    field[0] = initial
    for k, push in enumerate(heat):
        state = field[k]
        if k < n_damped:
            for _ in range(2):
                state = factor.solve(model.capacity / (dt / 2) * state + push)
        else:
            state = factor.solve(model.capacity / (dt / 2) * state - conductance @ state + 2 * push)
        field[k + 1] = state
    return field


def stable_step(model: Conduction) -> float:
    """Longest step [s] of :func:`explicit`: no cell gives away more heat than it holds."""
    return float((model.capacity / model.conductance.diagonal()).min())


def explicit(model: Conduction, inputs: np.ndarray, dt: float, initial: np.ndarray) -> np.ndarray:
    """(time + 1, cell) float32 by forward Euler, as many sub-steps to each ``dt`` [s] as stability needs.

    Args:
        inputs: (time, input) mean over each step.
        initial: (cell,).
    """
    n_sub = int(np.ceil(dt / stable_step(model)))
    h = dt / n_sub
    scale = sparse.diags_array(h / model.capacity)
    step = sparse.csr_array(sparse.eye_array(len(initial)) - scale @ model.conductance)
    field = np.empty((len(inputs) + 1, len(initial)), np.float32)
    field[0] = state = initial
    for k, push in enumerate(inputs):
        rise = h / model.capacity * (model.gain @ push)
        for _ in range(n_sub):
            state = step @ state + rise
        field[k + 1] = state
    return field
