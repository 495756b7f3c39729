"""Heat conduction in cells: C dT/dt = -K T + F u, second order in space.

Two cells exchange k A / d across their common face; a free face meets its fluid through the film and half a cell.
K and the part of F that belongs to films are sums of terms, each in proportion to one physical parameter, so that a
reduced model can be evaluated at other parameters (S. V. Patankar, Numerical Heat Transfer and Fluid Flow,
1980, ch. 4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from twin.errors import InputError
from twin.thermal.finite_volume.voxels import Voxels, outside


@dataclass(frozen=True)
class Conduction:
    """The assembled model; every term at its nominal parameter."""

    cells: np.ndarray  # (cell, 3) int, in the grid
    capacity: np.ndarray  # (cell,) [J/K]
    terms: dict[str, sparse.csr_array]  # name -> (cell, cell) [W/K]; the conductance matrix is their sum
    film_gain: dict[str, np.ndarray]  # name of a film term -> (cell, fluid) [W/K]
    heat_gain: np.ndarray  # (cell, source) share of each source's power
    sources: tuple[str, ...]
    fluids: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs: sources [W], then fluids [degC]."""
        return self.sources + self.fluids

    @property
    def conductance(self) -> sparse.csr_array:
        """(cell, cell) [W/K] at nominal parameters."""
        return sparse.csr_array(sum(self.terms.values()))

    @property
    def gain(self) -> np.ndarray:
        """(cell, input) at nominal parameters."""
        films = sum(self.film_gain.values(), np.zeros((len(self.capacity), len(self.fluids))))
        return np.hstack([self.heat_gain, films])


@dataclass(frozen=True)
class Solid:
    """What fills the cells of one body."""

    name: str
    conductivity: float  # [W/(m K)]
    volumetric_capacity: float  # [J/(m3 K)]
    material: str = "material"  # bodies of one material share the parameter of its conductivity


@dataclass(frozen=True)
class FreeSurface:
    """The film on the free faces of one body, or on those with an outward normal along ``normal`` only."""

    body: int
    film: float  # [W/(m2 K)]
    fluid: str = "ambient"
    normal: tuple[int, int] | None = None  # (axis, side -1 or 1)
    label: str | None = None  # of the term; "film BODY" if missing


def assemble(
    voxels: Voxels,
    solids: Sequence[Solid],
    surfaces: Sequence[FreeSurface],
    heat: Mapping[str, np.ndarray],
    contacts: Mapping[tuple[int, int], float] | None = None,
    links: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]] | None = None,
    separate: np.ndarray | None = None,
    coolings: Mapping[str, tuple[np.ndarray, str]] | None = None,
) -> Conduction:
    """Return the heat model of ``voxels``.

    Args:
        solids: per body.
        surfaces: films on free faces.
        heat: name of a source -> (cell,) share of its power, of sum one.
        contacts: pair of bodies -> contact conductance [W/(m2 K)]; others conduct as one piece.
        links: name -> cells (pair,), cells (pair,), conductance (pair,) [W/K] of cells that need not touch.
        separate: (body,) int; bodies of unlike numbers do not exchange heat where they touch.
        coolings: name -> conductance of each cell (cell,) [W/K] to a fluid, and its name.

    Raises:
        InputError: negative film or contact, cells that no film or link ties to a fluid.
    """
    body, index = voxels.cell_body, voxels.cell_index
    n, d = len(body), voxels.spacing
    area = np.prod(d) / d
    conductivity = np.array([solid.conductivity for solid in solids])
    kind = np.array([sorted({s.material for s in solids}).index(s.material) for s in solids])
    kinds = sorted({s.material for s in solids})
    contacts = {(min(pair), max(pair)): value for pair, value in (contacts or {}).items()}
    pieces: dict[str, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {}
    for axis in range(3):
        lower, upper = _slices(axis, slice(None, -1)), _slices(axis, slice(1, None))
        both = (voxels.body[lower] >= 0) & (voxels.body[upper] >= 0)
        i, j = index[lower][both], index[upper][both]
        if separate is not None:
            joined = separate[body[i]] == separate[body[j]]
            i, j = i[joined], j[joined]
        resistance = d[axis] / 2 * (1 / conductivity[body[i]] + 1 / conductivity[body[j]])
        name = np.where(kind[body[i]] == kind[body[j]], kind[body[i]], -1)
        for row, (pair, film) in enumerate(contacts.items()):
            if not film > 0:
                raise InputError(f"contact of bodies {pair} is {film:g} W/m2K", remedy="a positive contact conductance")
            touches = (np.minimum(body[i], body[j]) == pair[0]) & (np.maximum(body[i], body[j]) == pair[1])
            resistance = resistance + touches / film
            name = np.where(touches, -2 - row, name)
        for value in np.unique(name):
            chosen = name == value
            label = _label(value, kinds, [tuple(solids[b].name for b in pair) for pair in contacts])
            pieces.setdefault(label, []).append((i[chosen], j[chosen], area[axis] / resistance[chosen]))
    for label, (i, j, value) in (links or {}).items():
        pieces.setdefault(label, []).append((i, j, value))
    terms = {label: _exchange(n, *map(np.concatenate, zip(*rows, strict=True))) for label, rows in pieces.items()}
    to_fluid = [
        (surface.label or f"film {solids[surface.body].name}", surface.fluid, _film(voxels, surface, solids))
        for surface in surfaces
    ] + [(label, fluid, per_cell) for label, (per_cell, fluid) in (coolings or {}).items()]
    fluids = tuple(sorted({fluid for _, fluid, _ in to_fluid}))
    film_gain: dict[str, np.ndarray] = {}
    for label, fluid, per_cell in to_fluid:
        if per_cell.any():
            gain = np.outer(per_cell, [name == fluid for name in fluids])
            film_gain[label] = film_gain.get(label, 0) + gain
            terms[label] = sparse.csr_array(terms.get(label, 0) + sparse.diags_array(per_cell).tocsr())
    model = Conduction(
        cells=voxels.cells,
        capacity=np.array([solid.volumetric_capacity for solid in solids])[body] * np.prod(d),
        terms=terms,
        film_gain=film_gain,
        heat_gain=np.stack(list(heat.values()), axis=1) if heat else np.zeros((n, 0)),
        sources=tuple(heat),
        fluids=fluids,
    )
    _check_tied(model, body, solids)
    return model


def _label(value: int, kinds: list[str], contacts: list[tuple]) -> str:
    if value == -1:
        return "between materials"
    if value < -1:
        return f"contact {' '.join(contacts[-2 - value])}"
    return f"conductivity {kinds[value]}"


def _exchange(n: int, i: np.ndarray, j: np.ndarray, value: np.ndarray) -> sparse.csr_array:
    rows, columns = np.concatenate([i, j, i, j]), np.concatenate([i, j, j, i])
    return sparse.csr_array(sparse.coo_array((np.concatenate([value, value, -value, -value]), (rows, columns)), (n, n)))


def _film(voxels: Voxels, surface: FreeSurface, solids: Sequence[Solid]) -> np.ndarray:
    """(cell,) [W/K] of film and half a cell in series, over the free faces of each cell."""
    solid = solids[surface.body]
    if surface.film < 0:
        raise InputError(f"film of {solid.name} is {surface.film:g} W/m2K", remedy="zero or a positive film")
    if surface.film == 0:
        return np.zeros(len(voxels.cells))
    free, d = outside(voxels), voxels.spacing
    total = np.zeros(voxels.body.shape)
    mine = voxels.body == surface.body
    for axis in range(3):
        for side in (-1, 1):
            if surface.normal is not None and surface.normal != (axis, side):
                continue
            beyond = [slice(1, -1)] * 3
            beyond[axis] = slice(2, None) if side == 1 else slice(0, -2)
            faces = mine & free[tuple(beyond)]
            total[faces] += np.prod(d) / d[axis] / (1 / surface.film + d[axis] / 2 / solid.conductivity)
    return total[voxels.body >= 0]


def _check_tied(model: Conduction, body: np.ndarray, solids: Sequence[Solid]) -> None:
    n_groups, group = connected_components(model.conductance, directed=False)
    tied = np.zeros(n_groups, bool)
    for gain in model.film_gain.values():
        tied[group[gain.any(axis=1)]] = True
    if not tied.all():
        loose = ~tied[group]
        names = ", ".join(sorted({solids[b].name for b in body[loose]}))
        raise InputError(
            f"{np.count_nonzero(loose)} cells of {names} reach no fluid: their temperature has no bound",
            remedy="give a body of each connected piece a film, or tie it by a joint that conducts",
        )


def _slices(axis: int, along: slice) -> tuple[slice, ...]:
    return tuple(along if a == axis else slice(None) for a in range(3))
