"""From a measured response to the chart: known modes, the critical depth of the formula, errors that name the cause."""

import numpy as np
import pytest
import pyuff

from twin.commands.tip import read_tip
from twin.cutting.dynamics.measured import measured_tip
from twin.cutting.dynamics.modes import Modes, receptance
from twin.cutting.stability import Milling, window, zero_order_lobes
from twin.errors import InputError
from twin.formats.frf import FrequencyResponse, write_frf_csv
from twin.units import MM

# Altintas and Budak (1995): half immersion up, 3 teeth; the least depth by the closed formula, computed elsewhere
X, Y = (603.0, 0.039, 5.59e6), (666.0, 0.035, 5.715e6)
LIMIT, CHATTER = 1.08683, 633.0
KTC, KRC = 600e6, 0.07 * 600e6


def response(frequency, *modes):
    """By definition: sum of 1 / (k (1 - r^2 + 2 i damping r))."""
    total = np.zeros(len(frequency), complex)
    for natural, damping, stiffness in modes:
        r = frequency / natural
        total += 1 / (stiffness * (1 - r**2 + 2j * damping * r))
    return total


def half_up(modes=None):
    entry, leave = window(0.5, up=True)
    return Milling(modes=modes, n_teeth=3, ktc=KTC, krc=KRC, entry=entry, exit=leave)


def write(folder, name, frequency, values):
    file = folder / name
    write_frf_csv(file, FrequencyResponse(2 * np.pi * frequency, values))
    return file


def test_two_files_give_the_limit_of_the_formula(tmp_path):
    """Both by the fitted modes and straight from the response; X and Y on lines of their own."""
    along_x, along_y = np.arange(300.0, 1200.0, 1.0), np.arange(250.0, 1300.0, 0.8)
    files = {
        "frf_x": write(tmp_path, "x.csv", along_x, response(along_x, X)),
        "frf_y": write(tmp_path, "y.csv", along_y, response(along_y, Y)),
    }
    tip = read_tip(files, None)
    assert len(tip.modes.omega) == 2 and tip.misfit.max() < 1e-9
    for fit, (natural, damping, stiffness) in zip(tip.fits, (X, Y), strict=True):
        assert fit.omega / 2 / np.pi == pytest.approx([natural], rel=1e-9)
        assert fit.damping == pytest.approx([damping], rel=1e-8) and fit.stiffness == pytest.approx([stiffness])
    search = 2 * np.pi * np.arange(400, 900, 0.05)
    depth, at = zero_order_lobes(half_up(tip.modes), search).absolute
    assert depth / MM == pytest.approx(LIMIT, rel=1e-5) and at / 2 / np.pi == pytest.approx(CHATTER, abs=0.06)
    depth, at = zero_order_lobes(half_up(), search, (tip.omega, tip.response)).absolute
    assert depth / MM == pytest.approx(LIMIT, rel=2e-3) and at / 2 / np.pi == pytest.approx(CHATTER, abs=1.0)


def test_noise_is_reported_and_adds_no_modes():
    """Two modes a direction under 1 % of noise: two are found, the misfit is the noise."""
    random = np.random.default_rng(1)
    frequency = np.arange(300.0, 2000.0, 1.0)
    exact = response(frequency, X, (1450.0, 0.02, 1.5e7))
    noise = 0.01 * np.abs(exact).max()
    noisy = exact + noise / np.sqrt(2) * (random.standard_normal(len(exact)) + 1j * random.standard_normal(len(exact)))
    tip = measured_tip((2 * np.pi * frequency, noisy), (2 * np.pi * frequency, noisy))
    assert len(tip.fits[0].omega) == 2
    assert tip.misfit == pytest.approx([0.01, 0.01], rel=0.1)
    assert np.abs(tip.fits[0].stiffness - [5.59e6, 1.5e7]) == pytest.approx(
        0, abs=4 * tip.fits[0].stiffness_error.max()
    )


def test_taps_with_coherence(tmp_path):
    """Hammer records of a known mode, one channel of them noisy: the mode within its errors."""
    period, n = 1 / 10e3, 4096
    time = np.arange(n) * period
    random = np.random.default_rng(0)
    pulse = np.where((time > 2e-3) & (time < 2.6e-3), np.sin(np.pi * (time - 2e-3) / 0.6e-3), 0.0)
    transfer = response(np.fft.rfftfreq(n, period), X)
    lines = ["tap,time_s,force_n,displacement_um"]
    for tap, size in enumerate((150, 220, 180, 200)):
        motion = np.fft.irfft(np.fft.rfft(size * pulse) * transfer, n) * 1e6
        motion += 1e-3 * np.abs(motion).max() * random.standard_normal(n)
        lines += [f"{tap + 1},{t:.6g},{f:.9g},{u:.9g}" for t, f, u in zip(time, size * pulse, motion, strict=True)]
    file = tmp_path / "taps.csv"
    file.write_text("\n".join(lines) + "\n")
    tip = read_tip({"frf": file}, (200.0, 1500.0))
    strongest = np.argmin(tip.fits[0].stiffness)
    assert tip.fits[0].omega[strongest] / 2 / np.pi == pytest.approx(603.0, rel=2e-3)
    assert tip.fits[0].damping[strongest] == pytest.approx(0.039, rel=0.03)
    assert tip.fits[0].stiffness[strongest] == pytest.approx(5.59e6, rel=0.03)


@pytest.mark.parametrize(
    ("frequency", "change", "message"),
    [
        (np.arange(300.0, 1200.0, 30.0), lambda g: g, r"30 Hz apart are too coarse .* along x at 603.* Hz, 47 Hz wide"),
        (np.arange(300.0, 1200.0, 2.0), lambda g: -g, "no modes of positive stiffness"),
        (np.arange(300.0, 310.0, 2.0), lambda g: g, "5 points are too few"),
    ],
)
def test_what_cannot_be_fitted_is_said(tmp_path, frequency, change, message):
    file = write(tmp_path, "tip.csv", frequency, change(response(frequency, X)))
    with pytest.raises(InputError, match=message) as caught:
        read_tip({"frf": file}, None)
    assert "tip.csv" in str(caught.value) and caught.value.remedy


def test_universal_file_with_both_directions(tmp_path):
    """As an analyser exports it: two data sets of accelerations; the one across is not read."""
    file, frequency = tmp_path / "tip.uff", np.arange(400.0, 1000.0, 2.0)
    omega = 2 * np.pi * frequency
    for i, (motion, force, mode) in enumerate(((1, 1, X), (2, 2, Y), (1, 2, X))):
        data = dict(
            type=58, func_type=4, rsp_node=1, rsp_dir=motion, ref_node=1, ref_dir=force, x=frequency,
            data=response(frequency, mode) * -(omega**2), id1=f"{motion}{force}", rsp_ent_name="NONE",
            ref_ent_name="NONE", abscissa_spacing=1, abscissa_spec_data_type=18, ordinate_spec_data_type=12,
            orddenom_spec_data_type=13, ord_data_type=6, num_pts=len(frequency), abscissa_min=400.0, abscissa_inc=2.0,
        )  # fmt: skip
        pyuff.UFF(str(file)).write_sets(data, "overwrite" if i == 0 else "add")
    tip = read_tip({"frf": file}, None)
    assert np.asarray(tip.modes.omega) / 2 / np.pi == pytest.approx([603, 666], rel=1e-6)
    assert np.asarray(tip.modes.direction) == pytest.approx(np.eye(3)[:2])


def test_missing_direction(tmp_path):
    file = tmp_path / "x.csv"
    with pytest.raises(InputError, match="given as frf_x.*frf_x=FILE frf_y=FILE"):
        read_tip({"frf_x": file}, None)
    with pytest.raises(InputError, match="no such file"):
        read_tip({"frf": file}, None)


def test_receptance_takes_any_precision():
    """Single precision and whole numbers, as files and other programs give them, under strict promotion."""
    rows = ([600.0], [0.03], [2_000_000], [[1, 0, 0]])
    modes = Modes(*(np.asarray(row, dtype=kind) for row, kind in zip(rows, (np.float32, float, int, int), strict=True)))
    found = receptance(modes, np.array([300, 900]))
    r = np.array([0.5, 1.5])
    damping = float(np.asarray(modes.damping)[0])
    assert found[:, 0, 0] == pytest.approx(1 / (2e6 * (1 - r**2 + 2j * damping * r)), rel=1e-12)
