"""The report: samples find their feature, characteristics are right, contributions add up."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import yaml

from twin.errors import InputError
from twin.inspection import Circle, inspect, measure, plan, read_features
from twin.stock.cut import Surface

FEATURES = """
- {kind: circle, name: bore, centre_mm: [10, 20, -1.5], diameter_mm: 18, length_mm: 2}
- {kind: plane, name: floor, centre_mm: [40, 20, -3], normal: [0, 0, 1], size_mm: [20, 10]}
- kind: wall
  name: oblique
  centre_mm: [60, 20, -10]
  normal: [0.9743700648, 0.2249510543, 0]   # 13 degrees from X
  thickness_mm: 1.5
  size_mm: [20, 16]
- {kind: profile, name: side, centre_mm: [60, 20, -10], size_mm: [30, 30, 16], normal: [1, 0, 0]}
"""
LEAN = np.radians(13.0)


def sheet(origin, along, across, n, size, normal):
    """Samples of a rectangle: position, normal, area."""
    a, b = (g.ravel() for g in np.meshgrid(*(np.linspace(-0.5, 0.5, k) for k in n), indexing="ij"))
    along, across = np.asarray(along, float), np.asarray(across, float)
    position = np.asarray(origin) + np.outer(a * size[0], along) + np.outer(b * size[1], across)
    return position, np.tile(normal, (len(a), 1)), np.full(len(a), size[0] * size[1] / len(a))


@pytest.fixture(scope="module")
def part():
    """A bore, a floor, an oblique wall of 1.5 mm, and the top face around them; exact."""
    angle, z = (g.ravel() for g in np.meshgrid(np.linspace(0, 2 * np.pi, 180, endpoint=False), np.linspace(-3, 0, 13)))
    ring = np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
    bore = (
        np.array([10, 20, 0]) + 9 * ring + np.outer(z, [0, 0, 1]),
        -ring,
        np.full(len(angle), 54 * np.pi / len(angle)),
    )
    floor = sheet([40, 20, -3], [1, 0, 0], [0, 1, 0], (101, 51), (30, 20), [0, 0, 1])
    normal = np.array([np.cos(LEAN), np.sin(LEAN), 0])
    along = [-np.sin(LEAN), np.cos(LEAN), 0]
    faces = [
        sheet(np.array([60, 20, -10]) + s * 0.75 * normal, along, [0, 0, 1], (81, 61), (30, 20), s * normal)
        for s in (1, -1)
    ]
    top = sheet([40, 20, 0], [1, 0, 0], [0, 1, 0], (81, 41), (80, 40), [0, 0, 1])
    position, normals, area = (np.concatenate(a) for a in zip(bore, floor, *faces, top, strict=True))
    n = len(area)
    return Surface(position * 1e-3, normals, area * 1e-6, np.zeros(n, np.int8), np.ones(n, bool))


@pytest.fixture(scope="module")
def features():
    return read_features(yaml.safe_load(FEATURES))


@pytest.fixture(scope="module")
def made(features, part):
    return plan(features, part)


def value(made, values, name, characteristic):
    place = [
        i for i, pair in enumerate(zip(made.name, made.characteristic, strict=True)) if pair == (name, characteristic)
    ]
    return float(np.asarray(values)[place[0]])


def test_perfect_part_reads_nominal(made):
    values = measure(made, np.zeros(int(made.groups[Circle].row.max()) + 100000))
    np.testing.assert_allclose(values, made.nominal, atol=1e-12)
    assert value(made, values, "floor", "height") == pytest.approx(-3e-3)
    assert value(made, values, "bore", "x") == pytest.approx(10e-3)
    assert min(made.n_samples) > 900


def test_rigid_shift_moves_the_bore_and_the_floor_but_no_thickness(made, part):
    shift = np.array([4e-6, -3e-6, 7e-6])
    values = measure(made, part.normal @ shift)
    assert value(made, values, "bore", "x") == pytest.approx(10e-3 + 4e-6, abs=1e-9)
    assert value(made, values, "bore", "y") == pytest.approx(20e-3 - 3e-6, abs=1e-9)
    assert value(made, values, "bore", "position") == pytest.approx(10e-6, abs=2e-9)
    # a shift seen along the normals alone widens the circle in second order, by shift^2 / (2 R)
    assert value(made, values, "bore", "diameter") == pytest.approx(18e-3 + 5e-6**2 / 18e-3, abs=1e-11)
    assert value(made, values, "bore", "roundness") < 5e-9
    assert value(made, values, "floor", "height") == pytest.approx(-3e-3 + 7e-6, abs=1e-12)
    assert value(made, values, "floor", "flatness") < 1e-12
    assert value(made, values, "oblique", "thickness") == pytest.approx(1.5e-3, abs=1e-12)
    assert value(made, values, "side", "mean") == pytest.approx(shift @ [np.cos(LEAN), np.sin(LEAN), 0], abs=1e-12)


def test_excess_everywhere(made, part):
    values = measure(made, np.full(len(part.area), 5e-6))
    assert value(made, values, "bore", "diameter") == pytest.approx(18e-3 - 10e-6, abs=1e-12)
    assert value(made, values, "oblique", "thickness") == pytest.approx(1.5e-3 + 10e-6, abs=1e-12)
    assert value(made, values, "side", "profile") == pytest.approx(10e-6, abs=1e-12)


def test_contributions_add_up(made, part):
    """Three sources; linear characteristics split exactly, flatness and roundness without rest."""
    rng = np.random.default_rng(3)
    wave = 6e-6 * np.sin(300 * part.position[:, 0]) * np.cos(200 * part.position[:, 1])
    parts = np.stack([part.normal @ [3e-6, 1e-6, -8e-6], wave, 1e-6 * rng.standard_normal(len(wave))])
    report = inspect(made, parts.sum(axis=0), parts, ("thermal", "geometric", "noise"))
    np.testing.assert_allclose(report.predicted, measure(made, parts.sum(axis=0)), atol=1e-12)
    np.testing.assert_allclose(report.contribution.sum(axis=1), report.predicted - report.nominal, atol=1e-12)
    assert report.source == ("program", "thermal", "geometric", "noise", "rest")
    assert np.abs(report.contribution[:, 0]).max() < 1e-12
    row = list(zip(report.name, report.characteristic, strict=True)).index(("floor", "height"))
    assert report.contribution[row, 1] == pytest.approx(-8e-6, abs=1e-12)
    for name, characteristic in (("floor", "flatness"), ("bore", "roundness"), ("side", "profile")):
        row = list(zip(report.name, report.characteristic, strict=True)).index((name, characteristic))
        assert abs(report.contribution[row, -1]) < 0.05 * (report.predicted[row] - report.nominal[row])


def test_program_errors_are_a_contribution(features, part):
    """A bore programmed 20 um too wide: the program, not a machine error, contributes it."""
    wide = Surface(part.position.copy(), part.normal, part.area, part.family, part.machined)
    bore = np.hypot(part.position[:, 0] - 10e-3, part.position[:, 1] - 20e-3) < 9.2e-3
    bore &= np.abs(part.normal[:, 2]) < 0.5
    wide.position[bore] -= 10e-6 * part.normal[bore]
    report = inspect(plan(features, wide), np.zeros(len(bore)), np.zeros((1, len(bore))), ("thermal",))
    assert report.characteristic[0] == "diameter"
    assert report.contribution[0] == pytest.approx([20e-6, 0, 0], abs=1e-11)


def test_gradient_agrees_with_finite_differences(made, part):
    rng = np.random.default_rng(4)
    deviation, direction = 5e-6 * rng.standard_normal((2, len(part.area)))
    slope = jax.jvp(lambda d: measure(made, d), (jnp.array(deviation),), (jnp.array(direction),))[1]
    step = 1e-4
    by_difference = (measure(made, deviation + step * direction) - measure(made, deviation - step * direction)) / (
        2 * step
    )
    np.testing.assert_allclose(slope, by_difference, atol=1e-11)


def test_too_few_samples_read_nan_and_say_so(part):
    nowhere = Circle(name="nowhere", centre=(0.5, 0.5, 0.0), diameter=5e-3, length=1e-3)
    made = plan([nowhere], part)
    assert made.n_samples[0] == 0
    assert np.isnan(measure(made, np.zeros(len(part.area)))).all()


def test_unusable_samples_are_left_out(features, part):
    usable = part.position[:, 2] > -2.9e-3
    assert plan(features, part, usable).n_samples[5] == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: circle", "not a list"),
        ("[{kind: cone, name: a}]", "kind 'cone'.*one of circle"),
        ("[{kind: plane, name: a, centre_mm: [0, 0, 0], size_mm: [1, 1]}]", "lacks normal"),
        ("[{kind: plane, name: a, centre: [0, 0, 0], normal: [0, 0, 1], size_mm: [1, 1]}]", "no unit"),
        ("[{kind: plane, name: a, centre_mm: [0, 0, 0], normal: [0, 0, 1], size_mm: [1, 0]}]", "'a' has a size"),
        ("[{kind: plane, name: a, centre_mm: [0, 0, 0], normal: [0, 0, 0], size_mm: [1, 1]}]", "'a' has a size"),
    ],
)
def test_bad_feature_files(text, message):
    with pytest.raises(InputError, match=message):
        read_features(yaml.safe_load(text), file="features.yaml")


def test_two_of_a_name():
    row = "{kind: plane, name: a, centre_mm: [0, 0, 0], normal: [0, 0, 1], size_mm: [1, 1]}"
    with pytest.raises(InputError, match="two features are named 'a'"):
        read_features(yaml.safe_load(f"[{row}, {row}]"))
