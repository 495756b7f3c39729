"""Two programs that share no code: the vibration in time against the multipliers of the monodromy operator.

What the published tables do not hold: variable pitch, process damping, two modes that are not alike.
"""

import numpy as np
import pytest
from time_domain_cases import RPM, down, make_coefficients, make_milling, make_modes, make_tool

from twin.cutting.stability import Milling as Engagement
from twin.cutting.stability import floquet_multipliers
from twin.cutting.time_domain import growth, simulate

COEFFICIENTS = make_coefficients(750e6, 68)
MODES = make_modes((500, 0.03, 8e6, "x"), (700, 0.02, 1e7, "y"))
CASES = {  # pitch in degrees, arc, C in N/m, rpm, depth in mm
    "unlike modes": ((), down(0.5), 0.0, 6100, 0.5),
    "variable pitch": ((80, 100, 80, 100), down(0.5), 0.0, 6100, 0.5),
    "process damping": ((), down(0.5), 2e5, 3000, 0.5),
}


@pytest.mark.parametrize("name", CASES)
def test_transient_dies_as_the_multiplier_says(name):
    degrees, arc, constant, rpm, depth = CASES[name]
    pitch = tuple(np.radians(degrees))
    engagement = Engagement(
        modes=MODES, n_teeth=4, ktc=COEFFICIENTS.ktc, krc=COEFFICIENTS.krc, entry=arc[0], exit=arc[1],
        process_damping=constant, radius=9.5e-3, pitch=pitch,
    )  # fmt: skip
    expected = np.abs(floquet_multipliers(engagement, rpm * RPM, depth * 1e-3).value).item()
    milling = make_milling(rpm, depth * 1e-3, arc, feed_per_tooth=1e-3, process_damping=constant)
    signals = simulate(
        make_tool(pitch=pitch), milling, COEFFICIENTS, MODES, n_revolutions=30, steps_per_revolution=3600
    )
    # the multipliers next in size blur the fit of the largest: three digits
    assert growth(signals, n_terms=8, skip=2)[0] == pytest.approx(expected, rel=1e-3)
