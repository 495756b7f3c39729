"""`twin new`: a scenario from one's own program; what it reads, what it guesses, what it refuses."""

import numpy as np
import pytest
import trimesh
import yaml

from twin.__main__ import main
from twin.program import linearise
from twin.scenario import load_scenario
from twin.simulate import read_program
from twin.stock import cut
from twin.stock.path_check import check_path_in_stock

SLOT = """\
%
O0012(SLOT IN 7075 PLATE)
(T4 D=10. CR=0. - ZMIN=-2. - FLAT END MILL)
G21 G90 G17 G94 G54
T4 M6
S8000 M3
G0 X-10 Y20
G0 Z-2
G1 X70 F1200
G0 Z50
M30
"""
DIAMETERS = {15: 3.0, 3: 0.5, 4: 0.25, 5: 0.125, 1: 0.093, 7: 0.5, 23: 0.125}  # [in] Plate-Setup-and-Tooling.xlsx


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """The working directory, with a program and its stock, drawn with its corner at the origin."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slot.nc").write_text(SLOT)
    box = trimesh.creation.box((60, 40, 20))
    box.apply_translation((30, 20, -10))
    box.export("stock.stl")
    return tmp_path


def new(*words):
    assert main(["new", *words]) == 0


def path_of(scenario):
    return linearise(read_program(scenario), chord_tolerance=2e-6, max_length=2e-3)


def test_from_program_and_stock_to_the_material_removed(desk, capsys):
    """A slot of 10 x 60 x 2 mm, by the dexels of the removal."""
    new("slot.nc", "stock.stl")
    out = capsys.readouterr().out
    assert "twin run scenario=slot.yaml" in out and "SLOT IN 7075 PLATE" in out
    scenario = load_scenario("scenario=slot.yaml", "model=fast")
    assert scenario.material.name == "AA7075-T6"
    path = path_of(scenario)
    assert check_path_in_stock(path, scenario.stock, scenario.tools) == ()
    done = cut(path, scenario.tools, scenario.stock, scenario.model.removal, (), None, "slot.nc")
    assert done.removed_volume == pytest.approx(10 * 60 * 2 * 1e-9, rel=1e-3)


def test_found_from_another_folder(desk, tmp_path_factory, monkeypatch):
    new("slot.nc", "stock.stl", "--output", "other.yaml")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    scenario = load_scenario(f"scenario={desk / 'other.yaml'}")
    assert scenario.program_file == str(desk / "slot.nc") and scenario.part.name == "other"
    np.testing.assert_allclose(scenario.stock.upper, [0.06, 0.04, 0], atol=1e-9)


@pytest.mark.parametrize(
    ("shift", "expected"),
    [((0, 0, 0), (0, 0, 0)), ((-30, -20, 10), None), ((100, 50, 7), (-100, -50, -7))],
    ids=["in place", "elsewhere it holds no cut", "beside"],
)
def test_where_the_stock_lies(desk, shift, expected):
    """The part zero of the program is a corner of the top; a stock drawn elsewhere is moved there."""
    box = trimesh.creation.box((60, 40, 20))
    box.apply_translation(np.array((30, 20, -10)) + shift)
    box.export("stock.stl")
    new("slot.nc", "stock.stl")
    text = (desk / "slot.yaml").read_text()
    stock = yaml.safe_load(text)["scenario"]["stock"]
    moved = expected if expected is not None else tuple(-np.array(shift))
    assert tuple(stock.get("shift_mm", (0, 0, 0))) == pytest.approx(moved)
    assert ("GUESS: part zero taken to be the corner" in text) == any(moved)


def test_a_contour_around_the_stock(desk):
    """Its path lies beside the stock, half a tool away, and leads in from further off."""
    walk = "X-4.5 Y-20 G1 Z-5 F500 G1 Y44.5 F1000\nX64.5\nY-4.5\nX-20\n"
    (desk / "slot.nc").write_text(SLOT.replace("Z-2\nG1 X70 F1200\n", "Z1\n" + walk.replace(" G1", "\nG1")))
    new("slot.nc", "stock.stl")
    np.testing.assert_allclose(load_scenario("scenario=slot.yaml").stock.upper, [0.06, 0.04, 0], atol=1e-9)


def test_a_stock_in_inches(desk):
    box = trimesh.load_mesh("stock.stl")
    box.apply_scale(1 / 25.4)
    box.export("inch.stl")
    assert main(["new", "slot.nc", "inch.stl"]) == 2
    new("slot.nc", "inch.stl", "stock.unit=in")
    np.testing.assert_allclose(load_scenario("scenario=slot.yaml").stock.upper, [0.06, 0.04, 0], atol=1e-6)


def test_without_a_stock_the_box_that_the_tools_reach(desk):
    new("slot.nc")
    stock = load_scenario("scenario=slot.yaml").stock
    np.testing.assert_allclose(stock.lower, [-0.015, 0.015, -0.003], atol=1e-9)
    np.testing.assert_allclose(stock.upper, [0.075, 0.025, 0.0], atol=1e-9)


@pytest.mark.parametrize("plate", ["01", "02", "08", "10", "11", "13", "16", "19"])
def test_tools_of_the_nist_plates(data_dir, plate):
    """Against the diameters of NIST's own setup sheet."""
    from twin.formats.tool_list import listed_tools

    found = listed_tools((data_dir / "nist_plates" / f"plate_{plate}.nc").read_text())
    assert {n: pytest.approx(inches * 25.4e-3) for n, inches in DIAMETERS.items()} == {
        n: tool.diameter for n, tool in found.items()
    }


def test_a_real_program(desk, data_dir, capsys):
    new(str(data_dir / "nist_plates" / "plate_19.nc"))
    assert "T23 kind" in capsys.readouterr().out  # a spot drill that engraves
    scenario = load_scenario("scenario=plate_19.yaml")
    assert {n: tool.kind for n, tool in scenario.tools.items()} == {
        15: "face", 3: "flat", 4: "flat", 5: "flat", 1: "flat", 7: "drill", 23: "chamfer",
    }  # fmt: skip
    path = path_of(scenario)
    assert check_path_in_stock(path, scenario.stock, scenario.tools) == ()
    # the plate is a 5 x 3 in blank; the tools run around it
    size = np.ptp(scenario.stock.bounds, axis=0)
    assert 0.127 < size[0] < 0.127 + 2 * 0.02 and 0.0762 < size[1] < 0.0762 + 2 * 0.03


def test_what_the_words_state_is_no_guess(desk, capsys):
    (desk / "slot.nc").write_text(SLOT.replace("FLAT END MILL", "MILL"))
    new("slot.nc", "stock.stl", "tool.4.n_teeth=2", "tool.4.stick_out_mm=60", "material=ti_6al_4v", "machine=hurco")
    scenario = load_scenario("scenario=slot.yaml")
    assert scenario.tools[4].n_teeth == 2 and scenario.tools[4].stick_out == pytest.approx(0.06)
    assert scenario.material.name == "Ti-6Al-4V" and scenario.machine.name.startswith("Hurco")
    assert "GUESS teeth" not in (desk / "slot.yaml").read_text()


def test_a_diameter_in_inches(desk):
    new("slot.nc", "stock.stl", "tool.4.diameter_in=0.5")
    assert load_scenario("scenario=slot.yaml").tools[4].diameter == pytest.approx(12.7e-3)


def test_every_guess_is_marked_and_told(desk, capsys):
    new("slot.nc", "stock.stl")
    out, text = capsys.readouterr().out, (desk / "slot.yaml").read_text()
    for what in (
        "machine",
        "controller",
        "environment",
        "work offsets",
        "place on the machine",
        "T4 teeth",
        "T4 lengths",
    ):
        assert what in out.split("guessed")[1]
        assert what in load_scenario("scenario=slot.yaml").part.guessed  # the report lists it
    assert text.count("GUESS") >= 8


def test_a_deep_tool_sticks_out_and_is_relieved(desk):
    deep = SLOT.replace("D=10.", "D=6.").replace("G0 Z-2\n", "G1 Z-30 F100\n")
    (desk / "slot.nc").write_text(deep.replace("G0 X-10 Y20", "G0 X-10 Y20 Z5"))
    new("slot.nc")
    tool = load_scenario("scenario=slot.yaml").tools[4]
    assert tool.stick_out == pytest.approx(0.033) and tool.shank_diameter < tool.diameter


def test_a_program_that_calls_no_tool(desk):
    (desk / "slot.nc").write_text(SLOT.replace("T4 M6\n", "").replace("(T4 D=10.", "(END MILL D=10."))
    new("slot.nc", "stock.stl")
    scenario = load_scenario("scenario=slot.yaml")
    assert set(path_of(scenario).tool) == set(scenario.tools) == {0}


@pytest.mark.parametrize(
    ("change", "words", "says"),
    [
        (("(T4 D=10. CR=0. - ZMIN=-2. - FLAT END MILL)\n", ""), [], ["slot.nc:4", "T4", "tool.4.diameter_mm=10"]),
        (("T4 M6", "T4 M6\nT9"), [], ["slot.nc:6", "T9", "tool.9.diameter_mm=10"]),
        (("T4 M6", 'T="MILL_D10" M6'), [], ["slot.nc:5", 'T="MILL_D10"', "Sinumerik", "tools by number"]),
        (("G1 X70", "G877 X70"), [], ["slot.nc:9", "G877"]),
        (("G1 X70 F1200", "G0 X70"), [], ["no feed move"]),
        (("", ""), ["tool.4.diameter_mm=ten"], ["tool.4.diameter_mm is 'ten'", "positive number"]),
        (("", ""), ["tool.4.diamter_mm=8"], ["tool.4.diamter_mm", "did you mean diameter?"]),
        (("", ""), ["tool.4.kind=flatt"], ["'flatt'", "did you mean flat?"]),
        (("", ""), ["material=ti_6al4v"], ["did you mean ti_6al_4v?"]),
        (("", ""), ["materiel=x"], ["materiel=x"]),
        (("", ""), ["tool.9.n_teeth=2"], ["tool.9", "does not call T9", "it calls T4"]),
        (("", ""), ["gone.stl"], ["gone.stl", "not found"]),
        (("", ""), ["stock.stl", "another.stl"], ["3 files"]),
        (("", ""), ["--output", "slot.txt"], ["slot.txt", ".yaml"]),
    ],
)
def test_bad_input(desk, capsys, change, words, says):
    (desk / "slot.nc").write_text(SLOT.replace(*change) if change[0] else SLOT)
    assert main(["new", "slot.nc", *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1 and all(word in error for word in says), error
    assert not list(desk.glob("*.yaml")) + list(desk.glob(".*"))


def test_a_mesh_is_no_program(desk, capsys):
    assert main(["new", "stock.stl", "slot.nc"]) == 2
    assert "stock.stl: this is no NC program (as: twin new part.nc stock.stl)" in capsys.readouterr().err


def test_no_file_is_overwritten(desk, capsys):
    new("slot.nc")
    assert main(["new", "slot.nc"]) == 2
    assert "already" in capsys.readouterr().err
