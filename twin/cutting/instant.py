"""The force at single angles of rotation: the sum over all teeth and all elements of the edge.

At rotation 0 the tip of tooth 0 stands at immersion 0. The same sum comes in two forms:

- :func:`instant_force` counts an element by the exact part of its helix within the arc, at the middle of that part;
- :func:`search_force` is several times cheaper and finds where the peaks are: float32, the element at its own
  middle, its part within the arc from the cosine of the distance to the arc's centre, which needs no unwrapping.

Both loop over elements and teeth, so that each step is one vector operation over angles and segments.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.edge import Edge

TURN = 2 * np.pi
WHOLE_TURN = TURN - 1e-4  # [rad] arcs longer than this have no ends
SEARCH_RAMP = 2e-4  # [rad] over which the search lets a straight edge enter; float32 resolves it
Rows = dict[str, jax.Array]
# (element's rows, middle of the element, its sine, its cosine) -> part engaged, sine and cosine of that part's middle
Engaged = Callable[[Rows, jax.Array, jax.Array, jax.Array], tuple[jax.Array, ...]]


def instant_force(edge: Edge, feed: jax.Array, coefficients: CuttingCoefficients, rotation: jax.Array) -> jax.Array:
    """Force ahead, left, up [N] and torque [N m] on the tool: (4, angle, segment).

    With runout a tooth's chip is the least, over the teeth before it, of the feed since that tooth passed and
    the difference of their radii; a tooth whose chip is not positive does not touch.

    Args:
        edge: elements of the segments.
        feed: (segment,) [m] per revolution.
        coefficients: of the workpiece material.
        rotation: (angle, segment) [rad].
    """

    def engaged(row: Rows, middle: jax.Array, sine: jax.Array, cosine: jax.Array) -> tuple[jax.Array, ...]:
        near = middle - TURN * jnp.round((middle - row["centre"]) / TURN)
        lower = jnp.clip(near - row["half_sweep"], row["start"], row["stop"])
        upper = jnp.clip(near + row["half_sweep"], row["start"], row["stop"])
        shift = jnp.clip((lower + upper) / 2 - near, -row["half_sweep"], row["half_sweep"])
        bend = 1 - shift**2 / 2
        part = (upper - lower) / (2 * row["half_sweep"])
        return part, sine * bend + cosine * shift, cosine * bend - sine * shift

    return _sum_elements(_rows(edge, feed, coefficients), rotation, engaged)


def search_force(edge: Edge, feed: jax.Array, coefficients: CuttingCoefficients, rotation: jax.Array) -> jax.Array:
    """As :func:`instant_force`, approximately, in float32 and without derivatives."""

    def engaged(row: Rows, middle: jax.Array, sine: jax.Array, cosine: jax.Array) -> tuple[jax.Array, ...]:
        distance = middle - row["centre"]
        distance = jnp.abs(distance - TURN * jnp.round(distance * (1 / TURN)))
        return jnp.clip((row["reach"] - distance) * row["slope"], 0.0, row["most"]), sine, cosine

    rows = _rows(edge, feed, coefficients)
    ramp = jnp.maximum(2 * rows["half_sweep"][:, None], SEARCH_RAMP)
    half = (rows["stop"] - rows["start"]) / 2
    margin = ramp / 2 - rows["half_sweep"][:, None]  # the ramp of a straight edge lies within the arc
    rows |= {
        "reach": half + ramp / 2 - margin,
        "slope": 1 / ramp[:, 0],
        "most": jnp.where(half > 0, jnp.minimum(1.0, 2 * half / ramp), 0.0),
    }
    rows, rotation = jax.tree.map(lambda values: jax.lax.stop_gradient(values).astype(jnp.float32), (rows, rotation))
    return _sum_elements(rows, rotation, engaged)


def _rows(edge: Edge, feed: jax.Array, coefficients: CuttingCoefficients) -> Rows:
    """What the sum needs of each element: (element, segment), by arc (element, arc, segment), or by tooth
    (element, tooth, segment), chips by (element, tooth, back, segment)."""
    start, stop = edge.arc.swapaxes(1, 2)
    endless = stop - start > WHOLE_TURN
    start, stop = jnp.where(endless, start - np.pi, start), jnp.where(endless, stop + np.pi, stop)
    share = edge.previous_share if edge.has_runout else edge.share[None]  # (back, tooth, segment)
    side = share[..., None, :] * (feed[None] * edge.side)[None, None]  # (back, tooth, element, segment)
    down = share[..., None, :] * (feed[None] * edge.down)[None, None]
    if edge.has_runout:
        down = down + edge.relief
    offset = edge.position[:, None] + (edge.lag + edge.sweep / 2)[None]
    k, axial, axial_edge = coefficients, coefficients.kac * edge.hand, coefficients.kae * edge.hand
    return {
        "half_sweep": jnp.abs(edge.sweep) / 2,
        "tangential": k.ktc * jnp.ones_like(edge.width),
        "inward": edge.sine * k.krc + edge.cosine * axial,
        "up": edge.cosine * k.krc - edge.sine * axial,
        "tangential_edge": k.kte * edge.width,
        "inward_edge": (edge.sine * k.kre + edge.cosine * axial_edge) * edge.width,
        "up_edge": (edge.cosine * k.kre - edge.sine * axial_edge) * edge.width,
        "torque": k.ktc * edge.chip_arm,
        "torque_edge": k.kte * edge.edge_arm * edge.width,
        "start": start,
        "stop": stop,
        "centre": (start + stop) / 2,
        "offset": jnp.moveaxis(offset, 1, 0),
        "offset_sine": jnp.moveaxis(jnp.sin(offset), 1, 0),
        "offset_cosine": jnp.moveaxis(jnp.cos(offset), 1, 0),
        "side": jnp.moveaxis(side, (2, 1), (0, 1)),
        "down": jnp.moveaxis(down, (2, 1), (0, 1)),
    }


BY_ARC = ("start", "stop", "centre", "reach", "most")
BY_TOOTH = ("offset", "offset_sine", "offset_cosine", "side", "down")


def _sum_elements(rows: Rows, rotation: jax.Array, engaged: Engaged) -> jax.Array:
    """Sum the forces of all elements, teeth and arcs: (4, angle, segment)."""
    sine, cosine = jnp.sin(rotation), jnp.cos(rotation)
    nothing = (jnp.zeros_like(rotation),) * 4

    def add_tooth(total: tuple, row: Rows) -> tuple[tuple, None]:
        row = {name: values[None] for name, values in row.items()}  # broadcasts against the angles
        s = sine * row["offset_cosine"] - cosine * row["offset_sine"]
        c = cosine * row["offset_cosine"] + sine * row["offset_sine"]
        part, s, c = engaged(row, rotation - row["offset"], s, c)
        # a loop, not a min: the chip is then computed once, not anew for each of the four sums below
        chip, _ = jax.lax.scan(
            lambda least, back: (jnp.minimum(least, back[0] * s + back[1]), None),
            row["side"][0, :1] * s + row["down"][0, :1],
            (row["side"][0, 1:, None], row["down"][0, 1:, None]),
        )
        part = jnp.where(chip > 0, part, 0.0)
        tangential, inward, up, torque = (
            part * (row[name] * chip + row[name + "_edge"]) for name in ("tangential", "inward", "up", "torque")
        )
        parts = (-tangential * c - inward * s, tangential * s - inward * c, up, torque)
        return tuple(old + new for old, new in zip(total, parts, strict=True)), None

    def add_element(total: tuple, element: Rows) -> tuple[tuple, None]:
        teeth = {name: element.pop(name) for name in BY_TOOTH}
        step = jax.checkpoint(lambda total, tooth: add_tooth(total, element | tooth))
        return jax.lax.scan(step, total, teeth)

    def add_arc(total: tuple, of_arc: Rows) -> tuple[tuple, None]:
        engaged = jnp.any(of_arc["stop"] > of_arc["start"])
        added = jax.lax.cond(engaged, lambda: jax.lax.scan(add_element, nothing, rows | of_arc)[0], lambda: nothing)
        return tuple(old + new for old, new in zip(total, added, strict=True)), None

    by_arc = {name: jnp.moveaxis(rows.pop(name), 1, 0) for name in BY_ARC if name in rows}
    return jnp.stack(jax.lax.scan(add_arc, nothing, by_arc)[0])
