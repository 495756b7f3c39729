"""From the parameters of one scenario to its time, loads, temperatures and errors; pure JAX."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.calibration.substitute import substituted
from twin.compiled import Array
from twin.cutting import compliance
from twin.cutting.basis import COEFFICIENTS
from twin.cutting.deflection import Beams
from twin.scenario import Scenario
from twin.sweep.costs import Taken
from twin.sweep.parameters import CHOSEN, STICK_OUT, SWITCH, base_value
from twin.sweep.schedule import Lines
from twin.sweep.stability import Chatter, chatter, moving_keys
from twin.sweep.stretches import Stretches
from twin.sweep.tables import Arrays, Pieces, Tables, moves_axes
from twin.thermal import ThermalModel, mean_over_steps, run_thermal
from twin.thermal.expansion import REFERENCE, axis_scale, tool_point_drift
from twin.thermal.network import WORKPIECE
from twin.units import split_suffix

BEAM = {  # field of a tool -> field of the beams, and its column
    "stick_out": ("end", 1),
    "holder_stiffness": ("holder_stiffness", None),
    "holder_tilt_stiffness": ("tilt_stiffness", None),
    "youngs_modulus": ("youngs_modulus", None),
}


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Response:
    """What one scenario does."""

    duration: Array  # () [s]
    force: Array  # () [N] largest resultant
    torque: Array  # () [N m] largest
    power: Array  # () [W] largest mean of a piece
    energy: Array  # () [J] of cutting
    life_used: Array  # (tool,) by one part
    part_rise: Array  # () [K] of the part, at most
    drift: Array  # () [m] of the tool point, at most
    error: Array  # (used, 2, 3) [m] of the tool point against the part
    taken: Taken  # of time, energy and tools by one part
    chatter: Chatter | None


def respond(tables: Tables, arrays: Arrays, row: jax.Array) -> Response:
    """The scenario whose parameters have the values ``row`` (parameter,), in the units of their keys."""
    scenario = tables.scenario
    values = {p.key: row[i] for i, p in enumerate(tables.parameters)}
    feed, speed = _switches(scenario, values)
    k = _coefficients(scenario, values)
    at_feed, at_speed = arrays.slowness.weights(1 / feed), arrays.quickness.weights(1 / speed)
    stretches, pieces, peaks = arrays.stretches, arrays.pieces, arrays.peaks
    length = _lengths(stretches, at_feed, speed)
    edges = jnp.concatenate([jnp.zeros(1), jnp.cumsum(length)])
    energy = _energy(stretches, at_feed, at_speed, speed, k)
    model, states = _temperatures(tables, arrays, values, edges, length, energy, speed)

    # errors of the pieces
    longer = _longer(scenario, values)
    axis_position = pieces.axis_position.at[..., 2].add(longer[pieces.tool][:, None])
    thermal = _thermal(pieces, model, states, edges / scenario.model.thermal_step, axis_position)
    chip = arrays.chip.weights(_chip(pieces, at_feed, speed))
    tools = _beams(scenario, arrays.beams, values)
    softer = compliance(tools, pieces.tool, pieces.middle, pieces.middle) / pieces.compliance
    bending = jnp.einsum("gkua,k->gua", pieces.bending, k) * softer[None, :, None]
    yielding = jnp.einsum("gkua,k->gua", pieces.yielding, k)
    moved = jnp.einsum("gua,ug->ua", bending + yielding, chip)
    servo = jnp.einsum("jusa,uj->usa", pieces.servo, at_feed[pieces.tool])
    moving = np.array([place for place, p in enumerate(tables.parameters) if moves_axes(p)], dtype=int)
    geometric = jnp.einsum("pusa,p->usa", pieces.geometric, (row - jnp.asarray(tables.base))[moving])
    error = pieces.standing + thermal + servo + geometric + moved[:, None]

    # largest loads
    peak_chip = arrays.chip.weights(_chip(peaks, at_feed, speed))
    force, torque, mean_torque = (
        jnp.einsum("gkp,k,pg->p", basis, k, peak_chip) for basis in (peaks.force, peaks.torque, peaks.mean_torque)
    )
    drift = tool_point_drift(model, states, states[0])
    during = jnp.arange(len(states)) * scenario.model.thermal_step <= edges[-1] + scenario.model.thermal_step
    far = jnp.where(during, jnp.sum(drift**2, axis=1), 0.0)
    part = states[:, model.index(WORKPIECE)]
    life_used = _life_used(arrays, at_feed, speed)
    return Response(
        duration=edges[-1],
        force=jnp.max(force),
        torque=jnp.max(torque),
        power=jnp.max(mean_torque * peaks.spindle * speed[peaks.tool]),
        energy=jnp.sum(energy),
        life_used=life_used,
        part_rise=jnp.max(jnp.where(during, part, part[0])) - part[0],
        drift=jnp.sqrt(jnp.max(far) + 1e-30),
        error=error,
        taken=_taken(stretches, at_feed, speed, edges[-1], jnp.sum(energy), life_used),
        chatter=_chatter(tables, arrays, values, speed, k),
    )


def _taken(
    stretches: Stretches,
    at_feed: jax.Array,
    speed: jax.Array,
    duration: jax.Array,
    energy: jax.Array,
    life_used: jax.Array,
) -> Taken:
    """What one part takes; wear by time in the cut where no law is known."""
    tool = stretches.tool
    in_cut, flooded, turned = (
        jnp.einsum("jb,bj->b", values, at_feed[tool])
        for values in (stretches.in_cut, stretches.flooded, stretches.turned)
    )
    by_time = jnp.zeros(len(speed)).at[tool].add(in_cut)
    return Taken(
        time=duration,
        flood=jnp.sum(flooded),
        turned=jnp.sum(turned * speed[tool]),
        energy=energy,
        wear=life_used if len(life_used) else by_time,
    )


def _chatter(
    tables: Tables, arrays: Arrays, values: Mapping[str, jax.Array], speed: jax.Array, k: jax.Array
) -> Chatter | None:
    if arrays.stability is None:
        return None
    main = COEFFICIENTS.index("ktc")
    stiffer = k[main] / float(tables.scenario.material.coefficients.ktc)
    keys = moving_keys(tables.scenario, tables.parameters)
    return chatter(arrays.stability, keys, values, speed, stiffer)


def _switches(scenario: Scenario, values: Mapping[str, jax.Array]) -> tuple[jax.Array, jax.Array]:
    """Factors on the feed and the spindle speed of the run, (tool,) each."""
    numbers = list(scenario.tools)
    found = {"feed": jnp.ones(len(numbers)), "speed": jnp.ones(len(numbers))}
    for key, value in values.items():
        if match := SWITCH.fullmatch(key):
            factor = value / base_value(scenario, key)
            rows = jnp.array([match[1] is None or int(match[1]) == number for number in numbers])
            found[match[2]] *= jnp.where(rows, factor, 1.0)
    return found["feed"], found["speed"]


def _coefficients(scenario: Scenario, values: Mapping[str, jax.Array]) -> jax.Array:
    """Cutting coefficients (coefficient,) in SI."""
    base, found = scenario.material.coefficients, []
    for name in COEFFICIENTS:
        value = jnp.asarray(getattr(base, name), dtype=float)
        for key in values:
            if key.startswith(CHOSEN) and (split := split_suffix(key.removeprefix(CHOSEN))) and split[0] == name:
                value = values[key] * split[1]
        found.append(value)
    return jnp.stack(found)


def _lengths(stretches: Stretches, at_feed: jax.Array, speed: jax.Array) -> jax.Array:
    """Duration of each stretch (bin,) [s]."""
    moving = jnp.einsum("jb,bj->b", stretches.seconds, at_feed[stretches.tool])
    return moving + jnp.maximum(stretches.waiting + stretches.starting @ (speed - 1.0), 0.0)


def _energy(stretches: Stretches, at_feed: jax.Array, at_speed: jax.Array, speed: jax.Array, k: jax.Array) -> jax.Array:
    """Cutting energy of each stretch (bin,) [J]."""
    of_nodes = jnp.einsum("jikb,k->jib", stretches.energy, k)
    tool = stretches.tool
    return jnp.einsum("jib,bj,bi->b", of_nodes, at_feed[tool], at_speed[tool]) * speed[tool]


def _temperatures(
    tables: Tables,
    arrays: Arrays,
    values: Mapping[str, jax.Array],
    edges: jax.Array,
    length: jax.Array,
    energy: jax.Array,
    speed: jax.Array,
) -> tuple[ThermalModel, jax.Array]:
    """The thermal model and its states (time + 1, node) [degC]."""
    scenario, stretches = tables.scenario, arrays.stretches
    environment = substituted(scenario.environment, "environment", values)
    model = _thermal_model(scenario, arrays.thermal, values)
    stated = _quantity(values, "material.workpiece_share", scenario.material.workpiece_share)
    computed = scenario.model.heat_partition == "computed"
    power = energy / jnp.maximum(length, 1e-9)
    into_part = power * (stretches.share if computed else stated)
    channels = [
        stretches.travel / jnp.maximum(length, 1e-9)[:, None],
        power[:, None],
        into_part[:, None],
        (stretches.spindle * speed[stretches.tool])[:, None],
        stretches.flood[:, None],
    ]
    step = scenario.model.thermal_step
    means = mean_over_steps(edges, jnp.concatenate(channels, axis=1), step, tables.n_steps)
    share = means[:, 4] / jnp.maximum(means[:, 3], 1e-9)
    return model, run_thermal(model, environment, means[:, :4], means[:, 5:], share, step)


def _thermal(
    pieces: Pieces, model: ThermalModel, states: jax.Array, edge: jax.Array, axis_position: jax.Array
) -> jax.Array:
    """Error by all temperatures at both ends of the pieces, (used, 2, 3) [m].

    That of :func:`twin.thermal.expansion.thermal_error`, of temperatures that run straight through each stretch.

    Args:
        states: (time, node) [degC].
        edge: (bin + 1,) ends of the stretches, in steps of the states.
        axis_position: (used, 2, 3) [m].
    """
    before = jnp.clip(edge.astype(int), 0, len(states) - 2)
    share = (edge - before)[:, None]
    at = states[before] * (1 - share) + states[before + 1] * share
    growth = model.workpiece.expansion * (at[:, model.index(WORKPIECE)] - REFERENCE)
    moves = [tool_point_drift(model, at, states[0]), axis_scale(model, at, states[0]), growth[:, None]]
    series = jnp.concatenate(moves, axis=1)  # (edge, 7)
    within = pieces.within[..., None]
    now = series[pieces.stretch] * (1 - within) + series[pieces.stretch + 1] * within
    fixed = jnp.stack([jnp.asarray(model.network.feed_drives[axis].fixed_end, dtype=float) for axis in "XYZ"])
    scale = now[..., 3:6] * (axis_position - fixed[None, None])
    return now[..., :3] + scale - now[..., 6:] * pieces.part_position


def _thermal_model(scenario: Scenario, base: ThermalModel, values: Mapping[str, jax.Array]) -> ThermalModel:
    """``base`` with other values of the machine's network and of the part's material."""
    model = replace(base, network=substituted(base.network, "machine.thermal", values))
    factor: Any = 1.0
    for name in ("density", "specific_heat"):
        own = getattr(scenario.material, name)
        factor = factor * _quantity(values, f"material.physical.{name}", own) / own
    expansion = _quantity(values, "material.physical.expansion", base.workpiece.expansion)
    workpiece = replace(base.workpiece, capacity=base.workpiece.capacity * factor, expansion=expansion)
    return replace(model, workpiece=workpiece)


def _quantity(values: Mapping[str, jax.Array], name: str, own: Any) -> Any:
    """The value called ``name``, with any unit, in SI; ``own`` where it is not varied."""
    for key, value in values.items():
        split = split_suffix(key.rpartition(".")[2])
        if split and key.startswith(f"{name}_") and key.rpartition(".")[2].startswith(split[0]):
            return value * split[1]
    return own


def _chip(rows: Any, at_feed: jax.Array, speed: jax.Array) -> jax.Array:
    """Factor on the chip thickness of pieces or peaks, (row,)."""
    seconds = jnp.einsum("jr,rj->r", rows.seconds, at_feed[rows.tool])
    moving = rows.own_seconds > 0
    faster = jnp.where(moving, rows.own_seconds / jnp.where(moving, seconds, 1.0), 1.0)
    return faster / speed[rows.tool]


def _longer(scenario: Scenario, values: Mapping[str, jax.Array]) -> jax.Array:
    """What is added to each tool's length by its stick-out, (tool,) [m]."""
    added = jnp.zeros(len(scenario.tools))
    for key, value in values.items():
        if STICK_OUT.fullmatch(key):
            number, split = int(key.split(".")[1]), split_suffix(key.rpartition(".")[2])
            assert split
            row = list(scenario.tools).index(number)
            added = added.at[row].set(value * split[1] - scenario.tools[number].stick_out)
    return added


def _beams(scenario: Scenario, base: Beams, values: Mapping[str, jax.Array]) -> Beams:
    """``base`` with other numbers of the tools."""
    for key, value in values.items():
        if not key.startswith("tools."):
            continue
        _, number, name = key.split(".")
        split = split_suffix(name)
        assert split
        row = list(scenario.tools).index(int(number))
        field, column = BEAM[split[0]]
        place = row if column is None else (row, column)
        base = replace(base, **{field: jnp.asarray(getattr(base, field)).at[place].set(value * split[1])})
    return base


def _life_used(arrays: Arrays, at_feed: jax.Array, speed: jax.Array) -> jax.Array:
    """Part of each tool's life (tool,): laws of wear are powers of the speed, straight over logarithms."""
    table = arrays.life_used
    if table.shape[2] == 0:
        return jnp.zeros(0)
    some = table > 0
    logarithm = jnp.log(jnp.where(some, table, 1.0))
    at_speed = Lines(jnp.log(arrays.quickness.node)).weights(-jnp.log(speed))
    at = jnp.exp(jnp.einsum("jit,tj,ti->t", logarithm, at_feed, at_speed))
    return jnp.where(jnp.any(some, axis=(0, 1)), at, 0.0)
