"""The heat model of a declared structure: its bodies, contacts, joints and sources put into cells."""

import numpy as np
from numpy.typing import ArrayLike

from twin.errors import InputError
from twin.thermal.finite_volume.conduction import Conduction, FreeSurface, Solid, assemble
from twin.thermal.finite_volume.structure import GROUND, VOID, Cooling, Heat, Joint, Structure
from twin.thermal.finite_volume.voxels import Voxels

NORMAL = {"all": None} | {f"{sign}{'xyz'[a]}": (a, side) for a in range(3) for sign, side in (("-", -1), ("+", 1))}
SENSE = {"tool": 1.0, "table": -1.0}  # of the motion of a part in the machine, per axis position


def heat_model(structure: Structure, voxels: Voxels, flood: bool = False) -> Conduction:
    """Return the finite-volume model of ``structure`` in ``voxels``; inputs: its heats, then the fluids.

    With ``flood`` it has the films of the coolant as further terms.

    Joints of moved parts conduct to the whole travel of the other side, in equal shares over ``axis_positions``.

    Raises:
        InputError: a heat source or joint that meets no cell, a film that is negative, cells that reach no fluid.
    """
    bodies = list(structure.bodies.values())
    parts = sorted({body.part for body in bodies})
    names = list(structure.bodies)
    solids, surfaces = [], []
    for row, (name, body) in enumerate(structure.bodies.items()):
        if body.material == VOID:
            solids.append(Solid(name, 1.0, 1.0, VOID))
            continue
        material = structure.materials[body.material]
        capacity = material.density * material.specific_heat
        solids.append(Solid(name, material.conductivity, capacity, body.material))
        if body.film:
            surfaces.append(FreeSurface(row, body.film, body.fluid))
    for further in structure.films:
        film = further.film if flood or further.when == "always" else 0.0
        label = f"{further.fluid} on {further.body}"
        surfaces.append(FreeSurface(names.index(further.body), film, further.fluid, NORMAL[further.faces], label))
    coolings = {
        f"cooling {name}": (c.conductance * _share(structure, voxels, f"cooling {name}", c), c.fluid)
        for name, c in structure.coolings.items()
    }
    contacts = {(names.index(c.between[0]), names.index(c.between[1])): c.film for c in structure.contacts}
    heat = {name: _shares(structure, voxels, name, places) for name, places in structure.heats.items()}
    tied = {name: joint for name, joint in structure.joints.items() if joint.conductance}
    links = {f"joint {name}": _link(structure, voxels, name, joint) for name, joint in tied.items()}
    separate = np.array([parts.index(body.part) for body in bodies])
    return assemble(voxels, solids, surfaces, heat, contacts, links, separate, coolings)


def base_points(structure: Structure, joint: Joint, position: dict[str, float]) -> np.ndarray:
    """(patch, 3) [m] where the patches of ``joint`` lie on the part that does not move, at an axis ``position`` [m]."""
    points = np.array(joint.at)
    carriage = structure.carriages.get(joint.between[0])
    if carriage is None or carriage.base != joint.between[1]:
        return points
    column = "XYZ".index(carriage.axis)
    travel = position[carriage.axis] - structure.reference_position[column]
    return points + SENSE[carriage.sense] * travel * np.eye(3)[column]


def patch_points(centre: np.ndarray, patch: ArrayLike, cell: float) -> np.ndarray:
    """(point, 3) [m] evenly over a box of edges ``patch`` about ``centre``: about one per cell, two along any edge."""
    size = np.asarray(patch)
    counts = np.where(size > 0, np.maximum(np.round(size / cell), 2), 1).astype(int)
    axes = [c + ((np.arange(n) + 0.5) / n - 0.5) * p for c, n, p in zip(centre, counts, size, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def _shares(structure: Structure, voxels: Voxels, name: str, places: tuple[Heat, ...]) -> np.ndarray:
    shares = sum(place.share * _share(structure, voxels, f"heat {name}", place) for place in places)
    if abs(np.sum(shares) - 1) > 1e-6:
        raise InputError(f"shares of heat {name} add up to {np.sum(shares):.3f}", remedy="shares of sum 1")
    return np.asarray(shares)


def _share(structure: Structure, voxels: Voxels, name: str, place: Heat | Cooling) -> np.ndarray:
    """(cell,) even over the cells of a body, or of its part in a box, of sum one."""
    inside = voxels.cell_body == list(structure.bodies).index(place.body)
    if place.low is not None and place.high is not None:
        centres = voxels.centres
        inside = inside & ((centres > place.low) & (centres < place.high)).all(axis=1)
    if not inside.any():
        raise InputError(f"{name} meets no cell of {place.body}", remedy="a box that holds cells of the body")
    return inside / np.count_nonzero(inside)


def _link(structure: Structure, voxels: Voxels, name: str, joint: Joint) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of cells that a joint ties, and the conductance of each pair."""
    if GROUND in joint.between:
        raise InputError(f"joint {name} conducts to the ground", remedy="give the body a film instead")
    carriage = structure.carriages.get(joint.between[0])
    travel = structure.axis_positions[carriage.axis] if carriage and carriage.base == joint.between[1] else (0.0,)
    pairs: dict[tuple[int, int], float] = {}
    per_patch = joint.conductance / len(joint.at) / len(travel)
    lookup = {part: _CellLookup(structure, voxels, part) for part in joint.between}
    for value in travel:
        position: dict[str, float] = {str(carriage.axis): value} if carriage else {}
        for here, there in zip(np.array(joint.at), base_points(structure, joint, position), strict=True):
            moving = lookup[joint.between[0]].around(here, joint.patch, name)
            fixed = lookup[joint.between[1]].around(there, joint.patch, name)
            for i in moving:
                for j in fixed:
                    key = (int(i), int(j))
                    pairs[key] = pairs.get(key, 0.0) + per_patch / len(moving) / len(fixed)
    i, j = np.array(list(pairs)).T
    return i, j, np.array(list(pairs.values()))


class _CellLookup:
    """Cells of one part by place."""

    def __init__(self, structure: Structure, voxels: Voxels, part: str):
        mine = [row for row, body in enumerate(structure.bodies.values()) if body.part == part]
        self._rows = np.flatnonzero(np.isin(voxels.cell_body, mine))
        self._centres, self._cell, self._part = voxels.centres[self._rows], structure.cell, part

    def around(self, centre: np.ndarray, patch: ArrayLike, joint: str) -> np.ndarray:
        reach = (np.asarray(patch) + self._cell) / 2 * (1 + 1e-6)
        near = (abs(self._centres - centre) <= reach).all(axis=1)
        if not near.any():
            where = ", ".join(f"{1e3 * value:.0f}" for value in centre)
            raise InputError(f"joint {joint} meets no cell of {self._part} at {where} mm", remedy="move or widen it")
        return self._rows[near]
