"""`twin optimise` from the command line: bad limits are one clear error, and nothing is written."""

import pytest

from twin.__main__ import main


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("advice.limits.force_n=-5", "advice limit force is -5"),
        ("advice.limits.forse_n=5", "unknown key advice.limits.forse_n"),
        ("advice.limits.force_mm=5", "is in m, expected N"),
        ("advice=none_such", "none_such"),
    ],
)
def test_bad_limits(desk, capsys, word, message):
    words = ["optimise", "scenario=own", "--conf", str(desk / "conf"), "--outputs", str(desk / "out"), word]
    assert main(words) == 2
    assert message in capsys.readouterr().err
    assert not (desk / "out").exists()
