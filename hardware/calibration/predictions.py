"""What a recording should read, as functions of named parameters: the models of the twin at recorded inputs.

Each is an argument ``predict`` of :class:`twin.calibration.fit.Observation`: pure JAX, (name -> value, inputs) ->
prediction. What is not a parameter (a controller's limits, the engagement of the cut) comes in with the inputs.
"""

from typing import Any

import jax
import jax.numpy as jnp

from twin.calibration.substitute import substituted
from twin.cutting.basis import COEFFICIENTS
from twin.machine.drive_force import drive_force
from twin.motion.servo import ServoState, servo_loops, servo_response
from twin.thermal import heat_inputs, simulate_thermal, tool_point_drift, warm_up_state
from twin.thermal.expansion import scale_error
from twin.units import UM

Values = dict[str, jax.Array]
ZERO = "zero of the scale of "  # how the parameters of the scales begin, in the order of the axes
AIR = "air at knot "  # how the parameters of the air begin, in the order of the knots


def scale_readings(values: Values, inputs: Any) -> jax.Array:
    """Position behind the servo loops less that commanded, (sample, 3) [um], from rest at the first sample.

    Where a controller sets the zero of a scale it takes up what play and friction have left there: three parameters.

    Inputs: ``controller``, ``commanded`` (sample, 3) [m], ``period`` [s].
    """
    loops = servo_loops(substituted(inputs["controller"], "controller", values))
    assert loops is not None  # the parameters give every axis a gain
    commanded = inputs["commanded"]
    still = jnp.zeros(3)
    state = ServoState(commanded[0], still, commanded[0], still, jnp.full(3, 1e3))
    zero = jnp.stack([values[name] for name in values if name.startswith(ZERO)])
    return (servo_response(commanded, state, loops, inputs["period"])[0] - commanded) / UM + zero[None]


def drive_forces(values: Values, inputs: Any) -> jax.Array:
    """Force of the feed drives, (sample, 3) [N].

    Inputs: ``network`` (machine.thermal), ``speed`` [m/s], ``acceleration`` [m/s2], ``cutting_force`` [N], (sample, 3).
    """
    drives = substituted(inputs["network"], "machine.thermal", values).feed_drives
    speed, acceleration, cut = inputs["speed"], inputs["acceleration"], inputs["cutting_force"]
    columns = [drive_force(drives[a], speed[:, i], acceleration[:, i], cut[:, i]) for i, a in enumerate("XYZ")]
    return jnp.stack(columns, axis=1)


def cutting_loads(values: Values, inputs: Any) -> jax.Array:
    """Loads of the cut, (sample, quantity) [N], [W].

    Inputs: ``material``, ``unit`` (sample, coefficient, quantity): loads per unit of each coefficient, [N], [W].
    """
    row = {name.rpartition(".")[2]: value for name, value in values.items()}
    k = substituted(inputs["coefficients"], "k", {f"k.{name}": value for name, value in row.items()})
    vector = jnp.stack([jnp.asarray(getattr(k, name), dtype=float) for name in COEFFICIENTS])
    return jnp.einsum("c,scq->sq", vector, inputs["unit"])


def temperatures_and_drift(values: Values, inputs: Any) -> jax.Array:
    """Node temperatures [degC], the air [degC], the drift of the tool point since the start [um]: (time + 1, node + 4).

    The air is a parameter too: its values at a few knots, straight between them. What the sensor in the air reads is
    one more reading of it; taken for the air itself, its noise would pass for a property of the machine.

    Inputs: ``model`` (thermal), ``step`` [s]; means of each step (time, ...): ``spindle_speed`` [rad/s], ``axis_speed``
    [m/s], ``cutting_power`` [W], ``flood``, ``coolant`` [degC]; ``workpiece_share``; ``knot`` (knot,) [s]; the warm-up
    before: ``warm_up_speed`` [rad/s], ``warm_up`` [s]; ``axis_position`` (time + 1, 3) [m].
    """
    model = inputs["model"]
    model = model.__class__(substituted(model.network, "machine.thermal", values), model.workpiece, model.nodes)
    at_knots = jnp.stack([values[name] for name in values if name.startswith(AIR)])
    time = jnp.arange(len(inputs["flood"]) + 1, dtype=float) * inputs["step"]
    air = jnp.interp(time, inputs["knot"], at_knots)
    heat = heat_inputs(
        model,
        spindle_speed=inputs["spindle_speed"],
        axis_speed=inputs["axis_speed"],
        cutting_power=inputs["cutting_power"],
        workpiece_share=inputs["workpiece_share"],
        ambient=(air[:-1] + air[1:]) / 2,
        coolant=inputs["coolant"],
        flood=inputs["flood"],
    )
    start = warm_up_state(model, air[0], inputs["warm_up_speed"], inputs["warm_up"])
    states = simulate_thermal(model, heat, inputs["step"], start, inputs["flood"] > 0.5)
    drift = tool_point_drift(model, states, start) + scale_error(model, states, inputs["axis_position"], start)
    return jnp.concatenate([states, air[:, None], drift / UM], axis=1)
