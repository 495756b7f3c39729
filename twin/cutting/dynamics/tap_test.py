"""Frequency response and coherence from the taps of a hammer (H1 estimate).

H1 = mean(conj(F) X) / mean(|F|^2); coherence = |mean(conj(F) X)|^2 / (mean(|F|^2) mean(|X|^2)).
Bendat and Piersol, *Random Data*, ch. 6 and 9: relative standard deviation of |H1| is
sqrt((1 - coherence) / (2 n coherence)) for n taps.
"""

from dataclasses import dataclass

import numpy as np

from twin.errors import InputError

RUNG_OUT = 0.05  # of the largest motion, at the end of a record: more, and the record is cut off


@dataclass(frozen=True)
class TapResponse:
    """Displacement per force from several taps; lines above 0 Hz."""

    omega: np.ndarray  # (frequency,) [rad/s]
    response: np.ndarray  # (frequency,) [m/N], complex
    coherence: np.ndarray  # (frequency,) 0 to 1; 0 where the taps have no force
    noise: np.ndarray  # (frequency,) [m/N] standard deviation of the real and of the imaginary part; inf there


def tap_response(force: np.ndarray, motion: np.ndarray, period: float, integrations: int = 0) -> TapResponse:
    """Average the taps.

    Args:
        force: (tap, sample) [N].
        motion: (tap, sample) [m], [m/s] or [m/s2].
        period: of the samples [s].
        integrations: that bring ``motion`` to a displacement: 0, 1 or 2.

    Raises:
        InputError: NaN, unlike shapes, fewer than 2 taps, a record that ends before the vibration does, no force.
    """
    force, motion = (np.asarray(a, dtype=float) for a in (force, motion))
    if force.ndim != 2 or force.shape != motion.shape or force.shape[1] < 8:
        raise InputError(f"force {force.shape} and motion {motion.shape}", remedy="give both as (tap, sample)")
    if len(force) < 2:
        raise InputError("one tap has no coherence", remedy="tap at least twice")
    if not (np.isfinite(force).all() and np.isfinite(motion).all()):
        raise InputError("a record is not finite", remedy="leave that tap out")
    tail = np.abs(motion[:, -motion.shape[1] // 20 :]).max(axis=1) / np.abs(motion).max(axis=1)
    if np.any(tail > RUNG_OUT):
        raise InputError(
            f"tap {int(np.argmax(tail)) + 1} is cut off while it still rings at {tail.max():.0%} of its largest motion",
            remedy="record longer",
        )
    n_taps = len(force)
    f, x = np.fft.rfft(force, axis=1)[:, 1:], np.fft.rfft(motion, axis=1)[:, 1:]
    omega = 2 * np.pi * np.fft.rfftfreq(force.shape[1], period)[1:]
    power, cross = np.mean(np.abs(f) ** 2, axis=0), np.mean(f.conj() * x, axis=0)
    if not np.all(np.any(force, axis=1)):
        raise InputError("a tap without force", remedy="check the channel of the hammer")
    struck = power > 0  # a pulse may leave single frequencies out
    power = np.where(struck, power, 1.0)
    response = cross / power / (1j * omega) ** integrations
    coherence = np.abs(cross) ** 2 / (power * np.maximum(np.mean(np.abs(x) ** 2, axis=0), np.finfo(float).tiny))
    # the scatter is estimated from the same taps: n - 1 of them are free
    relative = np.sqrt(np.maximum(1 - coherence, 0) / (2 * (n_taps - 1) * np.maximum(coherence, 1e-12)))
    return TapResponse(omega, response, coherence, np.where(struck, relative * np.abs(response), np.inf))
