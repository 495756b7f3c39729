"""Stock, target and clamp from STL files through the whole chain: what is left, cut too deep and hit is known by hand.

The program cuts a slot 10 mm wide and 2 mm deep along Y20 of a block of 60 x 40 x 20 mm.
"""

import numpy as np
import pytest
import trimesh
from own_scenario import OWN_SCENARIO, make_desk

from twin.config import build
from twin.scenario import SolidConfig, load_scenario, solid_of
from twin.simulate import simulate

pytestmark = pytest.mark.usefixtures("jax_as_users_have_it")

MESHES = """\
  stock: {kind: mesh, file: blank.stl}
  target: {kind: mesh, file: target.stl}
  fixtures: [{kind: mesh, file: clamp.stl}]
"""


def slotted_block(width: float, depth: float) -> trimesh.Trimesh:
    """The block with a slot along Y20 [mm]."""
    left, right = 20 - width / 2, 20 + width / 2
    profile = [(0, -20), (40, -20), (40, 0), (right, 0), (right, -depth), (left, -depth), (left, 0), (0, 0)]
    vertices = [(x, y, z) for x in (0, 60) for y, z in profile]
    front = np.array([(0, 1, 4), (1, 2, 4), (2, 3, 4), (0, 4, 5), (0, 5, 7), (5, 6, 7)])
    i, j = np.arange(8), np.roll(np.arange(8), -1)
    sides = np.concatenate([np.stack([i, j, j + 8], 1), np.stack([i, j + 8, i + 8], 1)])
    return trimesh.Trimesh(vertices, np.concatenate([front[:, ::-1], front + 8, sides]))


@pytest.fixture(scope="module")
def result(tmp_path_factory, jax_as_users_have_it):
    desk = make_desk(tmp_path_factory.mktemp("mesh"))
    folder = desk / "scenarios" / "own"
    trimesh.creation.box(bounds=[(0, 0, -20), (60, 40, 0)]).export(folder / "blank.stl")
    slotted_block(width=9.0, depth=2.5).export(folder / "target.stl")
    trimesh.creation.box(bounds=[(64, 15, -20), (80, 25, 5)]).export(folder / "clamp.stl")
    box = "  stock: {kind: box, lower_mm: [0, 0, -20], upper_mm: [60, 40, 0]}\n"
    assert box in OWN_SCENARIO
    (desk / "conf" / "scenario" / "own.yaml").write_text(OWN_SCENARIO.replace(box, MESHES))
    return simulate(load_scenario("scenario=own", conf=desk / "conf"))


def test_the_floor_is_half_a_millimetre_high(result):
    surface = result["surface"]
    floor = surface.machined.values & (surface.normal.values[:, 2] > 0.9)
    assert np.median(surface.excess_um.values[floor]) == pytest.approx(500, abs=0.1)


def test_the_walls_are_cut_half_a_millimetre_too_deep(result):
    surface = result["surface"]
    wall = (
        surface.machined.values
        & (np.abs(surface.normal.values[:, 1]) > 0.9)
        & (surface.position_mm.values[:, 2] < -0.6)
    )
    assert np.median(surface.excess_um.values[wall]) == pytest.approx(-500, abs=0.1)


def test_the_tool_that_runs_into_the_clamp_is_reported_with_its_line(result):
    """The clamp stands 5 mm proud at X64: the tool of radius 5 mm reaches it in the cut, 7 mm deep."""
    assert "line 6: fixture contact, 7.00 mm deep" in str(result.tree.attrs["collisions"])


def test_the_slot_is_removed_from_the_mesh(result):
    assert float(result["segments"].removed_mm3.sum()) == pytest.approx(1200, rel=2e-3)


def test_the_part_of_a_run_turned_over_is_the_stock_of_a_second_setup(tmp_path):
    slotted_block(width=10.0, depth=2.0).export(tmp_path / "part.stl")
    wanted = {"kind": "run", "file": str(tmp_path), "rotate_deg": [180, 0, 0], "shift_mm": [0, 40, -20]}
    stock = solid_of(build(SolidConfig, wanted, "scenario.stock"), "scenario.stock", [])
    assert stock.volume * 1e9 == pytest.approx(60 * 40 * 20 - 60 * 10 * 2)
    np.testing.assert_allclose(stock.bounds, np.array([[0, 0, -20], [60, 40, 0]]) * 1e-3, atol=1e-9)
    ceiling = np.isclose(stock.vertices[:, 2], -18e-3, atol=1e-9)  # of the slot, which is underneath now
    assert sorted({round(float(y) * 1e3, 6) for y in stock.vertices[ceiling, 1]}) == [15, 25]
