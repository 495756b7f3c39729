"""Surface location error: where a vibrating tool leaves the wall of a stable cut, in closed form.

In a stable cut with even teeth the vibration repeats with every tooth, so that the tooth before left the same wave and
the chip is that of a rigid cut: regeneration cancels (Schmitz and Smith, *Machining Dynamics*, ch. 5). What remains is
the forced response of the modes, exact for a straight edge; of a helix the lag within each slice of the engagement is
represented by ``GAUSS`` points. It does not hold where the cut chatters or a tooth leaves the cut out of turn.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jax.typing import ArrayLike

from twin.compiled import first_rows, kept, padded_rows
from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.contact import Contact
from twin.cutting.cutter import Cutters
from twin.cutting.dynamics.modes import Modes
from twin.cutting.form.forced import periodic_response
from twin.errors import InputError

GAUSS = 2  # points of the helix within a slice
UNLIKE = 1e-6  # of the widest pitch over the mean
SIDE = 0.12  # [rad] an arc that ends this near to a normal of the feed shapes that wall
LIKE = 4  # modes are filled up to a multiple of this: few shapes are compiled
WALL = np.array([0.0, np.pi])  # immersion at which a tooth shapes the left and the right wall


@register_dataclass
@dataclass(frozen=True)
class SurfaceError:
    """Walls that a path leaves; the left one in feed direction seen from the spindle first, then the right one."""

    deviation: jax.Array  # (segment, wall, height) [m] out of the material: > 0 material left, < 0 overcut; 0 no wall
    displacement: jax.Array  # (segment, wall, height, 3) [m] of the tool as it shapes the wall, part axes
    shaped: jax.Array  # (segment, wall) bool: the cut reaches this wall


def surface_error(
    contact: Contact,
    feed: ArrayLike,
    spindle: ArrayLike,
    cutters: Cutters,
    coefficients: CuttingCoefficients,
    modes: Modes,
    height: ArrayLike = 0.5,
) -> SurfaceError:
    """Surface location error of each segment of a path, of stable cuts with even teeth.

    The edge counts as that of a cylindrical cutter: a wall is cut by the cylinder. The force is linear in chip area
    and edge length, as in :mod:`twin.cutting.coefficients`.

    Args:
        contact: where the tools touch stock.
        feed: (segment,) [m/s] along the path.
        spindle: (segment,) [rad/s], > 0 clockwise (M3).
        cutters: the program's tools; their runout counts as none.
        coefficients: of the workpiece material; scalars.
        modes: between tool tip and workpiece, in part axes.
        height: (height,) at which the wall is looked at, part of the engaged depth from the tip.

    Raises:
        InputError: a mode without damping or stiffness, a height outside 0..1, a negative feed, a tool whose teeth are
            unlike in pitch, helix or serration: their vibration does not repeat with every tooth.
    """
    height = jnp.atleast_1d(jnp.asarray(height, dtype=float))
    _check(modes, height, feed)
    _check_teeth(contact, cutters)
    n = len(contact.depth)
    feed, spindle = (v if isinstance(v, jax.core.Tracer) else np.asarray(v, dtype=float) for v in (feed, spindle))
    rows = jax.tree.map(padded_rows, (contact, feed, spindle))
    out = _surface_error(*rows, cutters, coefficients, _padded(modes), height)
    return jax.tree.map(lambda values: first_rows(values, n), out)


def wall_displacement(error: SurfaceError) -> jax.Array:
    """Displacement of the tool that shapes each segment's walls (segment, 3) [m]: the error that its walls inherit.

    The mean over the walls shaped and the heights looked at; zero where no wall is shaped. For a slot, whose walls
    differ, use the deviation of each.
    """
    shaped = jnp.asarray(error.shaped, dtype=float)
    of_wall = jnp.mean(jnp.asarray(error.displacement), axis=2)
    return jnp.einsum("sw,swi->si", shaped, of_wall) / jnp.maximum(jnp.sum(shaped, axis=1), 1.0)[:, None]


def _padded(modes: Modes) -> Modes:
    """With modes that nothing moves."""
    more = -len(modes.omega) % LIKE
    filled = {name: jnp.append(getattr(modes, name), jnp.full(more, 0.5)) for name in ("omega", "damping", "stiffness")}
    return Modes(**filled, direction=jnp.append(modes.direction, jnp.zeros((more, 3)), axis=0))


def _check(modes: Modes, height: jax.Array, feed: ArrayLike) -> None:
    for name in ("omega", "damping", "stiffness"):
        values = getattr(modes, name)
        if not isinstance(values, jax.core.Tracer) and not (np.asarray(values) > 0).all():
            raise InputError(f"a mode has {name} {np.min(values):g}", remedy="give modes with positive values")
    if not isinstance(modes.damping, jax.core.Tracer) and not (np.asarray(modes.damping) < 1).all():
        raise InputError(f"a mode has damping ratio {np.max(modes.damping):g}", remedy="leave out overdamped modes")
    if not isinstance(height, jax.core.Tracer) and not ((height >= 0) & (height <= 1)).all():
        raise InputError("a height on the wall is outside 0..1", remedy="give it as part of the engaged depth")
    if not isinstance(feed, jax.core.Tracer) and not (np.asarray(feed) >= 0).all():
        raise InputError("the feed of a segment is negative or not a number")


def _check_teeth(contact: Contact, cutters: Cutters) -> None:
    """Raise InputError where a tool that cuts has unlike teeth."""
    if isinstance(contact.depth, jax.core.Tracer):
        return
    share, helix = np.asarray(cutters.cut_share), np.asarray(cutters.more_lag)
    widest, n_teeth = share.max(axis=1), (share > 0).sum(axis=1)
    unlike = (widest * n_teeth > 1 + UNLIKE) | (helix != 0).any(axis=1) | (np.asarray(cutters.wave_height) > 0)
    bad = np.flatnonzero((np.asarray(contact.depth) > 0) & unlike[np.asarray(contact.tool)])
    if bad.size:
        raise InputError(
            f"T{cutters.number[int(np.asarray(contact.tool)[bad[0]])]} has teeth of unlike pitch, helix or serration: "
            "its surface error has no closed form",
            remedy="leave its segments out, or simulate them in the time domain",
        )


@kept
def _surface_error(
    contact: Contact,
    feed: jax.Array,
    spindle: jax.Array,
    cutters: Cutters,
    coefficients: CuttingCoefficients,
    modes: Modes,
    height: jax.Array,
) -> SurfaceError:
    feed, spindle = jnp.asarray(feed), jnp.asarray(spindle)
    clockwise = spindle >= 0
    left = jnp.cross(contact.axis, contact.ahead)
    hand_left = jnp.where(clockwise, 1.0, -1.0)[:, None] * left  # the frame in which immersion ascends with rotation
    frame = jnp.stack([contact.ahead, hand_left, contact.axis], axis=1)  # (segment, direction, 3)
    cutting = (contact.depth > 0) & (spindle != 0)
    speed = jnp.where(cutting, jnp.abs(spindle), 1.0)
    n_teeth = jnp.sum(jnp.asarray(cutters.cut_share) > 0, axis=1, dtype=float)[contact.tool]
    chip = jnp.where(cutting, feed * contact.advance, 0.0) * 2 * np.pi / (speed * n_teeth)
    pulse = _pulse(coefficients, chip, jnp.asarray(cutters.hand)[contact.tool])  # (segment, direction, 5)
    arc = jnp.asarray(contact.arc, dtype=float)
    arc = jnp.where(clockwise[:, None, None, None], arc, (np.pi - arc)[..., ::-1])

    n_slices = arc.shape[1]
    inside = (1 + np.polynomial.legendre.leggauss(GAUSS)[0]) / 2
    places = ((np.arange(n_slices)[:, None] + inside[None]) / n_slices).ravel()  # (element,) part of the depth
    lag = jnp.asarray(cutters.lag)[contact.tool] * contact.depth
    ahead = lag[:, None, None] * (height[None, :, None] - places[None, None])  # (segment, height, element) [rad]
    arcs = jnp.repeat(arc, GAUSS, axis=1)
    width = jnp.where(cutting, contact.depth, 0.0) / len(places)

    instant = jnp.asarray(WALL)[None, :, None, None] + ahead[:, None]  # (segment, wall, height, element)

    def of_segment(row: tuple[jax.Array, ...]) -> jax.Array:
        """Modal coordinates (mode, wall, height)."""
        pulse, frame, arcs, instant, speed, pitch = row
        on_mode = (modes.direction @ frame.T).astype(complex) @ pulse  # (mode, order)
        shape = (*instant.shape, arcs.shape[1])
        response = periodic_response(
            modes,
            on_mode,
            jnp.broadcast_to(arcs[None, None], (*shape, 2)),
            jnp.broadcast_to(instant[..., None], shape),
            speed,
            pitch,
            cutters.n_teeth + 1,
        )
        return jnp.sum(response, axis=(3, 4))

    q = jax.lax.map(of_segment, (pulse, frame, arcs, instant, speed, 2 * np.pi / n_teeth), batch_size=32)
    displacement = jnp.einsum("smwh,mi->swhi", q, modes.direction) * width[:, None, None, None]
    # with M4 immersion 0 is the right normal: walls change places
    displacement = jnp.where(clockwise[:, None, None, None], displacement, displacement[:, ::-1])
    shaped = _shaped(contact) & cutting[:, None]
    outward = jnp.stack([-left, left], axis=1)  # (segment, wall, 3) out of the material
    deviation = jnp.einsum("swhi,swi->swh", displacement, outward)
    return SurfaceError(
        deviation=jnp.where(shaped[:, :, None], deviation, 0.0),
        displacement=jnp.where(shaped[:, :, None, None], displacement, 0.0),
        shaped=shaped,
    )


def _shaped(contact: Contact) -> jax.Array:
    """Whether the cut reaches the left and the right wall (segment, wall)."""
    start, end = contact.arc[..., 0], contact.arc[..., 1]
    engaged = end > start
    left = engaged & (start < SIDE)
    right = engaged & (end > np.pi - SIDE) & (start < np.pi)
    return jnp.stack([jnp.any(left, axis=(1, 2)), jnp.any(right, axis=(1, 2))], axis=1)


def _pulse(k: CuttingCoefficients, chip: jax.Array, hand: jax.Array) -> jax.Array:
    """Force ahead, left, up per edge length as series of exp(i order phi), orders -2..2: (segment, 3, 5) complex."""
    none, one = jnp.zeros(5, complex), jnp.ones_like(chip)
    flat = none.at[2].set(1.0)
    sine, cosine = none.at[jnp.asarray([1, 3])].set(jnp.asarray([0.5j, -0.5j])), none.at[1].set(0.5).at[3].set(0.5)
    sine2 = none.at[2].set(0.5).at[0].set(-0.25).at[4].set(-0.25)
    sine_cosine = none.at[0].set(0.25j).at[4].set(-0.25j)

    def times(amount: jax.Array, series: jax.Array) -> jax.Array:
        return amount[:, None].astype(complex) * series[None]

    tc, rc, ac = k.ktc * chip, k.krc * chip, k.kac * chip * hand
    te, re, ae = k.kte * one, k.kre * one, k.kae * hand
    ahead = -times(tc, sine_cosine) - times(te, cosine) - times(rc, sine2) - times(re, sine)
    to_left = times(tc, sine2) + times(te, sine) - times(rc, sine_cosine) - times(re, cosine)
    up = -times(ac, sine) - times(ae, flat)
    return jnp.stack([ahead, to_left, up], axis=1)
