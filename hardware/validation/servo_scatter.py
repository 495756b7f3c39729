"""How far off the predicted following error may be, from the scatter of the servo loops' parameters.

An axis follows its command c through x' = Kv (c - x) + f c' (:mod:`twin.motion.servo`): it lags by e = (1 - f) F[c'],
F a low-pass of first order with time constant and static gain 1 / Kv. To first order in the parameters

    de/df = -F[c'],      de/d(ln Kv) = -(1 - f) Kv F[F[c']]

and lost motion and the error after a reversal change in proportion to themselves. Parameters are independent: squares
add up. Of a parameter that the configuration leaves out (an ideal axis) the whole effect at the prior's median counts.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numba
import numpy as np

from twin.units import MM, UM

if TYPE_CHECKING:  # it loads JAX
    from twin.calibration.parameters import Parameter

GAIN, FORWARD = "gain_per_s", "feed_forward_ratio"
PLAY, SPIKE, DECAY = "backlash_um", "friction_spike_um", "friction_decay_mm"
NAMES = (GAIN, FORWARD, PLAY, SPIKE, DECAY)
STILL = 1e-6  # [mm] between samples


def following_deviation(
    commanded: np.ndarray, period: float, parameters: "Mapping[str, Parameter]", left_out: frozenset[str]
) -> np.ndarray:
    """One standard deviation of the predicted following error (sample,) [mm] of an axis.

    Args:
        commanded: (sample,) [mm] every ``period`` [s].
        parameters: NAMES -> prior, or what a calibration left of it.
        left_out: those of NAMES that the configuration gives no value.
    """
    gain, forward, play, spike, decay = (parameters[name] for name in NAMES)
    lag = 1.0 - forward.median
    ideal = GAIN in left_out
    off = np.array(
        [
            lag if ideal else 0.0,  # of F[c']
            forward.spread,
            lag * gain.spread,  # of Kv F[F[c']]
            play.median / 2 * (np.hypot(1.0, play.spread) if PLAY in left_out else play.spread) * UM / MM,
            spike.median * (np.hypot(1.0, spike.spread) if SPIKE in left_out else spike.spread) * UM / MM,
            spike.median * decay.spread * UM / MM,
        ]
    )
    found = np.empty(len(commanded), np.float32)
    _deviations(commanded, period, gain.median, decay.median, off, found)
    return found


def zero_deviation(play: "Parameter") -> float:
    """One standard deviation [mm] of where an axis has its zero: it was homed on one or the other side of its play.

    The following error knows nothing of it: what is commanded and what is read have the same zero.
    """
    return play.median / 2 * float(np.hypot(1.0, play.spread)) * UM / MM


@numba.njit(cache=True, nogil=True)
def _deviations(commanded, period, gain, decay, off, found):  # type: ignore[no-untyped-def]
    """Write ``found`` (sample,) [mm]; ``off``: one deviation's part of each effect, as above."""
    keep = np.exp(-gain * period)
    once = twice = travelled = direction = 0.0
    before = float(commanded[0])
    for i in range(len(commanded)):
        step = commanded[i] - before
        before = float(commanded[i])
        once = keep * once + (1.0 - keep) * step / (gain * period)
        twice = keep * twice + (1.0 - keep) * once
        if abs(step) > STILL:
            travelled = abs(step) if step * direction < 0.0 else travelled + abs(step)
            direction = step
        total = (off[0] * once) ** 2 + (off[1] * once) ** 2 + (off[2] * twice) ** 2
        if direction != 0.0:
            left = np.exp(-travelled / decay)
            total += off[3] ** 2 + (off[4] * left) ** 2 + (off[5] * left * travelled / decay) ** 2
        found[i] = total**0.5
