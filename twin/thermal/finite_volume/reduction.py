"""Reduction of the heat model: its responses to every input at several shifts, and of those the leading directions.

The responses to constant inputs are in the basis as they are, so the steady state is exact; of the responses at the
other shifts (a rational Krylov space) the directions that hold most heat follow, down to ``TOLERANCE``. The basis is
orthonormal in the heat capacity, so the reduced model is symmetric and stable for every parameter
(A. C. Antoulas, Approximation of Large-Scale Dynamical Systems, 2005, ch. 11 and 13).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product

import jax
import numpy as np
from scipy import sparse

from twin.thermal.finite_volume.cholesky import GridCholesky
from twin.thermal.finite_volume.conduction import Conduction
from twin.thermal.finite_volume.displacement import Influence
from twin.thermal.finite_volume.transient import implicit, steady

SHIFTS = (0.0, *np.geomspace(1e-5, 1e-1, 13))  # [1/s], of a day's cycle to ten seconds
SOURCE, FLUID = 100.0, 3.0  # [W], [K] of a source and a fluid: what the responses are weighed by
TOLERANCE = 6e-5  # of the leading direction
SETTLED = 4  # steps after the start, within which the full model of a comparison is damped itself


_STATIC = {"static": True}


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ReductionError:
    """Reduced against full model over the shift of :func:`trial_shift`, dry and under flood coolant, the worse."""

    temperature: float  # [K] largest of all cells and times
    drift: float  # [m] largest of tool against table, at all axis positions
    steady: float  # largest relative error of the steady temperatures, dry


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ReducedStructure:
    """The reduced model; conductance and film gains are sums of terms in proportion to their parameters."""

    terms: tuple[str, ...] = field(metadata=_STATIC)
    wet: tuple[bool, ...] = field(metadata=_STATIC)  # per term: exists under flood coolant only
    conductance: np.ndarray  # (term, state, state) [1/s]
    film_gain: np.ndarray  # (term, state, fluid); zero for terms that are no film
    heat_gain: np.ndarray  # (state, source)
    even: np.ndarray  # (state,) the field of one degree everywhere
    axis_x: np.ndarray  # (x,) [m] positions of the outputs
    axis_y: np.ndarray
    axis_z: np.ndarray
    output: np.ndarray  # (x, y, z, 12, state) tool and table, [m/K] and [rad/K] per state
    offset: np.ndarray  # (3,) [m] nose minus table reference, at the reference position
    travel_sense: np.ndarray  # (3,) how that grows with the axis position
    reference_position: np.ndarray  # (3,) [m]
    basis: np.ndarray  # (cell, state)
    error: ReductionError
    sources: tuple[str, ...] = field(metadata=_STATIC)
    fluids: tuple[str, ...] = field(metadata=_STATIC)


def response_basis(model: Conduction, flooded: Conduction) -> np.ndarray:
    """(cell, state) basis, orthonormal in the capacity.

    Args:
        model: dry; its steady state will be exact.
        flooded: the same machine under flood coolant; its responses are matched too, its steady state is not exact.
    """
    root = np.sqrt(model.capacity)[:, None]
    strength = np.array([SOURCE] * len(model.sources) + [FLUID] * len(model.fluids))
    regimes = (model, flooded) if len(flooded.terms) > len(model.terms) else (model,)

    def responses(case: tuple[Conduction, float]) -> np.ndarray:
        regime, shift = case
        matrix = sparse.csr_array(regime.conductance + shift * sparse.diags_array(model.capacity))
        return root * GridCholesky(matrix, model.cells).solve(regime.gain * strength)

    with ThreadPoolExecutor() as pool:  # factorising does not hold Python's lock
        columns = list(pool.map(responses, product(regimes, SHIFTS)))
    exact = columns[0][:, model.gain.any(axis=0)]
    first, _ = np.linalg.qr(exact / np.linalg.norm(exact, axis=0))
    rest = np.hstack(columns[1:])
    for _ in range(2):
        rest = rest - first @ (first.T @ rest)
    left, size, _ = np.linalg.svd(rest, full_matrices=False)
    return np.hstack([first, left[:, size > TOLERANCE * size[0]]]) / root


def reduced_terms(model: Conduction, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Conductance (term, state, state), film gain (term, state, fluid), heat gain (state, source)."""
    conductance = np.stack([basis.T @ (term @ basis) for term in model.terms.values()])
    none = np.zeros((len(model.capacity), len(model.fluids)))
    film = np.stack([basis.T @ model.film_gain.get(name, none) for name in model.terms])
    return (conductance + conductance.transpose(0, 2, 1)) / 2, film, basis.T @ model.heat_gain


def trial_shift(model: Conduction, n_steps: int, dt: float) -> np.ndarray:
    """(time, input): every source up to 200 W in blocks of ten minutes, drawn once, fluids through 2.5 K a day."""
    draw, block = np.random.default_rng(1), round(600 / dt)
    power = draw.uniform(0, 2 * SOURCE, (-(-n_steps // block), len(model.sources)))
    day = 2.5 * np.sin(2 * np.pi / 86400 * dt * (np.arange(n_steps) + 0.5))
    return np.hstack([np.repeat(power, block, axis=0)[:n_steps], np.tile(day[:, None], len(model.fluids))])


def reduction_error(
    model: Conduction,
    flooded: Conduction,
    basis: np.ndarray,
    relative: np.ndarray,
    n_steps: int = 480,
    dt: float = 30.0,
) -> ReductionError:
    """How far the model on ``basis`` is from the full one.

    Args:
        model: dry.
        flooded: under flood coolant.
        basis: (cell, state).
        relative: (output, cell) [m/K] rows of the displacement of tool against table.
        n_steps: of the shift.
        dt: [s].
    """
    from scipy.signal import lfilter  # half a second to import, which only a new machine is worth

    inputs = trial_shift(model, n_steps, dt)

    def of_regime(regime: Conduction) -> tuple[float, float]:
        full = implicit(regime, inputs, dt, np.zeros(len(regime.capacity)))[1:]
        rate, modes = np.linalg.eigh(basis.T @ (regime.conductance @ basis))
        decay = np.exp(-rate * dt)
        push = inputs @ (((1 - decay) / rate)[:, None] * (modes.T @ (basis.T @ regime.gain))).T
        states = np.stack([lfilter([1.0], [1.0, -d], row) for d, row in zip(decay, push.T, strict=True)], axis=1)
        wrong = (states @ (basis @ modes).T - full)[SETTLED:]
        return float(abs(wrong).max()), float(abs(wrong @ relative.T).max())

    regimes = (model, flooded) if len(flooded.terms) > len(model.terms) else (model,)
    with ThreadPoolExecutor() as pool:  # solving does not hold Python's lock
        temperature, drift = np.max(list(pool.map(of_regime, regimes)), axis=0).tolist()
    exact = steady(model, np.eye(len(model.inputs))[:, model.gain.any(axis=0)])
    answer = basis @ np.linalg.solve(basis.T @ (model.conductance @ basis), basis.T @ (model.conductance @ exact))
    return ReductionError(temperature, drift, float((abs(answer - exact).max(axis=0) / abs(exact).max(axis=0)).max()))


def reduce(
    model: Conduction,
    flooded: Conduction,
    basis: np.ndarray,
    influence: Influence,
    offset: np.ndarray,
    travel_sense: np.ndarray,
    reference: np.ndarray,
) -> ReducedStructure:
    """Return the reduced model of heat and displacement.

    Args:
        model: dry.
        flooded: the same with the terms that exist under flood coolant only.
        basis: of both, from :func:`response_basis`.
        offset: see :class:`ReducedStructure`, and the others.
    """
    wet = tuple(name not in model.terms for name in flooded.terms)
    relative = influence.rows[..., 0:3, :] - influence.rows[..., 6:9, :]
    conductance, film, heat = reduced_terms(flooded, basis)
    return ReducedStructure(
        terms=tuple(flooded.terms),
        wet=wet,
        conductance=conductance,
        film_gain=film,
        heat_gain=heat,
        even=basis.T @ model.capacity,
        axis_x=influence.axes[0],
        axis_y=influence.axes[1],
        axis_z=influence.axes[2],
        output=influence.rows @ basis,
        offset=offset,
        travel_sense=travel_sense,
        reference_position=reference,
        basis=basis,
        error=reduction_error(model, flooded, basis, relative.reshape(-1, len(basis))),
        sources=model.sources,
        fluids=model.fluids,
    )
