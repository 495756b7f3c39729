"""Tools of every kind and short calls for the tests of discretised edges."""

import jax.numpy as jnp
import numpy as np
from cutting_cases import make_tool

from twin.cutting.discretised import discretise, force_history

MM = 1e-3
EVERY_KIND = {
    "flat": make_tool(),
    "ball": make_tool(kind="ball", diameter=12 * MM),
    "bull": make_tool(kind="bull", diameter=16 * MM, corner_radius=3 * MM),
    "taper": make_tool(
        kind="taper", diameter=12 * MM, tip_diameter=4 * MM, corner_radius=2 * MM, taper_angle=np.radians(10)
    ),
    "chamfer": make_tool(kind="chamfer", diameter=12 * MM, tip_diameter=2 * MM, point_angle=np.pi / 2),
    "face": make_tool(
        kind="face",
        diameter=63 * MM,
        tip_diameter=50 * MM,
        lead_angle=np.radians(45),
        corner_radius=0.8 * MM,
        n_teeth=5,
        helix=np.radians(8),
        flute_length=8 * MM,
    ),
    "uneven": make_tool(pitch=tuple(np.radians([80, 100, 85, 95])), tooth_helix=tuple(np.radians([35, 38, 35, 38]))),
    "serrated": make_tool(serration_wavelength=2 * MM, serration_amplitude=0.3 * MM),
    "drill": make_tool(kind="drill", diameter=12 * MM, n_teeth=2, point_angle=np.radians(118)),
}


def history(tool, depth, arc, feed, law, rotation, n_elements=64, **changes):
    """Force history (angle, 4) of one arc on all elements; ``feed`` across and down, a revolution."""
    edge = discretise(tool, depth, n_elements)
    arcs = jnp.broadcast_to(jnp.asarray([[arc]], dtype=float), (n_elements + 1, 1, 2))
    return force_history(edge, jnp.asarray(feed, dtype=float), arcs, law, jnp.asarray(rotation, dtype=float))


def turn(n: int) -> np.ndarray:
    """``n`` even rotations of a revolution [rad]."""
    return 2 * np.pi / n * np.arange(n)
