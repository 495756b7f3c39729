"""The whole chain on a slot whose numbers are known by hand."""

import hashlib

import numpy as np
import pytest
import xarray as xr
from own_scenario import GOOD_PROGRAM

from twin.labelled import fingerprints
from twin.scenario import load_scenario
from twin.simulate import simulate

pytestmark = pytest.mark.usefixtures("jax_as_users_have_it")


@pytest.fixture(scope="module")
def result(module_desk, jax_as_users_have_it):
    return simulate(load_scenario("scenario=own", conf=module_desk / "conf"))


def test_slot_volume(result):
    """10 x 60 x 2 mm."""
    assert float(result["segments"].removed_mm3.sum()) == pytest.approx(1200, rel=2e-3)


def test_time_of_the_cut(result):
    """80 mm at v = 20 mm/s take 4 s; each ramp at jerk j = 50 m/s3 takes 2 sqrt(v / j) = 40 ms at half the speed."""
    segments = result["segments"]
    cut = segments.line.values == 6
    time = segments.time_s.values[cut]
    assert time[-1, 1] - time[0, 0] == pytest.approx(4.0 + 0.040, abs=1e-3)


def test_mean_power_is_energy_per_volume_plus_edges(result):
    """Full slot: P = ktc a D f + kte a z n D / 2, teeth engaged half of the time (AA7075 review row 190)."""
    segments = result["segments"]
    inside = (segments.line.values == 6) & (segments.start_mm.values[:, 0] > 12) & (segments.end_mm.values[:, 0] < 48)
    depth, diameter, feed, teeth, speed = 2e-3, 10e-3, 1.2 / 60, 3, 8000 / 60 * 2 * np.pi
    shear = 767.01e6 * depth * diameter * feed
    edge = 27.7e3 * depth * teeth / 2 * speed * diameter / 2
    assert segments.power_w.values[inside] == pytest.approx(shear + edge, rel=5e-3)


def test_mean_forces_and_their_scatter(result):
    """Full slot of z teeth, depth a, c a tooth (Altintas, Manufacturing Automation, 2nd ed., 2.4): along the feed
    z a (krc c / 4 + kre / pi), across it z a (ktc c / 4 + kte / pi), axial z a (kac c / pi + kae / 2)."""
    segments = result["segments"]
    inside = (segments.line.values == 6) & (segments.start_mm.values[:, 0] > 12) & (segments.end_mm.values[:, 0] < 48)
    z, a, c = 3, 2e-3, 1.2 / 60 / (8000 / 60 * 3)
    shares = (c / 4, 1 / np.pi), (c / 4, 1 / np.pi), (c / np.pi, 1 / 2)
    chip, edge = ((168.8, 290), (767.01, 310), (222, 140)), ((26.6, 7), (27.7, 7), (0.7, 0.7))
    for axis, (cutting, rubbing), (kc, sc), (ke, se) in zip(range(3), shares, chip, edge, strict=True):
        mean = z * a * (kc * 1e6 * cutting + ke * 1e3 * rubbing)
        scatter = z * a * np.hypot(sc * 1e6 * cutting, se * 1e3 * rubbing)
        assert np.abs(segments.force_mean_n.values[inside, axis]) == pytest.approx(mean, rel=5e-3)
        assert segments.force_mean_deviation_n.values[inside, axis] == pytest.approx(scatter, rel=5e-3)


def test_shares_add_up_to_the_deviation(result):
    surface = result["surface"]
    total = surface.contribution_um.sum("source").values
    made = surface.machined.values
    np.testing.assert_allclose(total[made], surface.deviation_um.values[made], atol=0.2)  # the chords of nothing


def test_heat_of_the_cut_stays_small_and_finite(result):
    temperature = result["thermal"].temperature_degc
    assert np.isfinite(temperature).all()
    # 10 % of about 440 W for 4 s into 130 g of aluminium: 1.4 K if nothing flowed away
    rise = temperature.sel(node="workpiece").values
    assert 0 < rise.max() - rise[0] < 1.4


def test_every_variable_names_its_unit_and_opens_elsewhere(result, tmp_path):
    result.save(tmp_path)
    tree = xr.open_datatree(tmp_path / "result.nc", engine="h5netcdf")
    assert tree.attrs["scenario"] == "own" and tree.attrs["duration_s"] > 4
    for group in ("segments", "surface", "thermal"):
        for name, variable in tree[group].data_vars.items():
            assert variable.attrs["units"], f"{group}/{name}"


def test_attributes_say_what_was_run(result, module_desk):
    attrs = result.tree.attrs
    assert attrs["program_sha256"] == hashlib.sha256(GOOD_PROGRAM.encode()).hexdigest()
    again, other = (
        fingerprints(load_scenario("scenario=own", word, conf=module_desk / "conf"))
        for word in ("tools.1.runout_um=0", "tools.1.runout_um=1")
    )
    assert again == {name: attrs[name] for name in again}
    assert [name for name in again if again[name] != other[name]] == ["inputs_hash"]
    assert attrs["numpy"] == np.__version__ and attrs["seeds"]
