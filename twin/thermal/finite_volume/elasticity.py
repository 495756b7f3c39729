"""Linear thermo-elasticity of one part of a machine, on the cells of its heat model.

Trilinear hexahedra with incompatible modes, which bend without locking (E. L. Wilson, R. L. Taylor et al., Incompatible
displacement models, 1973); in a cell the temperature is linear, its slope taken from the neighbours.
The part floats: three nodes hold its rigid motion (3-2-1), which carries no force under loads in balance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import sparse

from twin.errors import InputError
from twin.thermal.finite_volume.cholesky import GridCholesky

CORNERS = np.array(list(product((0, 1), repeat=3)))  # of a cell, in cells
GAUSS = np.array(list(product((-1, 1), repeat=3))) / np.sqrt(3)


@dataclass(frozen=True)
class ElasticMaterial:
    """Isotropic."""

    youngs_modulus: float  # [Pa]
    poisson: float
    expansion: float  # [1/K]


class FloatingPart:
    """A part with the factors of its stiffness, free in space.

    Args:
        cells: (cell, 3) int.
        origin: (3,) [m] corner of cell 0, 0, 0.
        spacing: (3,) [m].
        material: (cell,) row of ``materials``.

    """

    def __init__(
        self,
        cells: np.ndarray,
        origin: np.ndarray,
        spacing: np.ndarray,
        material: np.ndarray,
        materials: Sequence[ElasticMaterial],
        name: str = "part",
    ):
        self.cells, self.origin, self.spacing, self.name = cells, origin, spacing, name
        self._row = {tuple(cell): i for i, cell in enumerate(cells.tolist())}
        corners = (cells[:, None, :] + CORNERS).reshape(-1, 3)
        nodes, node = np.unique(corners, axis=0, return_inverse=True)
        self.nodes = origin + nodes * spacing  # (node, 3) [m]
        self.node_of_cell = node.reshape(-1, 8)
        dof = (3 * self.node_of_cell[:, :, None] + np.arange(3)).reshape(-1, 24)
        size = 3 * len(nodes)
        gradient = self._gradients()
        stiffness, heating = sparse.csr_array((size, size)), sparse.csr_array((size, len(cells)))
        for row, kind in enumerate(materials):
            mine = np.flatnonzero(material == row)
            if not len(mine):
                continue
            element, load = element_matrices(spacing, kind)
            at = dof[mine]
            i, j = np.repeat(at, 24, axis=1).ravel(), np.tile(at, (1, 24)).ravel()
            values = np.tile(element.ravel(), len(mine))
            stiffness = stiffness + sparse.csr_array(sparse.coo_array((values, (i, j)), (size, size)))
            chosen = sparse.csr_array((np.ones(len(mine)), (mine, mine)), (len(cells), len(cells)))
            for order, field in enumerate([chosen, *(chosen @ g for g in gradient)]):
                spread = (np.tile(load[:, order], len(mine)), (at.ravel(), np.repeat(mine, 24)))
                heating = heating + sparse.csr_array(sparse.coo_array(spread, (size, len(cells)))) @ field
        self.heating = sparse.csr_array(heating)  # (dof, cell) [N/K]
        self._free = np.setdiff1d(np.arange(size), self._held())
        held = sparse.csr_array(stiffness)[self._free][:, self._free]
        self._factor = GridCholesky(held, np.repeat(nodes, 3, axis=0)[self._free])

    @property
    def rigid(self) -> np.ndarray:
        """(dof, 6) displacement of every node by unit translations and rotations about the origin of the machine."""
        n = len(self.nodes)
        modes = np.zeros((n, 3, 6))
        modes[:, np.arange(3), np.arange(3)] = 1
        for a in range(3):
            modes[:, :, 3 + a] = np.cross(np.eye(3)[a], self.nodes)
        return modes.reshape(3 * n, 6)

    def solve(self, force: np.ndarray) -> np.ndarray:
        """(dof, case) displacement [m], the three nodes held, for ``force`` (dof, case) [N]."""
        displacement = np.zeros(force.shape)
        displacement[self._free] = self._factor.solve(force[self._free])
        return displacement

    def at(self, points: np.ndarray) -> sparse.csr_array:
        """(3 x point, dof) trilinear interpolation of the displacement at ``points`` (point, 3) [m].

        Raises:
            InputError: a point lies outside the part by more than half a cell.
        """
        rows, columns, values = [], [], []
        for p, point in enumerate(points):
            cell = self._cell_of(point)
            local = np.clip((point - self.origin) / self.spacing - cell, -0.5, 1.5)
            weight = np.prod(np.where(CORNERS == 1, local, 1 - local), axis=1)
            node = self.node_of_cell[self._row[tuple(cell)]]
            for a in range(3):
                rows += [3 * p + a] * 8
                columns += (3 * node + a).tolist()
                values += weight.tolist()
        return sparse.csr_array(sparse.coo_array((values, (rows, columns)), (3 * len(points), 3 * len(self.nodes))))

    def cell_at(self, point: np.ndarray) -> int:
        """Row of the cell that holds ``point`` (3,) [m], or touches it."""
        return self._row[tuple(self._cell_of(point))]

    def _cell_of(self, point: np.ndarray) -> list[int]:
        place = (point - self.origin) / self.spacing
        tries = sorted(product((0, 0.5, -0.5), repeat=3), key=lambda shift: np.abs(shift).sum())
        for shift in tries:
            cell = np.floor(place + np.array(shift) * 1.001 + 1e-9).astype(int).tolist()
            if tuple(cell) in self._row:
                return cell
        where = ", ".join(f"{1e3 * value:.0f}" for value in point)
        raise InputError(f"no cell of {self.name} at {where} mm", remedy="move the joint or reference onto the part")

    def _gradients(self) -> list[sparse.csr_array]:
        """Per axis (cell, cell) [1/m]: slope of the temperature in a cell from the neighbours that it has."""
        n, found = len(self.cells), []
        span = self.cells.max(axis=0) + 3
        flat = np.full(span, -1)
        flat[tuple((self.cells + 1).T)] = np.arange(n)
        for a in range(3):
            step = np.eye(3, dtype=int)[a]
            up, down = flat[tuple((self.cells + 1 + step).T)], flat[tuple((self.cells + 1 - step).T)]
            here = np.arange(n)
            high, low = np.where(up >= 0, up, here), np.where(down >= 0, down, here)
            reach = np.maximum((up >= 0).astype(int) + (down >= 0), 1) * self.spacing[a]
            values = np.concatenate([1 / reach, -1 / reach])
            pairs = (np.tile(here, 2), np.concatenate([high, low]))
            found.append(sparse.csr_array(sparse.coo_array((values, pairs), (n, n))))
        return found

    def _held(self) -> list[int]:
        """Six degrees of freedom of three nodes far apart."""
        first = int(np.argmin(self.nodes.sum(axis=1)))
        away = self.nodes - self.nodes[first]
        second = int(np.argmax((away**2).sum(axis=1)))
        along = away[second] / np.linalg.norm(away[second])
        off = away - np.outer(away @ along, along)
        third = int(np.argmax((off**2).sum(axis=1)))
        held = [3 * first, 3 * first + 1, 3 * first + 2]
        candidates = [3 * second + a for a in range(3)] + [3 * third + a for a in range(3)]
        modes = self.rigid / np.array([1.0, 1, 1, *[np.abs(self.nodes).max()] * 3])
        while len(held) < 6:  # the choice that holds the rigid motions best
            quality = [np.linalg.svd(modes[[*held, dof]], compute_uv=False)[-1] for dof in candidates]
            best = candidates.pop(int(np.argmax(quality)))
            held.append(best)
        return held


def element_matrices(spacing: np.ndarray, material: ElasticMaterial) -> tuple[np.ndarray, np.ndarray]:
    """Stiffness (24, 24) [N/m], and load (24, 4) [N/K, N m/K] of a mean rise and of a slope along x, y, z."""
    e, nu = material.youngs_modulus, material.poisson
    law = np.zeros((6, 6))
    law[:3, :3] = e * nu / ((1 + nu) * (1 - 2 * nu)) + np.eye(3) * e / (1 + nu)
    law[3:, 3:] = np.eye(3) * e / (2 * (1 + nu))
    free = material.expansion * np.array([1.0, 1, 1, 0, 0, 0])
    sign, half = 2 * CORNERS - 1, np.asarray(spacing) / 2
    both, load = np.zeros((33, 33)), np.zeros((33, 4))
    for point in GAUSS:
        terms = 1 + sign * point
        slope = np.stack(
            [sign[:, a] * np.prod(np.delete(terms, a, axis=1), axis=1) / 8 / half[a] for a in range(3)], axis=1
        )
        modes = np.diag(-2 * point / half)
        strain = np.hstack([_strain(row) for row in np.vstack([slope, modes])])
        weight = np.prod(half)
        both += weight * strain.T @ law @ strain
        load += weight * np.outer(strain.T @ law @ free, [1.0, *(point * half)])
    bubble = both[:24, 24:] @ np.linalg.inv(both[24:, 24:])
    return both[:24, :24] - bubble @ both[24:, :24], load[:24] - bubble @ load[24:]


def _strain(slope: np.ndarray) -> np.ndarray:
    """(6, 3) strain xx, yy, zz, yz, zx, xy of a shape function of ``slope`` (3,)."""
    x, y, z = slope
    return np.array([[x, 0, 0], [0, y, 0], [0, 0, z], [0, z, y], [z, 0, x], [y, x, 0]])
