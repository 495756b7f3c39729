"""The edges of one tool, tooth by tooth, cut into short straight elements.

One representation serves every kind of tool: an element has a height, a radius, a slope and an angle by which it
trails the tip of tooth 0. Flat, ball, bull-nose, taper, chamfer, face mill and drill differ in radius and slope;
variable pitch and helix in the angles; a serrated edge in radii that differ from tooth to tooth.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass

from twin.compiled import Array, array_module
from twin.errors import InputError
from twin.machine.tool import Profile, Tool

FEWEST_A_WAVE = 12  # elements on one wave of a serrated edge: fewer do not resolve it


@register_dataclass
@dataclass(frozen=True)
class DiscretisedEdge:
    """Edges of one tool, (tooth, element) each. The last element is the flat bottom: its height and thickness are 0.

    Teeth are in the order in which they pass. Differentiable in every field.
    """

    z: jax.Array  # (tooth, element) [m] middle height above the tip
    thickness: jax.Array  # (tooth, element) [m] height from its lower to its upper end
    radius: jax.Array  # (tooth, element) [m] middle radius
    rise: jax.Array  # (tooth, element) [m] radius of its upper end less that of its lower end
    trail: jax.Array  # (tooth, element) [rad] by which its middle trails the tip of tooth 0: pitch and lag
    sweep: jax.Array  # (tooth, element) [rad] by which its upper end trails its lower end
    hand: jax.Array  # (tooth,) sign of the axial force: 1 right-hand helix, -1 left-hand, 0 straight edge
    runout: jax.Array  # () [m] offset of the tool axis at the tip
    runout_angle: jax.Array  # () [rad] its direction, from tooth 0 towards the teeth that follow
    tilt: jax.Array  # () [rad] of the tool axis, about the tip
    tilt_angle: jax.Array  # () [rad] its direction

    @property
    def n_teeth(self) -> int:
        """Number of teeth."""
        return self.radius.shape[0]

    @property
    def width(self) -> jax.Array:
        """Length of edge (tooth, element) [m], seen along the direction of cutting."""
        square = self.thickness**2 + self.rise**2
        return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)

    @property
    def kappa(self) -> jax.Array:
        """Axial immersion angle (tooth, element) [rad]: between the tool axis and the normal of the swept surface;
        0 on a flat bottom, pi/2 on a cylinder."""
        return jnp.arctan2(self.thickness, self.rise)


def discretise(tool: Tool, height: jax.Array | float, n_elements: int) -> DiscretisedEdge:
    """Edges of ``tool`` from its tip up to ``height`` [m], in ``n_elements`` of like thickness and the flat bottom.

    The edge climbs with a constant lead: its lag is z tan(helix) / (largest radius). A drill's lips are straight and
    start where its chisel edge ends. A serrated edge has the radius R(z) - A + A cos(2 pi z / wavelength - phase).

    Args:
        tool: as in its catalogue.
        height: part of the edge that can engage; differentiable.
        n_elements: between the tip and ``height``.

    Raises:
        InputError: no elements, a height that the flutes do not reach, a pitch that does not add up to a turn,
            a serrated edge with fewer than 12 elements a wave.
    """
    _check(tool, height, n_elements)
    pitch = np.array(tool.pitch or [2 * np.pi / tool.n_teeth] * tool.n_teeth)
    position = np.concatenate([[0.0], np.cumsum(pitch)[:-1]])
    helix = np.array(tool.tooth_helix or [tool.helix] * tool.n_teeth)
    drill = tool.kind == "drill"
    slope = np.zeros_like(helix) if drill else np.tan(helix) / tool.radius
    level = jnp.linspace(0.0, 1.0, n_elements + 1) * height
    ends = _tooth_radius(tool, level)  # (tooth, level)
    middle, thickness = (
        jnp.broadcast_to(of_element, (tool.n_teeth, n_elements))
        for of_element in ((level[1:] + level[:-1]) / 2, jnp.diff(level))
    )
    lead = jnp.asarray(slope)[:, None]  # (tooth, 1) [rad/m]
    disk = tool.profile.disk if not drill else 0.0

    def with_bottom(elements: jax.Array, bottom: float | np.ndarray) -> jax.Array:
        last = jnp.broadcast_to(jnp.asarray(bottom, dtype=float), (*elements.shape[:-1], 1))
        return jnp.concatenate([elements, last], axis=-1)

    return DiscretisedEdge(
        z=with_bottom(middle, 0.0),
        thickness=with_bottom(thickness, 0.0),
        radius=with_bottom((ends[:, 1:] + ends[:, :-1]) / 2, disk / 2),
        rise=with_bottom(jnp.diff(ends, axis=1), disk),
        trail=jnp.asarray(position)[:, None] + with_bottom(lead * middle, 0.0),
        sweep=with_bottom(lead * thickness, 0.0),
        hand=jnp.asarray(np.zeros_like(helix) if drill else np.sign(helix)),
        runout=jnp.asarray(tool.runout),
        runout_angle=jnp.asarray(tool.runout_angle),
        tilt=jnp.asarray(tool.runout_tilt),
        tilt_angle=jnp.asarray(tool.runout_tilt_angle),
    )


def _check(tool: Tool, height: jax.Array | float, n_elements: int) -> None:
    name = f"tool T{tool.number} '{tool.name}'"
    if n_elements < 1:
        raise InputError(f"{name}: {n_elements} edge elements", remedy="ask for one or more")
    total = sum(tool.pitch) if tool.pitch else 2 * np.pi
    if abs(total - 2 * np.pi) > 1e-6 or min(tool.pitch, default=1.0) <= 0:
        raise InputError(
            f"{name}: the pitch angles add up to {np.degrees(total):g} degrees",
            remedy="give positive angles that add up to 360 degrees",
        )
    if isinstance(height, jax.core.Tracer):
        return
    if not 0 < float(height) <= tool.flute_length * (1 + 1e-9):
        raise InputError(
            f"{name}: an edge of {1e3 * float(height):g} mm height, its flutes have {1e3 * tool.flute_length:g} mm",
            remedy="choose a height above 0 that the flutes reach",
        )
    if tool.serration_wavelength and n_elements * tool.serration_wavelength < FEWEST_A_WAVE * float(height):
        least = int(np.ceil(FEWEST_A_WAVE * float(height) / tool.serration_wavelength))
        raise InputError(
            f"{name}: {n_elements} elements do not resolve its serration", remedy=f"use {least} elements or more"
        )


def _tooth_radius(tool: Tool, z: jax.Array) -> jax.Array:
    """Radius of each tooth at the heights ``z`` (tooth, level) [m]."""
    radius = jnp.broadcast_to(profile_radius(tool.profile, tool.radius, z)[None], (tool.n_teeth, len(z)))
    if tool.kind == "drill":
        return jnp.maximum(radius, tool.web_ratio * tool.radius)  # the chisel edge is no lip
    if not tool.serration_wavelength:
        return radius
    even = 2 * np.pi * np.arange(tool.n_teeth) / tool.n_teeth
    phase = jnp.asarray(tool.serration_phase or even)[:, None]
    wave = jnp.cos(2 * np.pi / tool.serration_wavelength * z[None] - phase)
    return radius - tool.serration_amplitude * (1 - wave)


def profile_radius(profile: Profile, largest: float, z: Array) -> Array:
    """Radius of a profile that ends in a cylinder of radius ``largest`` [m], at the heights ``z`` [m]."""
    xp = array_module(profile, largest, z)
    below = xp.clip(profile.corner - z, 0.0, profile.corner)
    square = profile.corner**2 - below**2
    arc = profile.disk + xp.where(square > 0, xp.sqrt(xp.where(square > 0, square, 1.0)), 0.0)
    if not profile.half_angle:
        return arc
    cone = profile.tangent_radius + (z - profile.tangent_height) * np.tan(profile.half_angle)
    return xp.where(z < profile.tangent_height, arc, xp.minimum(cone, largest))
