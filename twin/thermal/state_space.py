"""Linear thermal state space with exact zero-order hold.

    C dT/dt = -K T + F u,      C diagonal, K symmetric

In x = C^(1/2) T it reads dx/dt = -S x + C^(-1/2) F u with S = C^(-1/2) K C^(-1/2) symmetric. With S = V diag(rate) V'
every mode z = V' x is a scalar recursion, exact for inputs constant over a step:

    z[k+1] = exp(-rate dt) z[k] + (1 - exp(-rate dt)) / rate  V' C^(-1/2) F u[k]

The derivative of an eigenvector does not exist at repeated eigenvalues, the derivative of the trajectory does.
So V is held fixed as a mere choice of coordinates, and a change of S couples the modes to first order
(:func:`twin.thermal.hold.step_and_hold`, :func:`modal_response`). The same core carries a lumped network and a reduced
finite-volume model.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp

from twin.thermal.hold import step_and_hold


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class StateSpace:
    """A symmetric thermal system."""

    capacity: jax.Array  # (state,) [J/K] C
    conductance: jax.Array  # (state, state) [W/K] K, symmetric, positive semi-definite
    gain: jax.Array  # (state, input) [W per unit of input] F


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Modes:
    """A :class:`StateSpace` discretised for one step, in modal coordinates."""

    decay: jax.Array  # (mode,) exp(-rate dt)
    coupling: jax.Array  # (mode, mode) zero; carries the derivatives that leave the diagonal
    drive: jax.Array  # (mode, input)
    to_modes: jax.Array  # (mode, state) [sqrt(J/K)]
    to_states: jax.Array  # (state, mode)


@jax.custom_batching.sequential_vmap
def _eigenvectors(symmetric: jax.Array) -> jax.Array:
    """Columns (state, mode); under vmap one matrix after the other.

    XLA:CPU spreads a batch of decompositions over its threads and waits for them in one of these: two batches at a time
    leave none of two threads to do the work, for ever.
    """
    return jnp.linalg.eigh(symmetric)[1]


@jax.jit
def discretise(system: StateSpace, dt: jax.Array | float) -> Modes:
    """Return the exact zero-order-hold modes of ``system`` for steps of ``dt`` [s]."""
    root = jnp.sqrt(system.capacity)
    symmetric = system.conductance / (root[:, None] * root[None, :])
    basis = _eigenvectors(jax.lax.stop_gradient(symmetric))
    step, hold = step_and_hold(basis.T @ symmetric @ basis, jnp.asarray(dt, float))
    decay = jnp.diagonal(step)
    return Modes(
        decay=decay,
        coupling=step - jnp.diag(decay),
        drive=hold @ (basis.T @ (system.gain / root[:, None])),
        to_modes=basis.T * root[None, :],
        to_states=basis / root[:, None],
    )


@jax.jit
def simulate(
    system: StateSpace,
    inputs: jax.Array,
    dt: jax.Array | float,
    initial: jax.Array,
    output: jax.Array | None = None,
) -> jax.Array:
    """States, or outputs y = C T, at the end of every step.

    Args:
        inputs: (time, input), constant over each step.
        dt: step [s].
        initial: (state,) at the start of the first step.
        output: (output, state) C; None: the states themselves. Few outputs of many states cost less.

    Returns:
        (time, output or state); row k is at (k + 1) dt.
    """
    modes = discretise(system, dt)
    if output is not None:
        return _outputs(modes, inputs, initial, output)
    response = modal_response(modes.decay, modes.coupling, inputs @ modes.drive.T, modes.to_modes @ initial)
    return response @ modes.to_states.T


@partial(jax.jit, static_argnames="block")
def simulate_blocks(
    system: StateSpace,
    inputs: jax.Array,
    dt: jax.Array | float,
    initial: jax.Array,
    block: int,
    output: jax.Array | None = None,
) -> jax.Array:
    """As :func:`simulate` for many shifts at once, at the end of every ``block`` steps: (..., time / block, state).

    The steps of a block become one matrix product over all blocks of all shifts.

    Args:
        inputs: (..., time, input); the number of steps is a multiple of ``block``. Of float32 the products are too:
            twice as fast, states within 1e-6 of their range.
        dt: step [s].
        initial: (state,) of every shift.
        block: steps.
        output: (output, state); outputs instead of states then.
    """
    modes = discretise(system, dt)
    step = jnp.diag(modes.decay) + modes.coupling
    drives = [modes.drive]  # row j of the block reaches its end through block - 1 - j further steps
    for _ in range(block - 1):
        drives.append(step @ drives[-1])
    product = jnp.stack(drives[::-1]).transpose(0, 2, 1).reshape(-1, len(step))
    over = jnp.linalg.matrix_power(step, block)
    *shifts, n_steps, n_input = inputs.shape
    drive = inputs.reshape(-1, block * n_input) @ product.astype(inputs.dtype)
    drive = drive.reshape(-1, n_steps // block, len(step)).swapaxes(0, 1)  # all shifts step together
    decay, start = jnp.diagonal(over), jnp.broadcast_to(modes.to_modes @ initial, drive.shape[1:])
    rows = modes.to_states if output is None else output @ modes.to_states
    values = _modal_outputs(decay, over - jnp.diag(decay), drive, start, rows).swapaxes(0, 1)
    return values.reshape(*shifts, *values.shape[1:])


@jax.jit
def simulate_switched(
    systems: StateSpace, regime: jax.Array, inputs: jax.Array, dt: jax.Array | float, initial: jax.Array
) -> jax.Array:
    """As :func:`simulate`, for conductances that change between steps.

    Args:
        systems: :class:`StateSpace` with a leading axis of regimes on every field.
        regime: (time,) int, which of them holds during each step.
    """

    def dense(system: StateSpace) -> tuple[jax.Array, jax.Array]:
        modes = discretise(system, dt)
        step = modes.to_states @ (jnp.diag(modes.decay) + modes.coupling) @ modes.to_modes
        return step, inputs @ (modes.to_states @ modes.drive).T

    steps, pushes = jax.vmap(dense)(systems)
    return switched_response(steps, regime, _choose(pushes, regime), initial)


def _outputs(modes: Modes, inputs: jax.Array, initial: jax.Array, output: jax.Array, block: int = 12) -> jax.Array:
    """(time, output), the states within a block of steps never formed.

    An output within a block is that of the state before it, decayed, and a short convolution of the inputs since:
    both are matrix products over all blocks at once, and the recursion runs from block to block only. Several times
    faster than the scan over steps.
    """
    step, rows = jnp.diag(modes.decay) + modes.coupling, output @ modes.to_states
    n_output, n_input = len(rows), inputs.shape[1]
    drives = [modes.drive]
    for _ in range(block - 1):
        drives.append(step @ drives[-1])
    pulse = jnp.stack([rows @ drive for drive in drives])  # (lag, output, input) answer to a unit input
    lag = jnp.arange(block)[None, :] - jnp.arange(block)[:, None]  # (from, to)
    within = jnp.where((lag >= 0)[:, :, None, None], pulse[jnp.maximum(lag, 0)], 0.0)
    within = within.transpose(0, 3, 1, 2).reshape(block * n_input, block * n_output)
    across = jnp.stack(drives[::-1]).transpose(0, 2, 1).reshape(block * n_input, len(step))
    after = [rows @ step]
    for _ in range(block - 1):
        after.append(after[-1] @ step)
    over = jnp.linalg.matrix_power(step, block)
    n_steps = len(inputs)
    blocks = jnp.pad(inputs, ((0, -n_steps % block), (0, 0))).reshape(-1, block * n_input)
    decay, start = jnp.diagonal(over), modes.to_modes @ initial
    ends = modal_response(decay, over - jnp.diag(decay), blocks @ across, start)
    before = jnp.concatenate([start[None, :], ends[:-1]])
    return (blocks @ within + before @ jnp.concatenate(after).T).reshape(-1, n_output)[:n_steps]


@jax.custom_jvp
def modal_response(decay: jax.Array, coupling: jax.Array, drive: jax.Array, initial: jax.Array) -> jax.Array:
    """(time, ..., mode) of z[k+1] = decay z[k] + coupling z[k] + drive[k], where ``coupling`` is numerically zero.

    Args:
        decay: (mode,).
        coupling: (mode, mode).
        drive: (time, ..., mode).
        initial: (..., mode).
    """
    decay = jnp.broadcast_to(decay, initial.shape)

    def step(state: jax.Array, push: jax.Array) -> tuple[jax.Array, jax.Array]:
        state = decay * state + push
        return state, state

    return jax.lax.scan(step, initial, drive)[1]


@modal_response.defjvp
def _modal_response_jvp(primals, tangents):  # type: ignore[no-untyped-def]
    decay, coupling, _, initial = primals
    decay_dot, coupling_dot, drive_dot, initial_dot = tangents
    response = modal_response(*primals)
    before = jnp.concatenate([initial[None, :], response[:-1]])
    push_dot = before @ (jnp.diag(decay_dot) + coupling_dot).T + drive_dot
    return response, modal_response(decay, coupling, push_dot, initial_dot)


@jax.custom_jvp
def _modal_outputs(
    decay: jax.Array, coupling: jax.Array, drive: jax.Array, initial: jax.Array, rows: jax.Array
) -> jax.Array:
    """(time, ..., output) ``rows`` (output, mode) of :func:`modal_response`, which is never stored; of any float."""
    decay = jnp.broadcast_to(decay, initial.shape)

    def step(state: jax.Array, push: jax.Array) -> tuple[jax.Array, jax.Array]:
        state = decay * state + push.astype(state.dtype)
        return state, state @ rows.T

    return jax.lax.scan(step, initial, drive)[1]


@_modal_outputs.defjvp
def _modal_outputs_jvp(primals, tangents):  # type: ignore[no-untyped-def]
    def stored(decay, coupling, drive, initial, rows):  # type: ignore[no-untyped-def]
        return modal_response(decay, coupling, drive.astype(initial.dtype), initial) @ rows.T

    return jax.jvp(stored, primals, tangents)


@jax.custom_jvp
def switched_response(steps: jax.Array, regime: jax.Array, push: jax.Array, initial: jax.Array) -> jax.Array:
    """(time, state) of T[k+1] = steps[regime[k]] T[k] + push[k]; ``steps``: (regime, state, state)."""

    def advance(state: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        state = steps[now[0]] @ state + now[1]
        return state, state

    return jax.lax.scan(advance, initial, (regime, push))[1]


@switched_response.defjvp
def _switched_response_jvp(primals, tangents):  # type: ignore[no-untyped-def]
    # the derivative is the same recursion, pushed by what the changed steps do to the known states: one product
    # over all times instead of an outer product accumulated at each
    steps, regime, _, initial = primals
    steps_dot, _, push_dot, initial_dot = tangents
    response = switched_response(*primals)
    before = jnp.concatenate([initial[None, :], response[:-1]])
    changed = _choose(jnp.einsum("rij,tj->rti", steps_dot, before), regime)
    return response, switched_response(steps, regime, push_dot + changed, initial_dot)


def _choose(rows: jax.Array, regime: jax.Array) -> jax.Array:
    """(time, n) of ``rows`` (regime, time, n); a product with ones and zeros, whose transpose is no scatter."""
    return jnp.einsum("rti,tr->ti", rows, jax.nn.one_hot(regime, rows.shape[0], dtype=rows.dtype))
