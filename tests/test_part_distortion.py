"""Release and bending through the whole chain, on a slot whose sections are known by hand."""

from dataclasses import replace

import numpy as np
import pytest

from twin.bending import bending_error, bending_of
from twin.errors import InputError
from twin.scenario import load_scenario
from twin.simulate import machine, predict

pytestmark = pytest.mark.usefixtures("jax_as_users_have_it")

SIZE, E, NU = 10e6, 71.7e9, 0.33  # Pa
PROFILE = """\
name: plate of 20 mm
depth_mm: [0, 10, 20]
rolling_mpa: [-10 ± 2, 10 ± 2, -10 ± 2]
transverse_mpa: [0, 0, 0]
rolling_direction: x
plate_scatter_ratio: 0.2
poisson_ratio: 0.33
source: made for a test
scatter_basis: made for a test
sureness: assumed
"""


@pytest.fixture(scope="module")
def conf(module_desk):
    folder = module_desk / "conf" / "residual_stress"
    folder.mkdir()
    (folder / "own.yaml").write_text(PROFILE)
    return module_desk / "conf"


@pytest.fixture(scope="module")
def scenario(conf):
    return load_scenario("scenario=own", "residual_stress=own", "++scenario.clamping=free", conf=conf)


@pytest.fixture(scope="module")
def machining(scenario, jax_as_users_have_it):
    return machine(scenario, lambda stage: None)


def test_slotted_plate_bends_by_its_composite_section(scenario, machining):
    """A plate of 40 x 20 mm less a slot of 10 x 2 mm along x: N and M of what is left by hand, w'' = M / (E I)."""
    found = predict(scenario, machining, lambda stage: None)
    height = np.linspace(0, 20e-3, 20_001)
    width = np.where(height > 18e-3, 30e-3, 40e-3)
    stress = SIZE * (1 - np.abs(height - 10e-3) / 5e-3)
    area = np.trapezoid(width, height)
    centre = np.trapezoid(width * height, height) / area
    inertia = np.trapezoid(width * (height - centre) ** 2, height)
    curvature = np.trapezoid(width * stress * (height - centre), height) / (E * inertia)
    surface, released = machining.cut.surface, found.contribution[4]
    floor = (surface.normal[:, 2] > 0.99) & (np.abs(surface.position[:, 2] + 2e-3) < 1e-5)
    x = surface.position[floor, 0] - 30e-3
    slope = np.polyfit(x**2, released[floor], 1)[0]
    assert floor.sum() > 1000
    assert slope == pytest.approx(curvature / 2, rel=5e-3)
    machined = surface.machined
    total = found.contribution.sum(axis=0)
    np.testing.assert_allclose(total[machined], found.deviation[machined], atol=0.2e-6)
    assert found.release_scatter is not None
    share = found.release_scatter[floor] / np.abs(released[floor]).clip(1e-12)
    assert np.median(share) > 0.2  # the scatter from plate to plate, and more from each depth


def test_without_a_profile_nothing_is_released(scenario, machining):
    bare = replace(scenario, residual_stress=None)
    found = predict(bare, machining, lambda stage: None)
    assert found.release_scatter is None and not found.contribution[4].any()


def test_a_plate_held_flat_does_not_bend_a_free_one_does(scenario, machining):
    """Free: edges hang lower than the middle while the top is heated, and stand proud when it is even again."""
    flat = replace(scenario, part=replace(scenario.part, clamping="flat"))
    path, power, thermal = machining.toolpath, np.asarray(machining.loads.power_mean), machining.thermal
    heated = thermal.model, scenario.environment, thermal.states, power
    assert not bending_error(bending_of(flat, machining), *heated).any()
    error = np.asarray(bending_error(bending_of(scenario, machining), *heated))
    cutting = np.flatnonzero(power > 300)
    middle = (path.start + path.end)[cutting] / 2 - [30e-3, 20e-3, 0]
    last = cutting[np.argmax(middle[:, 0])]  # the slot is nearly done, 3 s of heat
    curvature = 2 * error[last, 1, 2] / np.sum((path.end[last, :2] - [30e-3, 20e-3]) ** 2)
    # between an insulated underside (q h / 2 k) and one held at its temperature (q h / k), less the first second
    flux = 0.1 * power[last] / (60e-3 * 40e-3)
    most = 23.4e-6 * flux / 130
    assert 0.4 * most < curvature < most


def test_bad_input_is_named(conf):
    with pytest.raises(InputError, match="reaches 31 mm deep, the stock is 20 mm thick"):
        load_scenario("scenario=own", "residual_stress=aa7075_t651_31mm", conf=conf)
    with pytest.raises(InputError, match="there is no residual_stress 'steel'.*own"):
        load_scenario("scenario=own", "residual_stress=steel", conf=conf)
    with pytest.raises(InputError, match="clamping is 'glued'.*flat, free"):
        load_scenario("scenario=own", "++scenario.clamping=glued", conf=conf)
    with pytest.raises(InputError, match="kind cylinder.*a stock of kind box"):
        round_bar = "++scenario.stock={kind: cylinder, base_mm: [0, 0, -20], radius_mm: 30, length_mm: 20}"
        load_scenario("scenario=own", "residual_stress=own", round_bar, conf=conf)
    with pytest.raises(InputError, match="not in equilibrium"):
        load_scenario("scenario=own", "residual_stress=own", "residual_stress.rolling_mpa=[5, 5, 5]", conf=conf)
