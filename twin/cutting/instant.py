"""The force at single angles of rotation: the sum over all teeth and all elements of the edge.

At rotation 0 the tip of tooth 0 stands at immersion 0. The same sum comes in two forms:

- :func:`instant_force` counts an element by the exact part of its helix within the arc, at the middle of that part;
- :func:`search_force` is several times cheaper and finds where the peaks are: float32, and the element counts at
  its own middle.

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

    by_element, by_arc, by_tooth = _rows(edge, feed, coefficients)
    ramp = jnp.maximum(2 * by_element["half_sweep"], SEARCH_RAMP)
    half = (by_arc["stop"] - by_arc["start"]) / 2
    # the ramp of a straight edge lies within the arc
    by_element["slope"] = 1 / ramp
    by_arc["reach"] = half + by_element["half_sweep"][None]
    by_arc["most"] = jnp.where(half > 0, jnp.minimum(1.0, 2 * half / ramp[None]), 0.0)
    rows, rotation = jax.tree.map(
        lambda values: jax.lax.stop_gradient(values).astype(jnp.float32), ((by_element, by_arc, by_tooth), rotation)
    )
    return _sum_elements(rows, rotation, engaged)


def _rows(edge: Edge, feed: jax.Array, coefficients: CuttingCoefficients) -> tuple[Rows, Rows, Rows]:
    """What the sum needs: by element (element, segment), by arc (arc, element, segment), and by tooth
    (tooth, element, segment); there the chips against each tooth before, (tooth, element, back, segment)."""
    start, stop = edge.arc
    endless = stop - start > WHOLE_TURN
    start, stop = jnp.where(endless, start - np.pi, start), jnp.where(endless, stop + np.pi, stop)
    share = edge.previous_share if edge.has_runout else edge.share[None]  # (back, tooth, element or 1, segment)
    side = share * (feed[None] * edge.side)[None, None]  # (back, tooth, element, segment)
    down = share * (feed[None, None, None] * edge.down if edge.serrated else (feed[None] * edge.down)[None, None])
    if edge.has_runout:
        down = down + edge.relief
    half_sweep = jnp.abs(edge.sweep) / 2
    k, hand = coefficients, edge.hand[None] if edge.serrated else edge.hand
    axial, axial_edge = k.kac * hand, k.kae * hand
    by_element = {
        "half_sweep": jnp.mean(half_sweep, axis=0),
        "tangential": k.ktc * jnp.ones_like(edge.width),
        "inward": edge.sine * k.krc + edge.cosine * axial,
        "up": edge.cosine * k.krc - edge.sine * axial,
        "torque": k.ktc * edge.chip_arm,
        "tangential_edge": k.kte * edge.width,
        "inward_edge": (edge.sine * k.kre + edge.cosine * axial_edge) * edge.width,
        "up_edge": (edge.cosine * k.kre - edge.sine * axial_edge) * edge.width,
        "torque_edge": k.kte * edge.edge_arm * edge.width,
    }
    by_arc = {"start": start, "stop": stop, "centre": (start + stop) / 2}
    by_tooth = {
        "offset": edge.trail,
        "offset_sine": jnp.sin(edge.trail),
        "offset_cosine": jnp.cos(edge.trail),
        "side": jnp.moveaxis(side, 0, 2),
        "down": jnp.moveaxis(down, 0, 2),
    }
    if len(half_sweep) > 1:
        by_tooth["half_sweep"] = half_sweep  # takes the place of the mean
    if edge.serrated:
        by_tooth |= {name: by_element.pop(name) for name in list(by_element) if name != "half_sweep"}
    return by_element, by_arc, by_tooth


def _sum_elements(rows: tuple[Rows, Rows, Rows], rotation: jax.Array, engaged: Engaged) -> jax.Array:
    """Sum the forces of all elements, teeth and arcs: (4, angle, segment)."""
    by_element, by_arc, by_tooth = rows
    sine, cosine = jnp.sin(rotation), jnp.cos(rotation)

    @jax.checkpoint
    def add_element(total: tuple, row: Rows) -> tuple[tuple, None]:
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

    def add_tooth(total: tuple, of_arc_and_tooth: tuple[Rows, Rows]) -> tuple[tuple, None]:
        of_arc, of_tooth = of_arc_and_tooth
        exists = jnp.any(of_tooth["side"] != 0) | jnp.any(of_tooth["down"] != 0)
        total = jax.lax.cond(
            exists & jnp.any(of_arc["stop"] > of_arc["start"]),
            lambda: jax.lax.scan(add_element, total, by_element | of_arc | of_tooth)[0],
            lambda: total,
        )
        return total, None

    n_arcs, n_teeth = len(by_arc["start"]), len(by_tooth["offset"])
    pairs = (
        jax.tree.map(lambda values: jnp.repeat(values, n_teeth, axis=0), by_arc),
        jax.tree.map(lambda values: jnp.concatenate([values] * n_arcs), by_tooth),
    )
    total, _ = jax.lax.scan(add_tooth, (jnp.zeros_like(rotation),) * 4, pairs)
    return jnp.stack(total)
