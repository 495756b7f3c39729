"""Modes of a thin wall that is being machined, at every point where the tool may touch it.

A rectangular plate of stepped thickness (Kirchhoff), clamped at its foot and, where asked, at its sides, by the
method of Ritz with polynomials that satisfy the clamped edges:

    stiffness = sum_cells E t^3 / 12 (1 - nu^2) int (w_xx + w_zz)^2 - 2 (1 - nu) (w_xx w_zz - w_xz^2)
    mass      = sum_cells rho t int w^2

Frequencies come from above as the degree rises. Leissa 1973, Journal of Sound and Vibration 31, 257-293.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from numpy.polynomial.legendre import Legendre, leggauss
from numpy.typing import ArrayLike

from twin.cutting.dynamics.modes import Modes
from twin.errors import InputError

DEGREES = 10  # polynomials along and up


@dataclass(frozen=True)
class Wall:
    """A wall standing on its foot: x along it from 0 to ``along[-1]``, z up from 0 to ``up[-1]``."""

    along: np.ndarray  # (column + 1,) [m] edges of the cells of equal thickness
    up: np.ndarray  # (row + 1,) [m]
    thickness: np.ndarray  # (column, row) [m]
    youngs_modulus: float  # [Pa]
    poisson: float
    density: float  # [kg/m3]
    damping: float  # ratio of every mode
    clamped_start: bool = False  # the side x = 0
    clamped_end: bool = False  # the other side


def make_wall(length: float, height: float, thickness: float, **material: float | bool) -> Wall:
    """A wall of even thickness.

    Args:
        length: along the wall [m].
        height: [m]
        thickness: [m]
        **material: the other fields of :class:`Wall`.

    Raises:
        InputError: a size or a property that is not positive.
    """
    wall = Wall(np.array([0.0, length]), np.array([0.0, height]), np.array([[thickness]]), **material)  # type: ignore[arg-type]
    for name, value in (
        ("length", length),
        ("height", height),
        ("thickness", thickness),
        ("Young's modulus", wall.youngs_modulus),
        ("density", wall.density),
        ("damping", wall.damping),
    ):
        if not value > 0:
            raise InputError(f"thin wall: {name} {value:g} is not positive", remedy="give a positive value")
    if not -1 < wall.poisson < 0.5:
        raise InputError(f"thin wall: Poisson's ratio {wall.poisson:g} is impossible", remedy="take 0.3 for metals")
    return wall


def machined(wall: Wall, along: tuple[float, float], up: tuple[float, float], thickness: float) -> Wall:
    """``wall`` after the rectangle ``along`` x ``up`` [m] was cut down to ``thickness`` [m].

    Raises:
        InputError: a rectangle outside the wall, material added.
    """
    edges = []
    for name, old, new in (("along", wall.along, along), ("up", wall.up, up)):
        if not old[0] - 1e-12 <= new[0] < new[1] <= old[-1] + 1e-12:
            raise InputError(
                f"thin wall: cut {name} from {new[0] * 1e3:g} to {new[1] * 1e3:g} mm leaves the wall",
                remedy=f"stay within 0 and {old[-1] * 1e3:g} mm",
            )
        edges.append(np.unique(np.concatenate([old, new]).round(12)))
    middle = [(edge[1:] + edge[:-1]) / 2 for edge in edges]
    column, row = (np.searchsorted(old, at) - 1 for old, at in zip((wall.along, wall.up), middle, strict=True))
    grid = wall.thickness[np.ix_(column, row)]
    inside = np.outer((middle[0] > along[0]) & (middle[0] < along[1]), (middle[1] > up[0]) & (middle[1] < up[1]))
    if not 0 < thickness <= grid[inside].min():
        raise InputError(
            f"thin wall: {thickness * 1e3:g} mm is no thickness to cut {grid[inside].min() * 1e3:g} mm down to",
            remedy="give a positive thickness below that of the wall",
        )
    return replace(wall, along=edges[0], up=edges[1], thickness=np.where(inside, thickness, grid))


@register_dataclass
@dataclass(frozen=True)
class WallModes:
    """Modes of one state of a wall, of mass 1."""

    omega: jax.Array  # (mode,) [rad/s]
    weight: jax.Array  # (mode, polynomial along, polynomial up) [1/sqrt(kg)]


def wall_modes(wall: Wall, n_modes: int = 4, degrees: int = DEGREES) -> WallModes:
    """Lowest modes of ``wall``; differentiable in thickness, modulus, Poisson's ratio and density.

    Raises:
        InputError: more modes than polynomials.
    """
    if not 1 <= n_modes <= degrees**2 / 4:
        raise InputError(f"{n_modes} modes of {degrees**2} polynomials", remedy="ask for at most a quarter as many")
    x, z = _integrals(wall.along, _basis(wall, degrees)), _integrals(wall.up, _foot(wall, degrees))
    # integrals (cell, order of derivative, order, polynomial, polynomial) along and up
    nu, t = wall.poisson, jnp.asarray(wall.thickness, dtype=float)
    rigidity = wall.youngs_modulus * t**3 / (12 * (1 - nu**2))

    def sum_cells(cell: jax.Array, i: int, j: int, k: int, m: int) -> jax.Array:
        """Sum over the cells of the integral of d^i/dx^i d^j/dz^j w times d^k/dx^k d^m/dz^m w."""
        product = jnp.einsum("cr,cab,rpq->apbq", cell, x[:, i, k], z[:, j, m])
        return product.reshape(degrees**2, degrees**2)

    mixed = sum_cells(rigidity, 2, 0, 0, 2)
    stiffness = (
        sum_cells(rigidity, 2, 0, 2, 0)
        + sum_cells(rigidity, 0, 2, 0, 2)
        + nu * (mixed + mixed.T)
        + 2 * (1 - nu) * sum_cells(rigidity, 1, 1, 1, 1)
    )
    mass = sum_cells(wall.density * t, 0, 0, 0, 0)
    lower = jnp.linalg.cholesky(mass)
    half = jax.scipy.linalg.solve_triangular(lower, stiffness, lower=True)
    reduced = jax.scipy.linalg.solve_triangular(lower, half.T, lower=True)
    squares, vectors = jnp.linalg.eigh((reduced + reduced.T) / 2)
    shapes = jax.scipy.linalg.solve_triangular(lower, vectors[:, :n_modes], lower=True, trans=1)
    return WallModes(jnp.sqrt(squares[:n_modes]), shapes.T.reshape(n_modes, degrees, degrees))


def modes_at(
    wall: Wall, modes: WallModes, along: ArrayLike, up: ArrayLike, normal: tuple[float, float, float]
) -> Modes:
    """Modes of the wall as the tool feels them at points (point,) of it: leaves (point, mode), directions with 3 more.

    A mode keeps the stiffness that it has where it moves most; its direction is the unit ``normal`` times its
    displacement at the point over the largest, zero on a node line and at the foot.

    Args:
        wall: that ``modes`` belong to.
        modes: from :func:`wall_modes`.
        along: (point,) [m]
        up: (point,) [m]
        normal: of the wall, in machine axes.

    Raises:
        InputError: a point outside the wall.
    """
    x, z = np.atleast_1d(np.asarray(along, dtype=float)), np.atleast_1d(np.asarray(up, dtype=float))
    for name, at, edge in (("along", x, wall.along[-1]), ("up", z, wall.up[-1])):
        if at.min() < -1e-9 or at.max() > edge + 1e-9:
            raise InputError(
                f"thin wall: a point at {at.min() * 1e3:g} to {at.max() * 1e3:g} mm {name} is off the wall",
                remedy=f"stay within 0 and {edge * 1e3:g} mm",
            )
    degrees = modes.weight.shape[-1]
    of_x, of_z = _basis(wall, degrees), _foot(wall, degrees)
    grid = (np.linspace(0, wall.along[-1], 41), np.linspace(0, wall.up[-1], 41))
    everywhere = jnp.einsum("mab,xa,zb->mxz", modes.weight, _values(of_x, grid[0]), _values(of_z, grid[1]))
    largest = jnp.max(jnp.abs(everywhere), axis=(1, 2))
    shape = jnp.einsum("mab,pa,pb->pm", modes.weight, _values(of_x, x), _values(of_z, z)) / largest[None]
    line = jnp.asarray(normal, dtype=float)
    line = line / jnp.linalg.norm(line)
    size = shape.shape
    return Modes(
        omega=jnp.broadcast_to(modes.omega[None], size),
        damping=jnp.full(size, wall.damping),
        stiffness=jnp.broadcast_to(((modes.omega / largest) ** 2)[None], size),
        direction=shape[..., None] * line[None, None],
    )


def _basis(wall: Wall, degrees: int) -> list[Legendre]:
    """Polynomials along the wall: Legendre's, times what vanishes with its slope at a clamped side."""
    return _polynomials(float(wall.along[-1]), degrees, wall.clamped_start, wall.clamped_end)


def _foot(wall: Wall, degrees: int) -> list[Legendre]:
    return _polynomials(float(wall.up[-1]), degrees, True, False)


def _polynomials(length: float, degrees: int, start: bool, end: bool) -> list[Legendre]:
    edge = Legendre([1.0], domain=[0.0, length])
    for clamped, at in ((start, 0.0), (end, length)):
        if clamped:
            edge = edge * Legendre([0.5, 0.5 if at == 0 else -0.5], domain=[0.0, length]) ** 2
    return [edge * Legendre.basis(n, domain=[0.0, length]) for n in range(degrees)]


def _values(polynomials: list[Legendre], at: np.ndarray) -> jax.Array:
    """(point, polynomial)"""
    return jnp.asarray(np.stack([p(at) for p in polynomials], axis=-1))


def _integrals(edges: np.ndarray, polynomials: list[Legendre]) -> jax.Array:
    """Integrals over each cell of products of derivatives: (cell, order, order, polynomial, polynomial), orders 0-2."""
    node, weight = leggauss(len(polynomials) + 5)
    half = np.diff(edges)[:, None] / 2
    at, weights = half * node + (edges[1:] + edges[:-1])[:, None] / 2, half * weight
    derivative = np.stack([[p.deriv(order)(at) for p in polynomials] for order in range(3)])
    return jnp.asarray(np.einsum("ipcg,jqcg,cg->cijpq", derivative, derivative, weights))
