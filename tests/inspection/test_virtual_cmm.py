"""The virtual CMM: uncertainties against closed forms, propagation against Monte Carlo, zones that are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from twin.config import build
from twin.errors import InputError
from twin.inspection import measure, plan
from twin.inspection.callout import Callout, default_callouts
from twin.inspection.cmm import Cmm
from twin.inspection.features import Circle, Plane, Profile, Slot, Wall
from twin.inspection.probing import probe
from twin.inspection.virtual_cmm import SOURCES, read, setup
from twin.stock.cut import Surface

FEATURES = (
    Plane(name="top", centre=(0.05, 0.03, 0.0), normal=(0, 0, 1), size=(0.1, 0.06)),
    Plane(name="side", centre=(0.05, 0.0, -0.01), normal=(0, -1, 0), size=(0.1, 0.018)),
    Plane(name="step", centre=(0.05, 0.08, -0.005), normal=(0, 0, 1), size=(0.1, 0.02)),
    Circle(name="one", centre=(0.02, 0.03, -0.005), diameter=10e-3, length=8e-3),
    Circle(name="two", centre=(0.08, 0.03, -0.005), diameter=10e-3, length=8e-3),
    Wall(name="width", centre=(0.05, 0.03, -0.01), normal=(1, 0, 0), thickness=0.1, size=(0.05, 0.018)),
    Profile(name="skin", centre=(0.05, 0.08, -0.005), size=(0.1, 0.02, 0.004), normal=(0, 0, 1)),
)
EXPANSION = 23.6e-6  # [1/K]


@pytest.fixture(scope="module")
def cmm():
    file = Path(__file__).resolve().parents[2] / "conf" / "cmm" / "standard.yaml"
    return build(Cmm, yaml.safe_load(file.read_text()), "cmm", file=file)


@pytest.fixture(scope="module")
def surface():
    """The nominal part, 1 mm between samples of a face."""
    parts = []
    for face in FEATURES[:3]:
        parts.append(sheet(face.centre, face.normal, face.size))
    for sign in (1, -1):
        parts.append(sheet((0.05 + sign * 0.05, 0.03, -0.01), (sign, 0, 0), (0.05, 0.018)))
    for hole in FEATURES[3:5]:
        angle, z = (g.ravel() for g in np.meshgrid(np.radians(np.arange(0, 360, 2)), np.linspace(-4e-3, 4e-3, 33)))
        ring = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
        parts.append((np.asarray(hole.centre) + 5e-3 * ring + z[:, None] * [0, 0, 1], -ring))
    position, normal = (np.concatenate(a) for a in zip(*parts, strict=True))
    n = len(position)
    return Surface(position, normal, np.full(n, 1e-6), np.zeros(n, np.int8), np.ones(n, bool))


def sheet(centre, normal, size):
    normal = np.asarray(normal, dtype=float)
    u = np.array([1.0, 0, 0]) if abs(normal[2]) > 0.5 else np.cross([0, 0, 1.0], normal)
    v = np.cross(normal, u)
    a, b = (g.ravel() for g in np.meshgrid(*(np.linspace(-s / 2, s / 2, int(round(s / 1e-3)) + 1) for s in size)))
    return np.asarray(centre) + np.outer(a, u) + np.outer(b, v), np.tile(normal, (len(a), 1))


DATUMS = ("top", "one", "side")
GONE = Circle(name="gone", centre=(0.5, 0.5, 0.0), diameter=5e-3, length=1e-3)
ALL = (
    Callout("one", "diameter"),
    Callout("one", "x"),
    Callout("one", "position"),
    Callout("two", "position"),
    Callout("two", "position", DATUMS),
    Callout("one", "perpendicularity", ("top",)),
    Callout("side", "perpendicularity", ("top",)),
    Callout("side", "parallelism"),
    Callout("step", "parallelism", ("top",)),
    Callout("step", "height"),
    Callout("step", "height", DATUMS),
    Callout("width", "thickness"),
    Callout("width", "parallelism"),
    Callout("top", "flatness"),
    Callout("step", "flatness"),
    Callout("one", "roundness"),
    Callout("one", "cylindricity"),
    Callout("step", "profile", ("top",)),
    Callout("skin", "profile", DATUMS),
    Callout("skin", "mean"),
    Callout("gone", "diameter"),
)
LINEAR = ("diameter", "x", "position", "perpendicularity", "parallelism", "height", "thickness")


class Read:
    """A reading whose rows are found by their callout; every test asks for all of them: one compiled program."""

    def __init__(self, surface, cmm, deviation=None, draws=100):
        deviation = np.zeros(len(surface.area)) if deviation is None else deviation
        features = (*FEATURES, GONE)
        self.all = read(features, ALL, probe(features, surface, deviation, cmm), cmm, EXPANSION, draws=draws)

    def __call__(self, field, feature, characteristic, datums=()):
        return getattr(self.all, field)[ALL.index(Callout(feature, characteristic, datums))]


@pytest.fixture(scope="module")
def bent(surface):
    """Faces that lean and twist by up to a few hundred micrometres, holes that lean and are oval: one point or end of
    each is far beyond all others."""
    x, y, z = surface.position.T
    faces = 1e-3 * x + 2e-3 * y + 30e-3 * x * y + 1e-3 * z + 0.2 * (x - 0.05) * (z + 0.01)
    oval = 40e-6 * np.cos(2 * np.arctan2(y - 0.03, x - 0.02)) + 3e-3 * (z + 5e-3) * surface.normal[:, 0]
    hole = (np.abs(surface.normal[:, 2]) < 0.5) & (x > 0.01) & (x < 0.09) & (y > 0.02)
    return np.where(hole, oval + 60e-6 * surface.normal[:, 0], faces)


def test_the_nominal_part_reads_nominal(surface, cmm):
    reading = Read(surface, cmm).all
    np.testing.assert_allclose(reading.value[:-1], reading.nominal[:-1], atol=1e-12)
    assert reading.nominal[:2] == pytest.approx([10e-3, 20e-3])
    assert np.nanmax(reading.minimum_zone) < 1e-12
    assert np.isnan(reading.value[-1]) and np.isnan(reading.uncertainty[-1])  # no surface there


def test_uncertainty_budget_in_closed_form(surface, cmm):
    """Means of n points, twice a radius, two places a length apart, strains times length (GUM 5.1.2)."""
    reading = Read(surface, cmm)
    strain = EXPANSION * cmm.part_scatter
    probe_, tip, place, scale, temperature = reading("budget", "one", "diameter")
    np.testing.assert_allclose([probe_, tip, temperature], [2 * cmm.probe / 45**0.5, 2 * cmm.tip, 1e-2 * strain], 1e-6)
    assert place < 1e-12
    assert scale == pytest.approx(1e-2 * cmm.scale / np.sqrt(2), rel=1e-6)  # the mean of the scales of X and Y
    # 25 points of a centred grid: the plane's height is their mean; the two faces are two places
    thickness = [np.sqrt(2 / 25) * cmm.probe, 2 * cmm.tip, np.sqrt(2) * cmm.place, 0.1 * cmm.scale, 0.1 * strain]
    np.testing.assert_allclose(reading("budget", "width", "thickness"), thickness, rtol=1e-6)
    np.testing.assert_allclose(reading("uncertainty", "width", "thickness"), np.linalg.norm(thickness), rtol=1e-6)
    assert thickness[2] == pytest.approx(cmm.length_constant / np.sqrt(3))  # A of the limit, rectangular


def test_propagation_and_monte_carlo_agree(surface, cmm, bent):
    """Zones far larger than the probe's error. 4,000 draws give a standard deviation to 1.1 %; within 4 of these."""
    reading = Read(surface, cmm, bent, draws=4000).all
    rows = [i for i, c in enumerate(ALL[:-1]) if c.characteristic in LINEAR]
    u = reading.uncertainty[rows]
    np.testing.assert_allclose(reading.monte_carlo[rows], u, rtol=0.045)
    assert (np.abs(reading.mean_error[rows]) < 0.1 * u + 4 * u / np.sqrt(4000)).all()


def test_a_form_of_two_points_and_a_form_of_none(surface, cmm):
    """Flatness where propagation holds, and where it does not.

    The top has one high and one low point, 100 um from all others: the same two in every draw. The step is flat: what
    is read is noise on a 5 x 5 grid, whose mean and scatter an independent draw of plane fits gives.
    """
    deviation = np.zeros(len(surface.area))
    for place, height in (((0.03, 0.018, 0.0), 100e-6), ((0.07, 0.042, 0.0), -100e-6)):
        near = np.linalg.norm(surface.position - place, axis=1) < 2.5e-3
        assert near.any()
        deviation[near & (surface.normal[:, 2] > 0.5)] = height
    reading = Read(surface, cmm, deviation, draws=4000)
    u = reading("uncertainty", "top", "flatness")
    assert reading("value", "top", "flatness") > 100e-6
    assert reading("monte_carlo", "top", "flatness") == pytest.approx(u, rel=0.045)
    assert abs(reading("mean_error", "top", "flatness")) < 4 * u / np.sqrt(4000)
    rng = np.random.default_rng(1)
    a, b = (g.ravel() for g in np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 5)))
    columns = np.column_stack([np.ones(25), a, b])
    noise = cmm.probe * rng.standard_normal((25, 4000))
    spread = np.ptp(noise - columns @ np.linalg.lstsq(columns, noise, rcond=None)[0], axis=0)
    assert reading("mean_error", "step", "flatness") == pytest.approx(spread.mean(), rel=0.02)
    assert reading("monte_carlo", "step", "flatness") == pytest.approx(spread.std(), rel=0.05)


def test_a_tilted_face_is_not_parallel_but_flat(surface, cmm):
    """A step that rises 3e-4 along x, probed over 80 mm: parallelism 24 um, flatness nothing."""
    step = (np.abs(surface.position[:, 2] + 5e-3) < 1e-6) & (surface.normal[:, 2] > 0.5)
    reading = Read(surface, cmm, np.where(step, 3e-4 * (surface.position[:, 0] - 0.05), 0.0))
    assert reading("value", "step", "parallelism", ("top",)) == pytest.approx(24e-6, abs=1e-9)
    assert reading("value", "step", "profile", ("top",)) == pytest.approx(24e-6, abs=1e-9)
    assert reading("value", "step", "flatness") < 1e-9


def test_a_motion_of_the_whole_part_is_seen_only_without_datums(surface, cmm):
    """Turned by 100 urad about Z and lifted by 10 um: with three datums every place is as before."""
    turn, lift = 100e-6, 10e-6
    x, y = surface.position[:, 0], surface.position[:, 1]
    moved = np.stack([-turn * y, turn * x, np.full_like(x, lift)], axis=1)
    reading = Read(surface, cmm, np.sum(moved * surface.normal, axis=1))
    # hole two lies at (80, 30) mm; the side leans by the turn over the 80 mm that are probed
    assert reading("value", "two", "position") == pytest.approx(2 * turn * np.hypot(0.08, 0.03), rel=1e-3)
    assert reading("value", "side", "parallelism") == pytest.approx(turn * 0.08, rel=1e-6)
    assert reading("value", "step", "height") == pytest.approx(-5e-3 + lift, abs=1e-12)
    assert reading("value", "step", "height", DATUMS) == pytest.approx(-5e-3, abs=1e-8)
    assert reading("value", "two", "position", DATUMS) < 2e-8
    assert reading("value", "skin", "profile", DATUMS) < 2e-8
    assert reading("value", "side", "perpendicularity", ("top",)) < 1e-8
    fixed = [reading("fixed", "two", "position"), reading("fixed", "two", "position", DATUMS)]
    assert [*fixed, reading("fixed", "step", "profile", ("top",))] == [0, 6, 3]


def test_a_leaning_hole(surface, cmm):
    """A lean of 0.5 mrad over 8 mm: perpendicularity 4 um; position about the middle is the same 4 um."""
    hole = np.linalg.norm(surface.position[:, :2] - [0.02, 0.03], axis=1) < 6e-3
    hole &= np.abs(surface.normal[:, 2]) < 0.5
    shift = 5e-4 * (surface.position[:, 2] + 5e-3)
    reading = Read(surface, cmm, np.where(hole, shift * surface.normal[:, 0], 0.0))
    assert reading("value", "one", "perpendicularity", ("top",)) == pytest.approx(4e-6, abs=5e-8)
    assert reading("value", "one", "position") == pytest.approx(4e-6, abs=5e-8)


def test_minimum_zones_are_not_wider(surface, cmm, bent):
    reading = Read(surface, cmm, bent).all
    there = np.isfinite(reading.minimum_zone)
    assert there.sum() == 4
    assert (reading.minimum_zone[there] <= reading.value[there] + 1e-12).all()
    assert (reading.minimum_zone[there] > 0.5 * reading.value[there]).all()


def test_a_hotter_room_costs_length(surface, cmm):
    """At 25 degC the expansion coefficient's 10 % matters: hypot(a u_T, 0.1 a 5 K) times the length."""
    warm = Read(surface, replace(cmm, part=25.0))("budget", "width", "thickness")[SOURCES.index("temperature")]
    assert warm == pytest.approx(0.1 * EXPANSION * np.hypot(cmm.part_scatter, 0.5), rel=1e-6)


def test_a_probe_that_does_not_enter(surface, cmm):
    with pytest.raises(InputError, match="probe of 12 mm does not enter 'one' of 10 mm"):
        probe(FEATURES, surface, np.zeros(len(surface.area)), replace(cmm, tip_diameter=12e-3))


def test_default_callouts():
    asked = {(c.feature, c.label) for c in default_callouts(FEATURES)}
    assert ("one", "perpendicularity | top") in asked
    assert ("side", "perpendicularity | top") in asked
    assert ("step", "parallelism | top") in asked
    assert ("width", "thickness") in asked


@pytest.mark.parametrize(
    ("callout", "message"),
    [
        (Callout("three", "diameter"), "feature 'three', which there is not"),
        (Callout("one", "diameter", ("bottom",)), "feature 'bottom'"),
        (Callout("one", "flatness"), "'one' has no flatness"),
        (Callout("one", "position", ("width",)), "'width' cannot be a datum"),
    ],
)
def test_bad_callouts(callout, message):
    with pytest.raises(InputError, match=message):
        setup(FEATURES, (callout,))


def test_a_slot_is_as_wide_as_its_faces_stand_apart(cmm):
    """Faces 4.020 mm apart, with 3 um and 5 um of material left on them, read by the CMM and by the report alike."""
    slot = Slot(name="slot", centre=(0.02, 0.0, -2e-3), normal=(1, 0, 0), width=4e-3, size=(12e-3, 3e-3))
    left, right = (
        sheet((0.02 + sign * 2.01e-3, 0, -2e-3), (-sign, 0, 0), (14e-3, 4e-3)) for sign in (-1, 1)
    )  # fmt: skip
    position, normal = (np.concatenate(a) for a in zip(left, right, strict=True))
    n = len(position)
    part = Surface(position, normal, np.full(n, 1e-6), np.zeros(n, np.int8), np.ones(n, bool))
    deviation = np.repeat([3e-6, 5e-6], [len(left[0]), len(right[0])])
    width = 4.020e-3 - 8e-6
    assert measure(plan((slot,), part), deviation) == pytest.approx([width], abs=1e-12)
    reading = read((slot,), (Callout("slot", "width"),), probe((slot,), part, deviation, cmm), cmm, EXPANSION)
    assert reading.nominal == pytest.approx([4e-3])
    assert reading.value == pytest.approx([width], abs=1e-9)
    assert reading.monte_carlo == pytest.approx(reading.uncertainty, rel=0.05)
