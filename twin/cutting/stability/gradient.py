"""|mu| in JAX, with derivatives to every parameter by the left and right eigenvectors of the monodromy matrix.

d|mu| = Re(conj(mu) / |mu| (y^H dPhi x) / (y^H x)). The matrix is built by Chebyshev collocation of displacement and
velocity, panel by panel; entry, exit and speed move the ends of the panels, so they are differentiated as well.
One point a call, even pitch; maps are computed by :mod:`twin.cutting.stability.floquet`, which shares no discretisation
with this.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from twin.cutting.dynamics.modes import Modes
from twin.cutting.stability.directional import damping_matrices, force_matrices, harmonics
from twin.cutting.stability.milling import Milling, check, check_modes
from twin.cutting.stability.zero_order import demand_even_pitch


@dataclass(frozen=True)
class Layout:
    """How the tooth period is divided; no parameter changes it but by passing over a window of whole tooth pitches."""

    overlap: int  # teeth that cut all the time
    panels: tuple[int, int]  # panels while one tooth more cuts, and while not; 0: no such time, or nothing cuts
    order: int  # of the Chebyshev polynomials


def layout(milling: Milling, speed: float, order: int = 16) -> Layout:
    """Division of the period for parameters near those of ``milling`` (concrete numbers) at ``speed`` [rad/s].

    Raises:
        InputError: numbers that cannot be, uneven pitch.
    """
    check(milling)
    demand_even_pitch(milling)
    pitch = 2 * np.pi / milling.n_teeth
    overlap, rest = divmod(float(milling.exit) - float(milling.entry), pitch)
    if rest > pitch * (1 - 1e-9):
        overlap, rest = overlap + 1, 0.0
    fastest = float(np.max(np.asarray(check_modes(milling.modes).omega)))

    def count(angle: float) -> int:
        return int(np.ceil(max(fastest * angle / speed / 4.0, angle / 1.6)))

    panels = (count(rest) if rest > 1e-9 * pitch else 0, count(pitch - rest) if overlap else 0)
    return Layout(int(overlap), panels, order)


def multiplier_modulus(milling: Milling, speed: ArrayLike, depth: ArrayLike, layout: Layout) -> jax.Array:
    """|mu| (), differentiable in ``milling``, ``speed`` [rad/s] and ``depth`` [m].

    The derivative does not exist where two multipliers of equal modulus change places.
    """
    return _spectral_radius(_monodromy(milling, jnp.asarray(speed), jnp.asarray(depth), layout))


def _monodromy(milling: Milling, speed: jax.Array, depth: jax.Array, layout: Layout) -> jax.Array:
    """Matrix over the state at the entry of a tooth and the displacements at the nodes of the last tooth period."""
    modes = milling.modes
    assert modes is not None  # layout() has checked
    m, order = len(modes.omega), layout.order
    node, derivative = _chebyshev(order)
    pitch = 2 * np.pi / milling.n_teeth
    width = jnp.asarray(milling.exit, dtype=float) - milling.entry
    rest = width - layout.overlap * pitch if layout.panels[0] else jnp.zeros(())
    cutting = _modal(force_matrices(milling.ktc, milling.krc, milling.kac, milling.kappa), modes)
    radius = jnp.asarray(milling.radius, dtype=float)  # 0 where there is no process damping
    rate = milling.process_damping / (speed * jnp.where(radius > 0, radius, 1.0))
    viscous = _modal(damping_matrices() * rate, modes)
    dimension = 2 * m + sum(layout.panels) * order * m
    identity = jnp.eye(dimension)
    state, old = identity[: 2 * m], identity[2 * m :].reshape(-1, order, m, dimension)
    new, done, start = [], 0, jnp.zeros(())
    for part, (length, n_panels) in enumerate(zip((rest, pitch - rest), layout.panels, strict=True)):
        teeth = layout.overlap + 1 - part
        if n_panels == 0:
            state = _free(modes, length / speed) @ state if part == 1 and teeth == 0 else state
            continue
        piece = length / n_panels

        def panel(
            carry: tuple[jax.Array, jax.Array], past: jax.Array, teeth: int = teeth, piece: jax.Array = piece
        ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            state, start = carry
            phi = milling.entry + start + node[1:] * piece
            each = harmonics(phi[None] + np.arange(teeth)[:, None] * pitch).sum(axis=1)  # (5, node)
            w, e = (depth * jnp.einsum("hn,hij->nij", each, factor) for factor in (cutting, viscous))
            nodes = _panel(modes, w, e, jnp.asarray(derivative) * (speed / piece), state, past)
            return (nodes[-1], start + piece), nodes[:, :m]

        (state, start), moved = jax.lax.scan(panel, (state, start), old[done : done + n_panels])
        new.append(moved.reshape(-1, dimension))
        done += n_panels
    return jnp.concatenate([state, *new])


def _modal(matrices: jax.Array, modes: Modes) -> jax.Array:
    """Matrices by harmonic (5, m, m) of the equation of motion q'' + ... = -modal q."""
    inverse_mass = modes.omega**2 / modes.stiffness
    return jnp.einsum("k,ki,hij,lj->hkl", inverse_mass, modes.direction, matrices, modes.direction)


def _panel(
    modes: Modes, w: jax.Array, e: jax.Array, derivative: jax.Array, state: jax.Array, old: jax.Array
) -> jax.Array:
    """Scaled states (node, 2m, column) at all nodes but the first; velocity over natural frequency."""
    m, n = len(modes.omega), len(w)
    rate = jnp.diag(modes.omega)
    lower = -(w + jnp.diag(modes.omega**2)[None]) / modes.omega[None, :, None]
    damper = -(
        e * modes.omega[None, None] / modes.omega[None, :, None] + jnp.diag(2 * modes.damping * modes.omega)[None]
    )
    upper = jnp.concatenate([jnp.zeros((m, m)), rate], axis=1)
    a = jnp.concatenate(
        [jnp.broadcast_to(upper[None], (n, m, 2 * m)), jnp.concatenate([lower, damper], axis=2)], axis=1
    )
    system = jnp.einsum("ab,ij->aibj", derivative[1:, 1:], jnp.eye(2 * m)).reshape(n, 2 * m, n, 2 * m)
    system = system - jnp.einsum("ab,aij->aibj", jnp.eye(n), a)
    past = jnp.einsum("nij,njc->nic", w / modes.omega[None, :, None], old)
    right = jnp.concatenate([jnp.zeros_like(past), past], axis=1) - derivative[1:, 0][:, None, None] * state[None]
    solved = jnp.linalg.solve(system.reshape(n * 2 * m, -1), right.reshape(n * 2 * m, -1))
    return solved.reshape(n, 2 * m, -1)


def _free(modes: Modes, time: jax.Array) -> jax.Array:
    """Transition (2m, 2m) of the scaled state over ``time`` [s] out of the cut."""
    root = jnp.sqrt(1 - modes.damping**2)
    angle = modes.omega * time
    fade, c, s = jnp.exp(-modes.damping * angle), jnp.cos(root * angle), jnp.sin(root * angle) / root
    blocks = [[fade * (c + modes.damping * s), fade * s], [-fade * s, fade * (c - modes.damping * s)]]
    return jnp.block([[jnp.diag(block) for block in row] for row in blocks])


def _chebyshev(order: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes 0..1 (order + 1,) and differentiation matrix (Trefethen, *Spectral Methods in MATLAB*, ch. 6)."""
    k = np.arange(order + 1)
    node = (1 - np.cos(np.pi * k / order)) / 2
    weight = (-1.0) ** k * np.where((k == 0) | (k == order), 2.0, 1.0)
    gap = node[:, None] - node[None] + np.eye(order + 1)
    matrix = weight[:, None] / weight[None] / gap
    return node, matrix - np.diag(matrix.sum(axis=1))


@jax.custom_jvp
def _spectral_radius(matrix: jax.Array) -> jax.Array:
    return jnp.max(jnp.abs(jnp.linalg.eigvals(matrix)))


@_spectral_radius.defjvp
def _spectral_radius_jvp(primals: tuple, tangents: tuple) -> tuple[jax.Array, jax.Array]:
    matrix, change = primals[0], tangents[0]
    values, right = jnp.linalg.eig(matrix)
    best = jnp.argmax(jnp.abs(values))
    value, x = values[best], right[:, best]
    values_left, left = jnp.linalg.eig(matrix.T)
    y = left[:, jnp.argmin(jnp.abs(values_left - value))]
    weight = jnp.conj(value) / (jnp.abs(value).astype(value.dtype) * jnp.sum(y * x))
    sensitivity = jnp.real(weight * y[:, None] * x[None, :])
    return jnp.abs(value), jnp.sum(sensitivity * change)
