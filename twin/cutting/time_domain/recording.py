"""Chatter in a recording of a microphone or an accelerometer: what is left beside the lines of the teeth.

The operator's rule of Schmitz and Smith, *Machining Dynamics*, ch. 6: leave out the lines of tooth passing and of
runout, compare the strongest line that remains with a recording made without cutting, and put a multiple of the tooth
passing frequency on it.
"""

from dataclasses import dataclass

import numpy as np

from twin.cutting.time_domain.chatter import spectrum
from twin.errors import InputError

LEAST_REVOLUTIONS = 20
WINDOW_LINES = 3  # half the width of a line behind a Hann window, in lines of the spectrum
IDLE_FACTOR = 3.0  # the largest of thousands of noise lines stays below three times the largest of another recording


@dataclass(frozen=True)
class RecordedChatter:
    """Strongest line that is no multiple of the spindle frequency."""

    present: bool
    frequency: float  # [Hz]
    amplitude: float  # in the unit of the signal
    threshold: float  # that it was compared with
    speeds: np.ndarray  # (lobe,) [rad/s] at which 1, 2, 3 … tooth passings make one period of it, fastest first


def chatter_in_recording(
    cutting: np.ndarray,
    idle: np.ndarray,
    period: float,
    spindle: float,
    n_teeth: int,
    *,
    speed_error: float = 1e-3,
    n_lobes: int = 4,
) -> RecordedChatter:
    """Look for chatter in ``cutting``. A flip of a cutter with evenly many teeth falls on a line of runout: unseen.

    Args:
        cutting: (sample,) of any sensor, while the tool cuts at constant conditions.
        idle: (sample,) of the same sensor while the spindle turns and nothing is cut.
        period: of the samples [s].
        spindle: speed [rad/s].
        n_teeth: of the cutter.
        speed_error: of the spindle speed, relative: widens the lines that are left out.
        n_lobes: stable speeds to propose.

    Raises:
        InputError: NaN, fewer than 20 revolutions, a sampling too slow for the teeth.
    """
    cutting, idle = np.asarray(cutting, dtype=float), np.asarray(idle, dtype=float)
    turning = spindle / (2 * np.pi)
    for name, values in (("cutting", cutting), ("idle", idle)):
        if values.ndim != 1 or not np.isfinite(values).all():
            raise InputError(f"the {name} recording is not a row of finite samples", remedy="cut out the good part")
        if len(values) * period * turning < LEAST_REVOLUTIONS:
            raise InputError(
                f"the {name} recording has {len(values) * period * turning:.3g} revolutions",
                remedy=f"record {LEAST_REVOLUTIONS} or more",
            )
    if 2.5 * n_teeth * turning * period > 1:
        raise InputError(
            f"{1 / period:g} samples a second are too few for teeth that pass at {n_teeth * turning:g} Hz",
            remedy=f"sample at {2.5 * n_teeth * turning:.0f} Hz or more",
        )
    frequency, amplitude = _beside_the_spindle(cutting, period, turning, speed_error)
    threshold = IDLE_FACTOR * _beside_the_spindle(idle, period, turning, speed_error)[1].max()
    strongest = int(np.argmax(amplitude))
    found = float(frequency[strongest])
    return RecordedChatter(
        present=bool(amplitude[strongest] > threshold),
        frequency=found,
        amplitude=float(amplitude[strongest]),
        threshold=float(threshold),
        speeds=2 * np.pi * found / (n_teeth * np.arange(1, n_lobes + 1)),
    )


def _beside_the_spindle(
    values: np.ndarray, period: float, turning: float, speed_error: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lines [Hz] and amplitudes that are no multiples of the spindle frequency ``turning``."""
    frequency, amplitude = spectrum(values, period)
    away = np.abs(frequency - turning * np.rint(frequency / turning))
    # where the error of the speed blurs neighbouring multiples into each other, the middle between them is left
    width = np.minimum(WINDOW_LINES * frequency[1] + speed_error * frequency, 0.4 * turning)
    keep = (away > width) & (frequency > turning)
    return frequency[keep], amplitude[keep]
