"""Displacement of tool and table under any temperature field, by adjoints, at many axis positions.

Every part floats on its own; joints tie parts by springs. With G the flexibility of the parts, R their rigid motions,
B the joint patches, k the springs and D the thermal load per cell,

    u = G (D T + B f) + R q,   B'u = -f / k,   R'B f = 0

so that an output c'u is a row of numbers per cell: (c + B m)' G D, where m solves a system no larger than the joints.
Moving an axis changes only where the patches lie: parts are factorised once, whatever the number of positions.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import sparse

from twin.errors import InputError
from twin.thermal.finite_volume.elasticity import ElasticMaterial, FloatingPart
from twin.thermal.finite_volume.heat_model import base_points, patch_points
from twin.thermal.finite_volume.structure import GROUND, VOID, Reference, Structure
from twin.thermal.finite_volume.voxels import Voxels

OUTPUTS = 12  # displacement [m] and rotation [rad] of the tool, then of the table


@dataclass(frozen=True)
class Influence:
    """What one kelvin in each cell does to tool and table."""

    axes: tuple[np.ndarray, np.ndarray, np.ndarray]  # [m] positions of X, Y, Z
    rows: np.ndarray  # (x, y, z, 12, cell) [m/K, rad/K]


class ElasticStructure:
    """The parts of a structure, factorised, and the joints between them."""

    def __init__(self, structure: Structure, voxels: Voxels):
        self.structure = structure
        bodies = list(structure.bodies.values())
        kinds = list(structure.materials)
        materials = [ElasticMaterial(m.youngs_modulus, m.poisson, m.expansion) for m in structure.materials.values()]
        kind = np.array([kinds.index(b.material) if b.material != VOID else -1 for b in bodies])
        of_cell = np.array([b.part for b in bodies])[voxels.cell_body]
        names = list(dict.fromkeys(b.part for b in bodies if b.material != VOID))
        self.cells = {name: np.flatnonzero(of_cell == name) for name in names}

        def factorised_part(name: str) -> FloatingPart:
            mine = self.cells[name]
            of_body = kind[voxels.cell_body[mine]]
            return FloatingPart(voxels.cells[mine], voxels.origin, voxels.spacing, of_body, materials, name)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            self.parts = dict(zip(names, pool.map(factorised_part, names), strict=True))
        self.n_cells = len(voxels.cells)

    def influence(self) -> Influence:
        """Rows of all outputs at every combination of the declared axis positions.

        Raises:
            InputError: a joint or reference off its part, or parts that the joints do not hold.
        """
        x, y, z = (np.array(self.structure.axis_positions[name]) for name in "XYZ")
        axes = (x, y, z)
        loads = _Loads(self)
        positions = [dict(zip("XYZ", place, strict=True)) for place in product(*axes)]
        outputs = self._outputs(loads)
        systems = [(outputs, *self._ties(position, loads)) for position in positions]
        loads.solve()
        rows = np.stack([self._rows(loads, *system) for system in systems])
        return Influence(axes, rows.reshape(*map(len, axes), OUTPUTS, self.n_cells))

    def deform(self, temperature: np.ndarray) -> dict[str, np.ndarray]:
        """(node, 3, case) [m] of each part at the reference position, for rises (cell, case) [K]."""
        loads = _Loads(self)
        position = dict(zip("XYZ", self.structure.reference_position, strict=True))
        ties, compliance = self._ties(position, loads)
        loads.solve()
        matrix = loads.system(ties, compliance)
        strain = np.zeros((len(matrix), temperature.shape[1]))
        strain[: len(ties)] = [loads.cells(tie) @ temperature for tie in ties]
        answer = -np.linalg.solve(matrix, strain)
        moved = {}
        for number, (name, part) in enumerate(self.parts.items()):
            force = part.heating @ temperature[self.cells[name]]
            for tie, size in zip(ties, answer, strict=False):
                for part_name, row, sign in tie:
                    if part_name == name:
                        force = force + sign * np.outer(loads.pattern(name, row), size)
            first = len(ties) + 6 * number
            u = part.solve(force) + part.rigid @ answer[first : first + 6]
            moved[name] = u.reshape(-1, 3, temperature.shape[1])
        return moved

    def _outputs(self, loads: "_Loads") -> list[list[tuple[str, int, float]]]:
        """The 12 outputs as patterns."""
        found = []
        for reference in (self.structure.tool, self.structure.table):
            for row in self._motion(reference):
                found.append([(reference.part, loads.add(reference.part, row), 1.0)])
        return found

    def _motion(self, reference: Reference) -> np.ndarray:
        """(6, dof) mean displacement and mean rotation (least squares) of the patch of ``reference``."""
        part = self.parts[reference.part]
        points = patch_points(np.array(reference.at), np.array(reference.patch), self.structure.cell)
        motion = part.at(points).toarray().reshape(len(points), 3, -1)
        arm = points - points.mean(axis=0)
        inertia = np.sum(arm**2) * np.eye(3) - arm.T @ arm
        if np.linalg.matrix_rank(inertia) < 3:
            raise InputError(f"the patch on {reference.part} has no area", remedy="give it two edges: its tilt counts")
        swirl = np.stack(
            [
                np.einsum("p,pd->d", arm[:, (a + 1) % 3], motion[:, (a + 2) % 3])
                - np.einsum("p,pd->d", arm[:, (a + 2) % 3], motion[:, (a + 1) % 3])
                for a in range(3)
            ]
        )
        return np.vstack([motion.mean(axis=0), np.linalg.solve(inertia, swirl)])

    def _ties(self, position: dict[str, float], loads: "_Loads") -> tuple[list, np.ndarray]:
        """Each spring as patterns of the two parts it ties, and its compliance [m/N]."""
        ties, compliance = [], []
        for joint in self.structure.joints.values():
            beyond = base_points(self.structure, joint, position)
            for here, there in zip(np.array(joint.at), beyond, strict=True):
                ends = [
                    (name, loads.patch(name, place, joint.patch), sign)
                    for name, place, sign in zip(joint.between, (here, there), (1.0, -1.0), strict=True)
                    if name != GROUND
                ]
                for a in range(3):
                    if joint.stiffness[a] > 0:
                        ties.append([(name, rows[a], sign) for name, rows, sign in ends])
                        compliance.append(1 / joint.stiffness[a])
        return ties, np.array(compliance)

    def _rows(self, loads: "_Loads", outputs: list, ties: list, compliance: np.ndarray) -> np.ndarray:
        """(12, cell) of one position."""
        matrix = loads.system(ties, compliance)
        cross = np.array([[loads.flexibility(tie, out) for out in outputs] for tie in ties])
        rigid = np.stack([loads.rigid(out) for out in outputs], axis=1)
        multiplier = -np.linalg.solve(matrix, np.vstack([cross, rigid]))[: len(ties)]
        own = np.stack([loads.cells(out) for out in outputs])
        return own + multiplier.T @ np.stack([loads.cells(tie) for tie in ties])


class _Loads:
    """Unit load patterns on the parts, solved together: flexibility between them, and their rows over the cells."""

    def __init__(self, elastic: ElasticStructure):
        self._elastic = elastic
        self._rows: dict[str, list] = {name: [] for name in elastic.parts}
        self._known: dict[tuple, list[int]] = {}
        self._flexible: dict[str, np.ndarray] = {}
        self._cells: dict[str, np.ndarray] = {}
        self._rigid: dict[str, np.ndarray] = {}

    def add(self, part: str, row: np.ndarray) -> int:
        key = (part, row.tobytes())
        if key not in self._known:
            self._known[key] = [len(self._rows[part])]
            self._rows[part].append(sparse.csr_array(row[None, :]))
        return self._known[key][0]

    def patch(self, part: str, centre: np.ndarray, patch: tuple[float, float, float]) -> list[int]:
        """Patterns of the mean displacement of a patch along x, y, z."""
        key = (part, tuple(np.round(centre, 9)), tuple(patch))
        if key not in self._known:
            points = patch_points(centre, patch, self._elastic.structure.cell)
            mean = self._elastic.parts[part].at(points).toarray().reshape(len(points), 3, -1).mean(axis=0)
            self._known[key] = [self.add(part, row) for row in mean]
        return self._known[key]

    def pattern(self, part: str, row: int) -> np.ndarray:
        return self._rows[part][row].toarray()[0]

    def solve(self) -> None:
        if idle := [name for name in self._elastic.parts if not self._rows[name]]:
            raise InputError(f"no joint holds part {idle[0]}", remedy="tie it to the part that carries it")

        def solve_part(name: str) -> None:
            part, rows = self._elastic.parts[name], sparse.csr_array(sparse.vstack(self._rows[name]))
            answer = part.solve(rows.toarray().T)
            self._flexible[name] = rows @ answer
            self._cells[name] = (part.heating.T @ answer).T
            self._rigid[name] = rows @ part.rigid

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(solve_part, self._elastic.parts))

    def flexibility(self, first: list, second: list) -> float:
        return sum(s * t * self._flexible[p][i, j] for p, i, s in first for q, j, t in second if p == q)

    def rigid(self, load: list) -> np.ndarray:
        names = list(self._elastic.parts)
        out = np.zeros(6 * len(names))
        for part, row, sign in load:
            first = 6 * names.index(part)
            out[first : first + 6] += sign * self._rigid[part][row]
        return out

    def cells(self, load: list) -> np.ndarray:
        out = np.zeros(self._elastic.n_cells)
        for part, row, sign in load:
            out[self._elastic.cells[part]] += sign * self._cells[part][row]
        return out

    def system(self, ties: list, compliance: np.ndarray) -> np.ndarray:
        """The symmetric system of joint forces and rigid motions."""
        n = len(ties)
        rigid = np.stack([self.rigid(tie) for tie in ties])
        matrix = np.zeros((n + rigid.shape[1],) * 2)
        matrix[:n, :n] = [[self.flexibility(a, b) for b in ties] for a in ties]
        matrix[:n, :n] += np.diag(compliance)
        matrix[:n, n:], matrix[n:, :n] = rigid, rigid.T
        held = np.linalg.svd(rigid, compute_uv=False)
        if n < rigid.shape[1] or held[-1] < 1e-6 * held[0]:
            raise InputError("the joints leave a part free to move", remedy="tie all six motions of every part")
        return matrix
