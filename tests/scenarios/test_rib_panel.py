"""The rib panel: the committed program is the script's, and leaves exactly the part that the dimensions say."""

import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from twin.config import build
from twin.inspection import measure, plan, read_features
from twin.machine.tool import Tool
from twin.program import interpret, linearise
from twin.stock import RemovalSettings, Stock, cut

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "scenarios" / "rib_panel_7075"
CHORD = 2e-6
TOOLS = {1: "bull_d16r1_3fl", 2: "flat_d10_3fl", 3: "drill_d6"}


@pytest.fixture(scope="module")
def scripts():
    """The modules of the scenario's folder."""
    sys.path.insert(0, str(FOLDER))
    try:
        import generate
        import geometry
        import panel
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("generate", "geometry", "panel"):
            sys.modules.pop(name, None)
    return generate, geometry, panel


@pytest.fixture(scope="module")
def tools():
    files = {n: ROOT / "conf" / "tool" / f"{name}.yaml" for n, name in TOOLS.items()}
    return {n: build(Tool, {"number": n, **yaml.safe_load(f.read_text())}, file=f) for n, f in files.items()}


@pytest.fixture(scope="module")
def path(tools):
    file = FOLDER / "rib_panel_7075.nc"
    home = (0.0, 0.0, 0.3, 0.0, 0.0, 0.0)  # above the part: the program starts there
    return linearise(interpret(file.read_text(), file=str(file), tools=tools, home=home), chord_tolerance=CHORD)


def test_committed_files_are_what_the_script_makes(scripts, tmp_path):
    scripts[0].main(tmp_path)
    for name in ("rib_panel_7075.nc", "features.yaml", "thin_walls.yaml"):
        assert (tmp_path / name).read_text() == (FOLDER / name).read_text()


def test_size_of_the_program(path):
    text = (FOLDER / "rib_panel_7075.nc").read_text().splitlines()
    assert len(text) <= 5000
    assert set(path.tool[~path.rapid]) == {1, 2, 3}


def outline(geometry, polygon, radius):
    """Fine polyline around a rounded polygon."""
    points = []
    for corner in geometry.rounded(polygon, radius):
        first, last = (np.arctan2(*(p - corner.centre)[::-1]) for p in (corner.start, corner.end))
        angle = first + np.mod(last - first, 2 * np.pi) * np.linspace(0, 1, 2001)
        points.append(corner.centre + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return np.concatenate(points)


def test_pocket_area_in_closed_form(scripts):
    _, geometry, panel = scripts
    for _, polygon in panel.pockets():
        x, y = outline(geometry, polygon, panel.CORNER).T
        shoelace = 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
        assert geometry.rounded_area(polygon, panel.CORNER) == pytest.approx(shoelace, rel=1e-8)


def test_ribs_are_1_5_mm_thick(scripts):
    """Facing edges of neighbouring pockets: distance of every corner of one from the line of the other."""
    _, _, panel = scripts
    pockets = dict(panel.pockets())
    for row in ("low", "high"):
        for number in (1, 2):
            left, right = pockets[f"{row}_{number}"], pockets[f"{row}_{number + 1}"]
            along = (left[2] - left[1]) / np.linalg.norm(left[2] - left[1])
            normal = np.array([along[1], -along[0]])
            np.testing.assert_allclose((right[[0, 3]] - left[1]) @ normal, 1.5, atol=1e-9)
    gap = pockets["high_1"][:, 1].min() - pockets["low_1"][:, 1].max()
    assert gap == pytest.approx(1.5)


def distance(polygon, points):
    """Of points from a convex polygon; 0 inside."""
    result = np.full(len(points), np.inf)
    inside = np.ones(len(points), bool)
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        along = np.clip((points - a) @ (b - a) / np.sum((b - a) ** 2), 0, 1)
        result = np.minimum(result, np.linalg.norm(points - a - along[:, None] * (b - a), axis=1))
        inside &= (b - a)[0] * (points - a)[:, 1] - (b - a)[1] * (points - a)[:, 0] >= 0
    return np.where(inside, 0.0, result)


@pytest.fixture(scope="module")
def part(tools, path):
    lower, upper = (0.0, 0.0, -30e-3), (240e-3, 160e-3, 1e-3)
    settings = RemovalSettings(
        resolution=0.5e-3,
        band=120e-6,
        n_candidates=2,
        collision_tolerance=20e-6,
        target_tolerance=10e-6,
        n_mib_limit=2000,
    )
    return cut(path, tools, Stock.box(lower, upper), settings)


def test_the_program_leaves_the_part_of_the_drawing(scripts, part):
    """Every column of the machined part, 0.5 mm apart, is as high as the drawing says: no gouge, no rest."""
    _, geometry, panel = scripts
    up = part.surface.family == 2
    cells, found = part.surface.position[up, :2] * 1e3, part.surface.position[up, 2] * 1e3
    drawn = np.zeros(len(cells))
    for _, polygon in panel.pockets():
        drawn[distance(geometry.inset(polygon, panel.CORNER), cells) <= panel.CORNER] = -panel.DEPTH
    assert np.count_nonzero(np.abs(found - drawn) > 1e-3) == 0
    # and there is no material in the bores and holes, but everywhere else
    open_cells = np.zeros((160 * 2, 240 * 2), bool)
    y, x = np.meshgrid(np.arange(320) / 2 + 0.25, np.arange(480) / 2 + 0.25, indexing="ij")
    for centre, size in [(geometry.incircle(p)[0], panel.BORE) for _, p in panel.pockets()] + [
        (np.array(hole), panel.HOLE) for hole in panel.HOLES
    ]:
        open_cells |= np.hypot(x - centre[0], y - centre[1]) < size / 2
    assert len(cells) == np.count_nonzero(~open_cells)


def test_nothing_collides(part):
    assert part.collisions == ()


def test_a_perfect_machine_makes_nominal_features(part):
    """Walls of 1.5 mm, most of them oblique to the grid, within 0.1 um; bores within the chords of their arcs."""
    features = read_features(yaml.safe_load((FOLDER / "features.yaml").read_text()))
    made = plan(features, part.surface)
    error = np.asarray(measure(made, np.zeros(len(part.surface.area)))) - made.nominal
    assert made.n_samples.min() > 300
    walls = np.array([c == "thickness" for c in made.characteristic])
    assert walls.sum() == 21
    assert np.abs(error[walls]).max() < 0.1e-6
    assert np.abs(error[~walls]).max() < 2 * CHORD


def test_expected_volume_of_the_scenario(scripts):
    """The number in conf/ is the closed form."""
    _, _, panel = scripts
    expected = yaml.safe_load((ROOT / "conf" / "scenario" / "rib_panel_7075.yaml").read_text())["scenario"]["expected"]
    block = panel.SIZE[0] * panel.SIZE[1] * (panel.SIZE[2] + panel.SKIN)
    assert expected["removed_volume_mm3"] == pytest.approx(block - panel.finished_volume(), abs=1e-3)
