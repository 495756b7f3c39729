"""Every cutter of conf/tool: it can be made, cut with and drawn, and says which standard or series it follows."""

import re

import numpy as np
import pytest
import yaml
from matplotlib.figure import Figure

from twin.compose import groups
from twin.config import build
from twin.cutting import cutters
from twin.explain import option_file
from twin.machine.tool import Tool
from twin.origin import heading
from twin.view.cutter import draw_cutter, side_view

NAMES = groups()["tool"]
CLAMPED = {6: 36, 8: 36, 10: 40, 12: 45, 14: 45, 16: 48, 18: 48, 20: 50, 25: 56}  # [mm] by shank, DIN 6535 HA
LETTERS = {"flat": "flat", "ball": "ball", "bull": "bull", "face": "face", "drill": "drill", "spot": "drill",
           "chamfer": "chamfer", "taper": "taper", "rough": "flat", "reamer": "chamfer"}  # fmt: skip


@pytest.fixture(scope="module")
def tools():
    files = {name: option_file("tool", name) for name in NAMES}
    return {name: build(Tool, {"number": 1, **yaml.safe_load(f.read_text())}, file=f) for name, f in files.items()}


def test_how_many(tools):
    generic = [name for name in NAMES if not name.startswith("nist_")]
    assert len(generic) >= 30
    kinds = {tool.kind for tool in tools.values()}
    assert kinds == {"flat", "ball", "bull", "taper", "chamfer", "face", "drill"}


def test_a_cutter_of_each(tools):
    rows = cutters(list(tools.values()))
    np.testing.assert_allclose(rows.radius, [tool.radius for tool in tools.values()])


@pytest.mark.parametrize("name", NAMES)
def test_a_side_view_of_each(tools, name):
    """The drawn flutes are as wide as the tool, and it is drawn up to its holder."""
    axes = Figure().add_subplot()
    side_view(axes, tools[name])
    flutes = axes.collections[0].get_datalim(axes.transData)
    assert flutes.width == pytest.approx(tools[name].diameter * 1e3, rel=1e-3)
    assert axes.collections[2].get_datalim(axes.transData).y0 == pytest.approx(tools[name].stick_out * 1e3)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("nist_")])
def test_what_the_file_says(tools, name):
    """The name tells kind and diameter; the head names a standard, a series, or that it is assumed; no maker."""
    tool, said = tools[name], heading(option_file("tool", name))
    assert tool.kind == LETTERS[name.partition("_")[0]]
    size = float(re.search(r"_d(\d+(?:p\d+)?)", name)[1].replace("p", "."))
    tapered = tool.kind in ("taper", "face") and tool.tip_diameter
    assert size == pytest.approx((tool.tip_diameter if tapered else tool.diameter) * 1e3)
    assert re.search(r"DIN|ISO|Typical|[Aa]ssum", said)
    assert "maker's sheet" in said or "Assumption" in said


STATED = re.compile(r"stick_out_mm: (\d+)\s+# (\d+) overall less the clamped (\d+) of DIN 6535")


def test_shanks_are_clamped_over_the_length_of_din_6535(tools):
    stated = {name: found for name in NAMES if (found := STATED.search(option_file("tool", name).read_text()))}
    assert len(stated) > 40
    for name, found in stated.items():
        stick_out, overall, clamped = map(int, found.groups())
        assert overall - clamped == stick_out
        shank = tools[name].shank_diameter * 1e3
        assert CLAMPED[min(size for size in CLAMPED if size >= shank - 1e-9)] == clamped, name


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_a_whole_picture_of_each(tools, tmp_path, name):
    tool = tools[name]
    draw_cutter(tool, tmp_path / "tool.png", 5e-5, min(tool.radius, tool.flute_length))
    assert (tmp_path / "tool.png").stat().st_size > 20_000
