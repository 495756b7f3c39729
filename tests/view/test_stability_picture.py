"""`twin stability` from the command line: a picture, a table, clear errors."""

import numpy as np
import pytest
from matplotlib.image import imread

from twin.commands.stability import read_modes
from twin.errors import InputError
from twin.formats.frf import FrequencyResponse, write_frf_csv

MODE = "modes:\n  - {frequency_hz: 922, damping_ratio: 0.03, stiffness_n_um: 20, direction: x}\n"


def test_chart_of_a_tool_by_modes_of_a_file(desk, capsys):
    (desk / "modes.yaml").write_text(MODE)
    words = [
        "scenario=own",
        "tool=1",
        "--no-program",
        "--modes",
        str(desk / "modes.yaml"),
        "--speed-rpm",
        "8000",
        "16000",
    ]
    picture = desk / "chart.png"
    from twin.commands import stability

    stability.main([*words, "--conf", str(desk / "conf"), "--output", str(picture)])
    assert imread(picture).shape[1] > 1000
    text = capsys.readouterr().out
    assert "Best speeds" in text and "stable at every speed up to" in text


def test_chart_of_a_measured_response(desk, capsys):
    """Two pictures; the limit straight from the response is said beside that of its modes."""
    from twin.commands import stability

    frequency = np.arange(400.0, 1600.0, 2.0)
    r = frequency / 922
    response = 1 / (20e6 * (1 - r**2 + 0.06j * r))
    write_frf_csv(desk / "tip.csv", FrequencyResponse(2 * np.pi * frequency, response))
    words = ["scenario=own", "tool=1", f"frf={desk / 'tip.csv'}", "--no-program", "--speed-rpm", "8000", "16000"]
    picture = desk / "chart.png"
    stability.main([*words, "--conf", str(desk / "conf"), "--output", str(picture)])
    assert imread(picture).shape[1] > 1000 and imread(desk / "chart_frf.png").shape[1] > 1000
    text = capsys.readouterr().out
    assert "922.00" in text and "by the response itself" in text and "the fit misses 0.00%" in text
    with pytest.raises(InputError, match="both a measured response and modes"):
        stability.main([*words, "--modes", "m.yaml", "--conf", str(desk / "conf")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing: 1", "no list 'modes'"),
        ("modes: []", "empty"),
        (MODE.replace("20", "-20"), "stiffness -2e\\+07"),
        (MODE.replace("direction: x", "direction: w"), "no number"),
        (MODE.replace("frequency_hz", "frequency"), "exactly frequency_hz"),
    ],
)
def test_bad_modes_are_one_clear_error(tmp_path, text, message):
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_modes(tmp_path / "m.yaml")
    with pytest.raises(InputError, match="no such file"):
        read_modes(tmp_path / "other.yaml")
