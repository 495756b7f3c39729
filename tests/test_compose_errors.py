"""Wrong keys, values, options and files of the configuration: named with place and the nearest right one."""

import pytest
import yaml

from twin.compose import compose, groups
from twin.config import build
from twin.errors import InputError
from twin.explain import option_file
from twin.motion.controller import Controller
from twin.scenario import load_scenario

OWN = """\
# @package _global_
defaults:
  - /tool@tools.1: flat_d10_3fl
scenario:
  name: own
  title: A slot of our own
  program: part.nc
  stock: {kind: box, lower_mm: [0, 0, -20], upper_mm: [60, 40, 0]}
environment: {coolant_follow_ratio: 0.5}
tools:
  "1": {runout_um: 0}
"""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["scenario=nist_plat"], ["no scenario 'nist_plat'", "did you mean nist_plate?", "rib_panel_7075"]),
        (["machine=hurko"], ["did you mean hurco?", "vmc_3axis"]),
        (["tool@tools.1=flat_d10_3f"], ["no tool 'flat_d10_3f' for tools.1", "did you mean flat_d10_3fl?"]),
        (["wear=ti_6al4v"], ["did you mean ti_6al_4v?"]),
        (["scenrio=nist_plate"], ["scenrio", "did you mean scenario?"]),
        (["tools.1.stick_out_mm=[3"], ["'tools.1.stick_out_mm=[3' cannot be read"]),
        (["scenario=gone.yaml"], ["gone.yaml", "no such scenario"]),
        (["part.yaml"], ["'part.yaml' says nothing by itself", "write scenario=part.yaml"]),
        (["nist_plate"], ["write scenario=nist_plate"]),
        (["tools.1.stickout_mm=40"], ["no key tools.1.stickout_mm", "did you mean tools.1.stick_out_mm?"]),
        (["feed=90"], ["no key feed ", "did you mean process.feed_pct?"]),
        (["feed_mm_min=900"], ["did you mean process.feed_pct?"]),
        (["stick_out=45"], ["did you mean tools.3.stick_out_mm?"]),
        (["scenario.plate=2"], ["nobody has set scenario.plate", "write +scenario.plate=2"]),
        (["tools.9.stick_out_mm=40"], ["no tools.9", "it has tools.1, tools.2"]),
        (["material.cutting.chosen.ktc_n_mm2=7"], ["material.cutting is a list", "material.cutting.0.ktc_n_mm2"]),
    ],
)
def test_overrides(words, says):
    with pytest.raises(InputError) as error:
        compose(words)
    assert all(word in str(error.value) for word in says), error.value
    assert "\n" not in str(error.value)


def test_a_misspelt_file(own):
    with pytest.raises(InputError, match="did you mean own.yaml?"):
        compose([f"scenario={own().with_name('ovn.yaml')}"])


def test_groups_that_may_be_left_out():
    left_out = ("wear", "structure", "residual_stress", "bench")
    config = compose([f"{group}=null" for group in left_out])
    assert not any(config.get(group) for group in left_out)


@pytest.fixture
def own(tmp_path):
    """Writes the own scenario with one thing changed; the program is not needed to see what is wrong."""

    def write(old="", new=""):
        (tmp_path / "part.nc").write_text("G21\nT1 M6\nS1000 M3\nG0 X0 Y0 Z5\nG1 Z-1 F100\nX10\nG0 Z5\nM30\n")
        file = tmp_path / "own.yaml"
        assert old in OWN
        file.write_text(OWN.replace(old, new) if old else OWN)
        return file

    return write


def test_an_own_file_is_a_scenario(own, tmp_path, monkeypatch):
    file = own()
    scenario = load_scenario(f"scenario={file}")
    assert scenario.program_file == str(tmp_path / "part.nc")
    assert scenario.tools[1].runout == 0 and scenario.environment.coolant_follow == 0.5
    monkeypatch.chdir(tmp_path)
    again = load_scenario("scenario=own", "tools.1.runout_um=4")
    assert again.part == scenario.part and again.tools[1].runout == pytest.approx(4e-6)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("runout_um", "runuot_um", ["own.yaml:11", "unknown key tools.1.runuot_um", "did you mean runout?"]),
        ("runout_um: 0", "runout_kg: 0", ["own.yaml:11", "tools.1.runout_kg is in kg, expected m", "_um"]),
        ("runout_um: 0", "diameter_mm: -3", ["own.yaml:11", "diameter -3 mm is not positive"]),
        ("follow_ratio: 0.5", "follow_ratio: 5", ["own.yaml:9", "is 5", "allowed: 0 to 1"]),
        ("flat_d10_3fl", "flat_d10_3f", ["no tool 'flat_d10_3f'", "did you mean flat_d10_3fl?"]),
        ("  name: own", "  name own", ["own.yaml:", "no YAML"]),
        ("scenario:", "scenari:", ["own.yaml", "no 'scenario:'"]),
    ],
)
def test_what_is_wrong_in_an_own_file_is_placed(own, old, new, says):
    with pytest.raises(InputError) as error:
        load_scenario(f"scenario={own(old, new)}")
    assert all(word in str(error.value) for word in says), error.value


@pytest.mark.parametrize("option", groups()["controller"])
def test_a_controller_that_cannot_be(option):
    values = yaml.safe_load(option_file("controller", option).read_text())
    build(Controller, values, "controller")
    for key, said in (("velocity_mm_s", "above 0"), ("acceleration_m_s2", "above 0")):
        axis = {k: v for k, v in values["axis"]["x"].items() if not k.startswith(key.partition("_")[0])}
        changed = {**values, "axis": {**values["axis"], "x": {**axis, key: -1}}}
        with pytest.raises(InputError, match=rf"controller\.axis\.x\.{key} is -1 \(allowed: {said}"):
            build(Controller, changed, "controller")


def test_an_override_is_not_blamed_on_the_file(own):
    with pytest.raises(InputError) as error:
        load_scenario(f"scenario={own()}", "tools.1.diameter_mm=-3")
    assert error.value.file is None
