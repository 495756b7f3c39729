"""Impossible cuts, modes and steps are refused in one sentence."""

import numpy as np
import pytest
from time_domain_cases import make_coefficients, make_milling, make_modes, make_tool

from twin.cutting.time_domain import detect_chatter, growth, simulate
from twin.errors import InputError

GOOD = dict(
    tool=make_tool(),
    milling=make_milling(6000, 1e-3),
    coefficients=make_coefficients(750e6, 68),
    modes=make_modes((500, 0.02, 8e6, "x")),
    n_revolutions=2,
    steps_per_revolution=360,
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(milling=make_milling(6000, 1e-3, (0.0, 3.5))), "stop 200.535 degrees is outside 0 to 180"),
        (dict(milling=make_milling(6000, 1e-3, (2.0, 1.0))), "not beyond the start"),
        (dict(milling=make_milling([6000, -1.0], 1e-3)), "case 1: spindle -1 rpm is not positive"),
        (dict(milling=make_milling(6000, np.nan)), "depth nan mm is not positive"),
        (dict(milling=make_milling([6000, 7000], [1e-3] * 3)), "cases do not match"),
        (dict(milling=make_milling(6000, 50e-3)), "an edge of 50 mm height, its flutes have 40 mm"),
        (dict(milling=make_milling(6000, 1e-3, process_damping=-1.0)), "process_damping -1 N/m is negative"),
        (dict(modes=make_modes((500, 0.02, -8e6, "x"))), "mode 0: the stiffness is impossible"),
        (dict(modes=make_modes((500, 1.5, 8e6, "x"))), "damping ratio is impossible"),
        (dict(modes=make_modes((np.nan, 0.02, 8e6, "x"))), "not finite"),
        (dict(modes=make_modes((9000, 0.02, 8e6, "x"))), "too coarse: 4 steps a period.*3 times as many"),
        (dict(steps_per_revolution=361), "do not divide the pitch"),
        (dict(milling=make_milling(6000, 1e-3, (0.0, 0.05))), "too coarse for 2.86 degrees.*at least 754"),
        (dict(n_kept=3), "3 of 2 revolutions"),
        (dict(coefficients=make_coefficients(np.nan, 68)), "coefficient is not finite"),
        (dict(tool=make_tool(kind="drill", point_angle=2.0)), "is a drill"),
        (dict(n_slices=0), "0 edge elements"),
        (dict(n_revolutions=10**6, steps_per_revolution=10**4), "does not fit into memory"),
    ],
)
def test_refused(changes, message):
    with pytest.raises(InputError, match=message):
        simulate(**(GOOD | changes))


def test_a_short_recording_tells_no_chatter():
    with pytest.raises(InputError, match="8 periods is too short"):
        detect_chatter(simulate(**GOOD))
    with pytest.raises(InputError, match="8 periods are too few to find 6 multipliers"):
        growth(simulate(**GOOD))
