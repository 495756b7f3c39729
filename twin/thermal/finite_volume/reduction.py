"""Krylov reduction of the heat model: moments matched at several shifts, at inputs and output adjoints.

The basis V is orthonormal in the heat capacity, so the reduced model is symmetric and stable for every parameter; the
response to constant inputs is in its span, so the steady state is exact (A. C. Antoulas, Approximation of Large-Scale
Dynamical Systems, 2005, ch. 11).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from twin.thermal.finite_volume.conduction import Conduction
from twin.thermal.finite_volume.displacement import Influence
from twin.thermal.finite_volume.transient import factorised

SHIFTS = (0.0, 1e-4, 1e-3, 1e-2, 5e-2)  # [1/s]


@dataclass(frozen=True)
class ReducedStructure:
    """The reduced model; conductance and film gains are sums of terms in proportion to their parameters."""

    terms: tuple[str, ...]
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
    sources: tuple[str, ...]
    fluids: tuple[str, ...]


def krylov_basis(
    model: Conduction, outputs: np.ndarray, shifts: tuple[float, ...] = SHIFTS, n_output: int = 6
) -> np.ndarray:
    """(cell, state) basis, orthonormal in the capacity.

    Args:
        outputs: (output, cell) rows; their ``n_output`` main directions are matched.
        shifts: [1/s], the first of them zero.
    """
    root = np.sqrt(model.capacity)
    conductance = model.conductance
    scaled = outputs / root
    size, directions = np.linalg.eigh(scaled @ scaled.T)
    main = directions[:, ::-1][:, :n_output].T @ outputs if len(size) else np.zeros((0, len(root)))
    columns: list[np.ndarray] = []
    for shift in shifts:
        factor = factorised(sparse.csr_array(conductance + shift * sparse.diags_array(model.capacity)))
        for block in (model.gain, main.T):
            if block.shape[1]:
                columns.append(root[:, None] * factor.solve(np.ascontiguousarray(block)))
    n_exact = model.gain.shape[1]
    blocks = np.hstack(columns)
    blocks = blocks / np.linalg.norm(blocks, axis=0)
    first, _ = np.linalg.qr(blocks[:, :n_exact])
    rest = blocks[:, n_exact:]
    for _ in range(2):
        rest = rest - first @ (first.T @ rest)
    left, size, _ = np.linalg.svd(rest, full_matrices=False)
    return np.hstack([first, left[:, size > 1e-9 * size[0]]]) / root[:, None]


def reduced_terms(model: Conduction, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Conductance (term, state, state), film gain (term, state, fluid), heat gain (state, source)."""
    conductance = np.stack([basis.T @ (term @ basis) for term in model.terms.values()])
    none = np.zeros((len(model.capacity), len(model.fluids)))
    film = np.stack([basis.T @ model.film_gain.get(name, none) for name in model.terms])
    return (conductance + conductance.transpose(0, 2, 1)) / 2, film, basis.T @ model.heat_gain


def reduce(
    model: Conduction, influence: Influence, offset: np.ndarray, travel_sense: np.ndarray, reference: np.ndarray
) -> ReducedStructure:
    """Return the reduced model of heat and displacement."""
    relative = influence.rows[..., 0:3, :] - influence.rows[..., 6:9, :]
    basis = krylov_basis(model, relative.reshape(-1, len(model.capacity)))
    conductance, film, heat = reduced_terms(model, basis)
    return ReducedStructure(
        terms=tuple(model.terms),
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
        sources=model.sources,
        fluids=model.fluids,
    )
