"""`twin stability` from the command line: a picture, a table, clear errors."""

import pytest
from matplotlib.image import imread

from twin.commands.stability import read_modes
from twin.errors import InputError

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
