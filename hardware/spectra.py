"""Which frequencies of a measurement a prediction explains, chunk by chunk (Bartlett, Hann window)."""

import numpy as np
from scipy.fft import rfft

from hardware.fidelity_kernels import add_power, windowed

BANDS = 8  # equal in the logarithm of the frequency
CHUNK = 1 << 12  # samples of one spectrum
LEAST = 8  # samples


class Spectra:
    """Power of a measurement and of the difference from it, in bounded memory."""

    def __init__(self) -> None:
        self._power: np.ndarray | None = None  # (2, frequency)
        self._window: np.ndarray = np.empty(0)
        self._rate = 0.0

    def add(self, time: np.ndarray, measured: np.ndarray, difference: np.ndarray) -> None:
        """Take samples (sample,); of them whole chunks without a gap count. The first ones decide rate and chunk."""
        if len(time) < LEAST:
            return
        if self._power is None:
            self._rate = 1 / float(np.median(np.diff(time)))
            n = 1 << (min(len(time), CHUNK).bit_length() - 1)
            self._power, self._window = np.zeros((2, n // 2 + 1)), np.hanning(n)
        n = len(self._window)
        whole = len(time) // n
        if not whole:
            return
        ends = time[: whole * n].reshape(whole, n)[:, [0, -1]]
        even = np.abs((ends[:, 1] - ends[:, 0]) * self._rate - (n - 1)) < 0.5
        for power, values in zip(self._power, (measured, difference), strict=True):
            chunks = values[: whole * n].reshape(whole, n)
            ready = np.empty((int(even.sum()), n))
            windowed(chunks if even.all() else chunks[even], self._window, ready)
            add_power(rfft(ready, overwrite_x=True), power)

    def bands(self) -> tuple[np.ndarray, np.ndarray]:
        """Upper ends of the bands (band,) [Hz], and the power of the difference over that of the measurement there."""
        if self._power is None:
            return np.full(BANDS, np.nan), np.full(BANDS, np.nan)
        frequency = np.fft.rfftfreq(len(self._window), 1 / self._rate)
        power, left = self._power
        ends = np.geomspace(frequency[1] * 1.001, frequency[-1] * 1.001, BANDS)
        band = np.searchsorted(ends, frequency[1:])
        total = np.bincount(band, power[1:], BANDS)
        return ends, np.bincount(band, left[1:], BANDS) / np.where(total > 0, total, np.nan)
