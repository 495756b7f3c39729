"""Volumetric error against published and independently computed cases."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twin.errors import InputError
from twin.machine.axis_errors import AxisErrors
from twin.machine.kinematics import geometric_error, kinematics, tool_point_error


def constant_errors(value_um_urad, location_urad=(0, 0, 0)) -> AxisErrors:
    return AxisErrors(
        location=jnp.array([0, 0, 0, *location_urad], dtype=float) * 1e-6,
        polynomial=jnp.array(value_um_urad, dtype=float)[:, None] * 1e-6,
        table=jnp.zeros((6, 0)),
        knot=jnp.zeros(0),
        centre=jnp.asarray(0.0),
        half_travel=jnp.asarray(1.0),
    )


def slopes(value_per_m) -> AxisErrors:
    """Errors proportional to the position."""
    polynomial = jnp.stack([jnp.zeros(6), jnp.array(value_per_m, dtype=float)], axis=1)
    return AxisErrors(jnp.zeros(6), polynomial, jnp.zeros((6, 0)), jnp.zeros(0), jnp.asarray(0.0), jnp.asarray(1.0))


@pytest.fixture
def golden():
    return kinematics(
        "w X Y b Z t",
        {
            "X": constant_errors((5, -3, 2, 8, -6, 4)),
            "Y": constant_errors((-4, 6, 3, -5, 7, 9), (0, 0, 20)),
            "Z": constant_errors((2, -2, 7, 10, -8, 3), (12, -15, 0)),
        },
    )


def test_three_axis_machining_centre(golden):
    """Exact rigid motions of the same chain, computed independently with 4 x 4 matrices, printed to 1e-5 um."""
    error = geometric_error(golden, jnp.array([[0.0, 0, 0], [-0.25, 0.15, 0.35]]), 0.15)
    expected = [[4.59986, -2.15031, 2.00011], [0.94971, -4.30012, 3.05004]]
    np.testing.assert_allclose(error * 1e6, expected, rtol=0, atol=6e-6)


def test_coordinate_measuring_machine():
    """PMM 866 with a moving table on X, 25 balls of a KOBA plate upright in XZ.

    Deviations published with the CMM error map of the Measurement Standards Laboratory of New Zealand
    (validation data "Plate XZ", printed to 1e-5 mm). It counts table errors as those of the probe relative to the
    table, the negative of the table's own motion.
    """
    machine = kinematics(
        "w X b Y Z t",
        {
            "X": slopes([-1.33e-5, 0, 0, -7.49e-6, -1.54e-5, -5e-6]),
            "Y": slopes([-1.12e-5, -5.09e-6, 0, -4.58e-6, -1.43e-5, 2.19e-5]),
            "Z": slopes([2.6e-5, 4.6e-6, 3.34e-8, 2.49e-6, -7.94e-7, 4.78e-5]),
        },
    )
    column, row = np.meshgrid(np.arange(5), np.arange(5))
    ball = np.stack([250 + 133 * column, np.full((5, 5), 316), 50 + 133 * row], axis=-1).reshape(25, 3) * 1e-3
    error = tool_point_error(machine, jnp.asarray(ball), jnp.array([0, 0.130, -0.2434852])) * 1e3
    published = np.array(
        [
            [-0.00054, -0.00095, -0.00030],
            [0.00053, -0.00034, -0.00115],
            [0.00161, 0.00045, -0.00255],
            [0.00269, 0.00142, -0.00449],
            [0.00376, 0.00256, -0.00698],
            [0.00203, -0.00032, -0.00025],
            [0.00337, 0.00016, -0.00110],
            [0.00472, 0.00082, -0.00250],
            [0.00607, 0.00166, -0.00444],
            [0.00742, 0.00267, -0.00693],
            [0.00459, 0.00032, -0.00020],
            [0.00621, 0.00067, -0.00105],
            [0.00784, 0.00119, -0.00245],
            [0.00946, 0.00190, -0.00439],
            [0.01108, 0.00277, -0.00688],
            [0.00716, 0.00095, -0.00016],
            [0.00906, 0.00117, -0.00101],
            [0.01095, 0.00156, -0.00240],
            [0.01284, 0.00213, -0.00435],
            [0.01473, 0.00288, -0.00683],
            [0.00973, 0.00159, -0.00011],
            [0.01190, 0.00167, -0.00096],
            [0.01406, 0.00193, -0.00236],
            [0.01623, 0.00237, -0.00430],
            [0.01839, 0.00299, -0.00679],
        ]
    )
    np.testing.assert_allclose(error, published, rtol=0, atol=5e-6)


def random_machine(chain, seed=0):
    """Polynomials and tables of every error, and squareness, of the size of a worn machine."""
    draw = np.random.default_rng(seed)
    errors = {
        axis: AxisErrors(
            location=jnp.asarray(np.r_[0, 0, 0, draw.normal(size=3)] * 3e-5),
            polynomial=jnp.asarray(draw.normal(size=(6, 4)) * 1e-5),
            table=jnp.asarray(draw.normal(size=(6, 5)) * 1e-5),
            knot=jnp.linspace(0.0, 0.8, 5),
            centre=jnp.asarray(0.4),
            half_travel=jnp.asarray(0.4),
        )
        for axis in "XYZ"
    }
    return kinematics(chain, errors)


@pytest.mark.parametrize("chain", ["w X Y b Z t", "w b X Y Z t", "w Y b X Z t", "wZYXbt", "w Z b Y X t"])
def test_chains_against_matrices(chain):
    """Every order of the axes, against products and inverses of 4 x 4 matrices."""
    machine = random_machine(chain)
    draw = np.random.default_rng(1)
    poses, offset = draw.uniform(0, 0.8, (20, 3)), np.array([0.02, -0.01, -0.15])
    error = tool_point_error(machine, jnp.asarray(poses), jnp.asarray(offset))

    def rigid(vector, shift):
        pose = np.eye(4)
        pose[:3, :3] = Rotation.from_rotvec(np.array(vector)).as_matrix()
        pose[:3, 3] = shift
        return pose

    def carriage(letter, axis, position, sign):
        s = (position - 0.4) / 0.4
        e = [np.polyval(row[::-1], s) for row in np.asarray(axis.polynomial)]
        e = np.array(e) + [np.interp(position, axis.knot, row) for row in np.asarray(axis.table)]
        along = np.eye(3)["XYZ".index(letter)] * sign * position
        return rigid(np.asarray(axis.location[3:]), np.zeros(3)) @ rigid(np.zeros(3), along) @ rigid(e[3:], e[:3])

    for pose, found in zip(poses, error, strict=True):
        at = dict(zip("XYZ", pose, strict=True))
        work, tool = np.eye(4), np.eye(4)
        for letter, axis in zip(machine.work_axes, machine.work, strict=True):
            work = work @ carriage(letter, axis, at[letter], -1)
        for letter, axis in zip(machine.tool_axes, machine.tool, strict=True):
            tool = tool @ carriage(letter, axis, at[letter], 1)
        tip = np.linalg.inv(work) @ tool @ np.append(offset, 1)
        np.testing.assert_allclose(found, tip[:3] - pose - offset, rtol=0, atol=2e-15)  # rounding of metres


def test_table_error_counts_backwards():
    """A table 1 um too far in +X puts the tool 1 um too far in -X in the part; a spindle head the other way round."""
    moved = {"X": constant_errors((1, 0, 0, 0, 0, 0)), "Y": constant_errors([0] * 6), "Z": constant_errors([0] * 6)}
    for chain, sign in (("w X Y b Z t", -1), ("w Y b X Z t", 1)):
        error = geometric_error(kinematics(chain, moved), jnp.array([0.3, 0.2, 0.1]), 0.1)
        np.testing.assert_allclose(error * 1e6, [sign, 0, 0], atol=1e-9)


def test_longer_tool_tilts_farther():
    """EBZ = 10 urad of the head moves the tip by -10 um a metre of tool in X (right-handed about +Y)."""
    head = {"X": constant_errors([0] * 6), "Y": constant_errors([0] * 6), "Z": constant_errors((0, 0, 0, 0, 10, 0))}
    poses = jnp.zeros((2, 3))
    error = geometric_error(kinematics("w X Y b Z t", head), poses, jnp.array([0.1, 0.3]))
    np.testing.assert_allclose(error[:, 0] * 1e6, [-1, -3], atol=1e-6)


@pytest.mark.parametrize("machine", ["random", pytest.param("perfect", marks=pytest.mark.long)])
def test_slope_by_every_parameter(machine):
    """Forward and reverse mode against central differences; a perfect machine has rotations of zero."""
    model = random_machine("w X Y b Z t")
    if machine == "perfect":
        model = kinematics("w X Y b Z t", {axis: constant_errors([0] * 6) for axis in "XYZ"})
    poses = jnp.asarray(np.random.default_rng(2).uniform(0, 0.8, (4, 3)))
    weight = jnp.asarray(np.random.default_rng(3).normal(size=(4, 3)))

    @jax.jit
    def cost(model):
        return jnp.sum(weight * geometric_error(model, poses, 0.15))

    leaves, tree = jax.tree.flatten(model)
    direction = [jnp.asarray(np.random.default_rng(i).normal(size=leaf.shape)) * 1e-3 for i, leaf in enumerate(leaves)]
    slope = jax.jvp(cost, (model,), (tree.unflatten(direction),))[1]
    h = 1e-3
    ahead, behind = (
        cost(tree.unflatten([leaf + s * h * d for leaf, d in zip(leaves, direction, strict=True)])) for s in (1, -1)
    )
    assert float(slope) == pytest.approx(float(ahead - behind) / 2 / h, rel=1e-6)
    gradient = jax.tree.leaves(jax.grad(cost)(model))
    assert all(np.isfinite(g).all() for g in gradient)
    product = sum(float(jnp.sum(g * d)) for g, d in zip(gradient, direction, strict=True))
    assert product == pytest.approx(float(slope), rel=1e-9)


@pytest.mark.parametrize(
    "chain", ["X Y b Z", "w X Y Z t", "w X X b Z t", "w A X Y b Z A t", "w U X Y b Z t", "w X b Z t", ""]
)
def test_unknown_chains_are_refused(chain):
    errors = {axis: constant_errors([0] * 6) for axis in "XYZ"}
    with pytest.raises(InputError, match="is not understood"):
        kinematics(chain, errors)


def test_axis_that_is_not_described_is_named():
    with pytest.raises(InputError, match="axis Z of chain"):
        kinematics("w X Y b Z t", {axis: constant_errors([0] * 6) for axis in "XY"})
