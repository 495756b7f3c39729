"""R-test: location errors of rotary axes from the displacement of a ball on the table, ISO 10791-6 BK1, BK2, BK4.

The nest of the R-test follows the ball by the nominal kinematics while rotary axes turn; what it reads is the error of
the machine there, less the error of the ball's own set-up:

    reading = R(q) (e(q; parameters) - ball offset)

R turns workpiece axes into those of the nest. Readings are so small that Gauss-Newton from the prior converges in few
steps; its Jacobian comes from JAX, and the singular values of the weighted Jacobian say what the poses cannot tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import kept
from twin.errors import InputError
from twin.machine.axis_errors import AxisErrors
from twin.machine.inverse import axis_positions
from twin.machine.kinematics import AXES, ROTARY, Kinematics, perfect, pose, tool_pose

BALL = ("ball_x", "ball_y", "ball_z")
SINGULAR = 1e-4  # of the largest singular value, lengths in um and angles in urad
SCALE = 1e-6
N_STEPS = 4


@dataclass(frozen=True)
class Identification:
    """What an R-test says of the machine."""

    name: tuple[str, ...]  # parameters: X0C, A0C … and the ball's offset
    value: np.ndarray  # (parameter,) [m, rad]
    sigma: np.ndarray  # (parameter,) standard deviation by noise; inf where poses and prior say nothing
    by_setup: dict[str, np.ndarray]  # group of causes beside noise -> (parameter,) standard deviation
    singular: np.ndarray  # (parameter,) singular values of the Jacobian in µm per µm or µrad, largest first
    unknown: tuple[dict[str, float], ...]  # combinations that the poses cannot tell, shares of unit length
    left: float  # [m] rms of what is not explained

    @property
    def whole(self) -> np.ndarray:
        """(parameter,) combined standard deviation of noise and set-up; inf as ``sigma``."""
        return np.sqrt(np.sum([self.sigma**2, *(one**2 for one in self.by_setup.values())], axis=0))


def bench_poses(letters: str, test: str, *, tilt: float = 1.0, step: float = np.radians(15.0)) -> np.ndarray:
    """Rotary positions (pose, rotary) [rad] of one test, in the order of ``letters`` after X Y Z.

    BK1 swings the axis nearer to the bed through ± ``tilt`` [rad], BK2 turns the table, BK4 (interpolated) both, on a
    grid. The last letter of A B C is taken for the table.

    Raises:
        InputError: a test or a machine that is not of that kind.
    """
    rotary = letters[len(AXES) :]
    if len(rotary) != 2:
        raise InputError(
            f"an R-test needs two rotary axes, the machine has {rotary or 'none'}", remedy="machine=five_axis_trunnion"
        )
    swing = np.linspace(-tilt, tilt, 9)
    turn = np.arange(0.0, 2 * np.pi - 1e-9, step)
    if test == "BK1":
        return np.stack([swing, 0 * swing], axis=1)
    if test == "BK2":
        return np.stack([0 * turn, turn], axis=1)
    if test == "BK4":
        return np.stack(np.meshgrid(swing, turn[::2], indexing="ij"), axis=-1).reshape(-1, 2)
    raise InputError(f"there is no R-test {test!r}", remedy="one of BK1, BK2, BK4")


def follow(machine: Kinematics, ball: np.ndarray, rotary: np.ndarray, tool_length: float) -> np.ndarray:
    """Axis positions (pose, axis) [m, rad] that nominally hold the nest at ``ball`` (3,) [m] in workpiece axes."""
    offset = np.array([0.0, 0.0, -tool_length])
    still = np.concatenate([np.zeros((len(rotary), len(AXES))), rotary], axis=1)
    exact = perfect(machine)
    place, turn = (np.asarray(a) for a in tool_pose(exact, still, offset))
    # linear axes move the tool along their own directions, seen from the workpiece
    if any(letter in ROTARY for letter in machine.tool_axes):
        return axis_positions(exact, np.tile(ball, (len(rotary), 1)), turn[:, :, 2], offset)
    still[:, : len(AXES)] = np.einsum("pij,pi->pj", turn, ball - place)
    return still


def readings(
    machine: Kinematics, position: np.ndarray, ball: np.ndarray, ball_offset: np.ndarray, tool_length: float
) -> np.ndarray:
    """What the nest reads (pose, 3) [m] in its own axes: place of the nest in the ball's frame."""
    offset = np.array([0.0, 0.0, -tool_length])
    return np.asarray(_predict(machine, perfect(machine), position, offset, ball + ball_offset))


@kept
def _predict(
    machine: Kinematics, exact: Kinematics, position: jax.Array, offset: jax.Array, ball: jax.Array
) -> jax.Array:
    def one(q: jax.Array) -> jax.Array:
        nominal = pose(exact, q, offset)[1]
        return nominal.T @ (pose(machine, q, offset)[0] - ball)

    return jax.vmap(one)(position)


def parameters_of(machine: Kinematics) -> tuple[str, ...]:
    """Location errors that an R-test is after: those of each rotary line, and squareness of the linear axes.

    A displacement along a rotary line and a turn about it are zero points, not errors.
    """
    rotary = [
        f"{d}0{a}"
        for a in machine.work_axes + machine.tool_axes
        if a in ROTARY
        for group in (AXES, ROTARY)
        for d in group
        if ROTARY.index(a) != group.index(d)
    ]
    return (*rotary, "A0Z", "B0Z", "C0Y")


def with_parameters(machine: Kinematics, name: Sequence[str], value: jax.Array) -> Kinematics:
    """The machine with location errors set to ``value`` (parameter,) [m, rad]; X is the reference of squareness."""
    letters = machine.work_axes + machine.tool_axes
    location = {a: jnp.asarray(axis.location) for a, axis in zip(letters, machine.work + machine.tool, strict=True)}
    for key, v in zip(name, value, strict=True):
        if len(key) != 3 or key[0] not in AXES + ROTARY or key[1] != "0" or key[2] not in location:
            raise InputError(f"the machine has no location error {key!r}", remedy="e.g. X0C, A0C, C0Y")
        location[key[2]] = location[key[2]].at[(AXES + ROTARY).index(key[0])].set(v)

    def side(axes: tuple[AxisErrors, ...], letters: str) -> tuple[AxisErrors, ...]:
        """From the bed: squareness is between lines, a carriage is turned against the one that carries it."""
        placed, carrier = [], jnp.zeros(3)
        for axis, letter in zip(axes, letters, strict=True):
            here = location[letter]
            if letter in AXES:
                here, carrier = here.at[3:].add(-carrier), here[3:]
            placed.append(replace(axis, location=here))
        return tuple(placed)

    return replace(machine, work=side(machine.work, machine.work_axes), tool=side(machine.tool, machine.tool_axes))


def identify(
    machine: Kinematics,
    position: np.ndarray,
    ball: np.ndarray,
    reading: np.ndarray,
    tool_length: float,
    *,
    noise: float,
    prior: float | None = None,
    name: Sequence[str] | None = None,
    systematic: Mapping[str, np.ndarray] | None = None,
) -> Identification:
    """Location errors and ball offset from ``reading`` (pose, 3) [m] at ``position`` (pose, axis).

    Args:
        machine: with the errors that are known; location errors called ``name`` are found, those given are ignored.
        noise: standard deviation of a reading [m].
        prior: standard deviation [m, rad] of every parameter about zero; None: none is used, and combinations that
            the poses cannot tell are left at zero (smallest solution).
        name: the parameters; default :func:`parameters_of`.
        systematic: group of causes that are not identified -> (cause, pose, 3) [m], change of the readings by one
            standard deviation of each (:mod:`twin.machine_tests.r_test_setup`).

    Raises:
        InputError: fewer readings than parameters, or noise that is not positive.
    """
    name = parameters_of(machine) if name is None else tuple(name)
    whole = (*name, *BALL)
    if noise <= 0:
        raise InputError(f"noise of the R-test is {noise:g} m", remedy="give its standard deviation, above zero")
    if reading.size < len(whole):
        raise InputError(
            f"{reading.size} readings for {len(whole)} parameters", remedy="measure at more poses, or name fewer"
        )
    offset = np.array([0.0, 0.0, -tool_length])
    exact = perfect(machine)

    def predicted(p: jax.Array) -> jax.Array:
        turned = with_parameters(machine, name, p[: len(name)] * SCALE)
        return _predict(turned, exact, position, offset, ball + p[len(name) :] * SCALE).ravel() / SCALE

    slope_of = jax.jit(jax.jacfwd(predicted))
    model = jax.jit(predicted)
    value = np.zeros(len(whole))
    weight = 0.0 if prior is None else (noise / prior) ** 2
    for _ in range(N_STEPS):
        slope = np.asarray(slope_of(jnp.asarray(value)))
        u, s, vt = np.linalg.svd(slope, full_matrices=False)
        told = s > SINGULAR * s[0]
        # with a prior the Tikhonov solution about zero, else the smallest least-squares solution
        target = reading.ravel() / SCALE - np.asarray(model(jnp.asarray(value))) + slope @ value
        gain = np.where(told | (weight > 0), s / (s**2 + weight + 1e-300), 0.0)
        value = vt.T @ (gain * (u.T @ target))
    if prior is None:
        variance = (vt.T**2) @ np.where(told, 1 / np.where(told, s, 1.0) ** 2, 0.0)
        sigma = noise * np.sqrt(variance)
        sigma[(vt[~told] ** 2).sum(axis=0) > 1e-6] = np.inf
    else:
        sigma = noise * np.sqrt((vt.T**2) @ (1 / (s**2 + weight)))
    by_setup = {
        group: np.linalg.norm((np.reshape(changes, (len(changes), reading.size)) @ u) * gain @ vt, axis=0)
        for group, changes in (systematic or {}).items()
    }
    left = reading.ravel() - np.asarray(model(jnp.asarray(value))) * SCALE
    unknown = tuple(
        {whole[k]: float(row[k]) for k in np.argsort(-np.abs(row)) if abs(row[k]) > 0.05} for row in vt[~told]
    )
    return Identification(whole, value * SCALE, sigma, by_setup, s, unknown, float(np.sqrt(np.mean(left**2))))


def require_identifiable(found: Identification) -> None:
    """Refuse an identification that is singular.

    Raises:
        InputError: names the combinations that the poses cannot tell.
    """
    if found.unknown:
        combined = "; ".join(" ".join(f"{v:+.2f} {k}" for k, v in row.items()) for row in found.unknown)
        raise InputError(
            f"the R-test cannot tell {len(found.unknown)} combination(s) of parameters: {combined}",
            remedy="measure poses with both rotary axes turned (BK4), name fewer parameters, or give a prior",
        )
