"""Chains with rotary axes, against hand-worked cases, 4 x 4 matrices and their own inverse."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from test_kinematics import constant_errors

from twin.errors import InputError
from twin.machine.axis_errors import AxisErrors, DisplacementTerm, RotationTerm, axis_errors
from twin.machine.inverse import axis_positions
from twin.machine.kinematics import geometric_error, kinematics, perfect, tool_point_error, tool_pose

TRUNNION = "w C A b Y X Z t"
NONE = constant_errors([0] * 6)
DOWN = np.array([0.0, 0.0, -0.15])


def located(*location_um_urad):
    return replace(NONE, location=jnp.array(location_um_urad, dtype=float) * 1e-6)


def machine(chain=TRUNNION, **axes):
    letters = [a for a in chain if a in "XYZABC"]
    return kinematics(chain, {a: axes.get(a, NONE) for a in letters})


def random_five_axis(chain=TRUNNION, seed=0, size=1.0):
    """Every term of every axis, lines of the rotary axes off the origin."""
    draw = np.random.default_rng(seed)

    def axis(letter):
        return AxisErrors(
            location=draw.normal(size=6) * 3e-5 * size,
            polynomial=draw.normal(size=(6, 3)) * 1e-5 * size,
            table=draw.normal(size=(6, 4)) * 1e-5 * size,
            knot=np.linspace(-0.4, 0.4, 4),
            centre=np.asarray(0.0),
            half_travel=np.asarray(0.5),
            cosine=draw.normal(size=(6, 2)) * 1e-5 * size,
            sine=draw.normal(size=(6, 2)) * 1e-5 * size,
            period=np.asarray(2 * np.pi if letter in "ABC" else 0.02),
            line=draw.normal(size=3) * 0.1 if letter in "ABC" else np.zeros(3),
        )

    return kinematics(chain, {a: axis(a) for a in chain if a in "XYZABC"})


def test_trunnion_golden_case():
    """Published-by-this-project case of exact rigid motions: location errors of a [w C A b Y X Z t] machine.

    Y is the reference of squareness there, so that C0Y turns X the other way round.
    """
    model = machine(
        A=located(0, 12, -18, 0, 25, -30),
        C=located(9, -14, 0, 22, -16, 0),
        X=located(0, 0, 0, 0, 0, -20),
        Z=located(0, 0, 0, 12, -15, 0),
    )
    pose = np.array([[0.08, -0.04, 0.21, 0.0, 0.0]])
    error = geometric_error(model, pose, 0.15)
    np.testing.assert_allclose(error[0] * 1e6, [-9.2398, 3.4004, 19.6001], atol=6e-5)
    direction = np.asarray(tool_pose(model, pose, DOWN)[1])[0, :, 2]
    np.testing.assert_allclose((direction - [0, 0, 1]) * 1e6, [-24.0, 9.999, 0], atol=2e-3)


@pytest.mark.parametrize(("turn_deg", "expected"), [(0, (-10, 0)), (90, (0, 10)), (180, (10, 0)), (-90, (0, -10))])
def test_offset_of_a_rotary_table(turn_deg, expected):
    """X0C = +10 um: the part lies 10 um too far in +X of the machine.

    At C = 0 the tool is then at -10 um in X of the part. C = +90 degrees turns the tool against the part by +90, so
    that the -X of the machine is the +Y ... seen from the part: R(+90) (-10, 0) = (0, -10); the table itself turns by
    -90.
    """
    model = machine(C=located(10, 0, 0, 0, 0, 0))
    error = geometric_error(model, np.array([[0.1, 0.05, 0.2, 0.0, np.radians(turn_deg)]]), 0.15)
    turned = Rotation.from_euler("z", turn_deg, degrees=True).apply([-10.0, 0, 0])
    np.testing.assert_allclose(error[0] * 1e6, turned, atol=1e-9)
    assert np.abs(turned[:2]).max() == pytest.approx(np.abs(expected).max())


def test_error_motions_of_a_rotary_axis_stand_still():
    """ISO 230-7: EXC = 1 um of a table is along the machine's X whatever C; on a head likewise."""
    moved = constant_errors((1, 0, 0, 0, 0, 0))
    pose = np.array([[0.0, 0, 0.15, np.pi / 2]])
    head = geometric_error(machine("w b X Y Z C t", C=moved), pose, 0.15)
    np.testing.assert_allclose(head[0] * 1e6, [1, 0, 0], atol=1e-9)
    table = geometric_error(machine("w C b X Y Z t", C=moved), pose, 0.15)
    np.testing.assert_allclose(table[0] * 1e6, [0, -1, 0], atol=1e-9)  # seen from the turned part


def test_positive_turn_is_that_of_the_tool_against_the_part():
    """ISO 841: on a head and on a table, A = +90 degrees tips the tool axis from +Z to -Y of the part."""
    for chain in ("w b X Y Z A t", "w A b X Y Z t"):
        _, turn = tool_pose(machine(chain), np.array([[0.0, 0, 0, np.pi / 2]]), np.zeros(3))
        np.testing.assert_allclose(np.asarray(turn)[0, :, 2], [0, -1, 0], atol=1e-15)


@pytest.mark.parametrize("chain", [TRUNNION, "w b X Y Z C B t", "w B b X Y Z A t", "w C X b Y A Z t", "w A B C b XYZt"])
def test_against_matrices(chain):
    """Tables, heads and mixtures with every kind of error, against products of 4 x 4 matrices."""
    model = random_five_axis(chain)
    draw = np.random.default_rng(1)
    poses = draw.uniform(-0.4, 0.4, (6, len(model.letters)))
    offset = np.array([0.02, -0.01, -0.15])
    place, turn = (np.asarray(a) for a in tool_pose(model, poses, offset))

    def rigid(vector, shift):
        out = np.eye(4)
        out[:3, :3] = Rotation.from_rotvec(np.array(vector)).as_matrix()
        out[:3, 3] = shift
        return out

    def errors(axis, q):
        s = q / 0.5
        value = np.array(
            [
                np.polyval(row[::-1], s) + np.interp(q, axis.knot, t)
                for row, t in zip(axis.polynomial, axis.table, strict=True)
            ]
        )
        phase = 2 * np.pi * q / float(axis.period)
        return value + axis.cosine @ np.cos([phase, 2 * phase]) + axis.sine @ np.sin([phase, 2 * phase])

    def carriage(letter, axis, q, sign):
        e, unit = errors(axis, q), np.eye(3)["XYZABC".index(letter) % 3]
        location, error = rigid(axis.location[3:], axis.location[:3]), rigid(e[3:], e[:3])
        if letter in "XYZ":
            return location @ rigid(np.zeros(3), sign * q * unit) @ error
        nominal = rigid(sign * q * unit, np.zeros(3))
        return rigid(np.zeros(3), axis.line) @ location @ error @ nominal @ rigid(np.zeros(3), -axis.line)

    for q, found, found_turn in zip(poses, place, turn, strict=True):
        at = dict(zip(model.letters, q, strict=True))
        work, tool = np.eye(4), np.eye(4)
        for letter, axis in zip(model.work_axes, model.work, strict=True):
            work = work @ carriage(letter, axis, at[letter], -1)
        for letter, axis in zip(model.tool_axes, model.tool, strict=True):
            tool = tool @ carriage(letter, axis, at[letter], 1)
        whole = np.linalg.inv(work) @ tool
        np.testing.assert_allclose(found, (whole @ np.append(offset, 1))[:3], rtol=0, atol=3e-15)
        np.testing.assert_allclose(found_turn, whole[:3, :3], rtol=0, atol=3e-15)


def test_inverse_of_forward_is_where_it_came_from():
    """With and without errors, to 1e-12 m and rad."""
    poses = np.random.default_rng(2).uniform([-0.3, -0.3, 0, -1.4, -3], [0.3, 0.3, 0.4, -0.1, 3], (40, 5))
    for model in (random_five_axis(), perfect(random_five_axis())):
        place, turn = (np.asarray(a) for a in tool_pose(model, poses, DOWN))
        for pose, tip, direction in zip(poses[:8], place, turn[:, :, 2], strict=False):
            found = axis_positions(model, tip[None], direction[None], DOWN, near=pose)
            np.testing.assert_allclose(found[0], pose, rtol=0, atol=1e-12)
        found = axis_positions(model, place, turn[:, :, 2], DOWN)
        again, again_turn = (np.asarray(a) for a in tool_pose(model, found, DOWN))
        np.testing.assert_allclose(again, place, rtol=0, atol=1e-12)
        np.testing.assert_allclose(again_turn[:, :, 2], turn[:, :, 2], rtol=0, atol=1e-12)


def test_three_axis_inverse():
    from test_kinematics import random_machine

    model, tip = random_machine("w X Y b Z t"), np.array([[0.3, 0.2, 0.1]])
    found = axis_positions(model, tip, np.array([[0.0, 0, 1]]), DOWN)
    np.testing.assert_allclose(tool_pose(model, found, DOWN)[0], tip, rtol=0, atol=1e-12)


def test_pose_out_of_reach_is_named():
    with pytest.raises(InputError, match="no axis positions give pose 1"):
        axis_positions(machine("w b X Y Z A t"), np.zeros((2, 3)), np.array([[0.0, 0, 1], [1.0, 0, 0]]), DOWN)


def test_small_angles_to_second_order():
    """Half the errors: the rest beyond the first order falls to a quarter (jvp at the perfect machine)."""
    poses = np.random.default_rng(3).uniform(-0.3, 0.3, (5, 5))

    def rest(size):
        model = random_five_axis(size=size)
        zero = jax.tree.map(jnp.asarray, random_five_axis(size=0.0))
        step = jax.tree.map(lambda a, b: jnp.asarray(a) - b, model, zero)
        first = jax.jvp(lambda m: tool_point_error(m, jnp.asarray(poses), jnp.asarray(DOWN)), (zero,), (step,))[1]
        return np.abs(np.asarray(tool_point_error(model, poses, DOWN)) - np.asarray(first)).max()

    assert rest(20.0) / rest(10.0) == pytest.approx(4.0, rel=0.02)


@pytest.mark.long
def test_jacobians_against_differences():
    """By the pose and by one error of every axis."""
    model, h = random_five_axis(), 1e-6
    pose = np.array([0.1, -0.2, 0.15, 0.31, 0.22])
    slope = jax.jacfwd(lambda q: tool_pose(model, q, jnp.asarray(DOWN))[0])(jnp.asarray(pose))
    for k in range(5):
        step = h * np.eye(5)[k]
        ahead, behind = (np.asarray(tool_pose(model, pose + s * step, DOWN)[0]) for s in (1, -1))
        np.testing.assert_allclose(slope[:, k], (ahead - behind) / 2 / h, atol=1e-8)
    by_error = jax.jacfwd(lambda m: geometric_error(m, jnp.asarray(pose), 0.15))(jax.tree.map(jnp.asarray, model))
    for side in ("work", "tool"):
        for k, axis in enumerate(getattr(model, side)):
            moved = list(getattr(model, side))
            location = np.array(axis.location)
            location[4] += h
            moved[k] = replace(axis, location=location)
            change = geometric_error(replace(model, **{side: tuple(moved)}), pose, 0.15) - geometric_error(
                model, pose, 0.15
            )
            np.testing.assert_allclose(getattr(by_error, side)[k].location[:, 4], change / h, atol=1e-5)


def test_fourier_series_of_a_rotary_axis():
    """EXC = 2 um cos C + 1 um sin 2C: 2 at 0, -1 at 135 degrees less sqrt 2."""
    term = DisplacementTerm(cosine=(2e-6,), sine=(0.0, 1e-6), scatter=0.0, source="test")
    axis = axis_errors("C", (-6.3, 6.3), {"EXC": term}, {}, {})
    from twin.machine.axis_errors import errors_at

    for turn, expected in ((0.0, 2.0), (np.pi / 2, 0.0), (0.75 * np.pi, -np.sqrt(2) - 1)):
        assert float(errors_at(axis, jnp.asarray(turn))[0]) * 1e6 == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "term", "says"),
    [
        ("X", {"table": (1e-6, 2e-6), "angle": (0.1, 0.2)}, "positions of the wrong unit"),
        ("C", {"table": (1e-6, 2e-6), "position": (0.1, 0.2)}, "positions of the wrong unit"),
        ("C", {"table": (1e-6, 2e-6), "angle": (0.2, 0.1)}, "do not ascend"),
        ("X", {"table": (1e-6, 2e-6), "position": (0.1, 200.0)}, "lies outside the travel"),
        ("X", {"cosine": (1e-6,)}, "series without a period"),
    ],
)
def test_wrong_tables_are_refused(name, term, says):
    with pytest.raises(InputError, match=says):
        axis_errors(name, (0.0, 1.0), {}, {f"EA{name}": RotationTerm(**term, scatter=0.0, source="test")}, {})


def test_columns_must_be_those_of_the_axes():
    with pytest.raises(InputError, match="3 axis positions for a machine with axes X Y Z A C"):
        geometric_error(machine(), np.zeros((2, 3)), 0.1)
