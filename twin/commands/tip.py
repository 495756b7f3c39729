"""The measured tool tip that `twin stability` is told of: files of responses or of taps, and their modes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.cutting.dynamics.measured import MeasuredTip
    from twin.formats.frf import FrequencyResponse

KEYS = ("frf", "frf_x", "frf_y")
LEAST_COHERENCE = 0.9  # lines of taps below it are left out


def read_tip(files: dict[str, Path], band: tuple[float, float] | None) -> "MeasuredTip":
    """Read and fit what ``files`` hold.

    Args:
        files: by key: ``frf``, one file for both directions; or ``frf_x`` and ``frf_y``.
        band: [Hz] that is fitted; None: all that was measured.

    Raises:
        InputError: files that cannot be read or fitted, a direction that is missing.
    """
    from twin.cutting.dynamics.measured import measured_tip
    from twin.errors import InputError

    if sorted(files) not in (["frf"], ["frf_x", "frf_y"]):
        raise InputError(
            f"responses given as {', '.join(sorted(files))}",
            remedy="give frf=FILE for both directions, or frf_x=FILE frf_y=FILE",
        )
    x, y = (_along(axis, files.get("frf") or files[f"frf_{axis}"], band) for axis in "xy")
    try:
        return measured_tip(x[:2], y[:2], (x[2], y[2]))
    except InputError as error:
        file = files.get("frf") or files["frf_x"]
        raise InputError(error.message, file=file, remedy=error.remedy) from None


def _along(axis: str, file: Path, band: tuple[float, float] | None) -> tuple[Any, Any, Any]:
    """Frequencies [rad/s], response [m/N] and its noise [m/N] or None, along ``axis``."""
    import numpy as np

    from twin.cutting.dynamics.tap_test import tap_response
    from twin.errors import InputError
    from twin.formats.frf import is_tap_test, read_frf_csv, read_tap_test, read_uff58

    noise = None
    if file.suffix.lower() in (".uff", ".unv", ".uf", ".58"):
        found = _of_axis(axis, read_uff58(file), file)
        omega, response = found.omega, found.response
    elif is_tap_test(file):
        taps = read_tap_test(file)
        try:
            tip = tap_response(taps.force, taps.motion, taps.period, taps.integrations)
        except InputError as error:
            raise InputError(error.message, file=file, remedy=error.remedy) from None
        coherent = tip.coherence >= LEAST_COHERENCE
        if coherent.sum() < 8:
            raise InputError(
                f"the taps agree (coherence of {LEAST_COHERENCE:g}) at {coherent.sum()} frequencies only",
                file=file,
                remedy="tap again, harder and at one point",
            )
        omega, response = tip.omega[coherent], tip.response[coherent]
        spread = tip.noise[coherent]
        # lines without noise would outweigh all others
        noise = np.maximum(spread, 1e-3 * np.median(np.abs(response)))
    else:
        found = read_frf_csv(file)
        omega, response = found.omega, found.response
    if band:
        inside = (omega >= 2 * np.pi * band[0]) & (omega <= 2 * np.pi * band[1])
        if inside.sum() < 8:
            raise InputError(
                f"{inside.sum()} frequencies within {band[0]:g} to {band[1]:g} Hz", file=file, remedy="widen the band"
            )
        omega, response = omega[inside], response[inside]
        noise = noise if noise is None else noise[inside]
    return omega, response, noise


def _of_axis(axis: str, found: "list[FrequencyResponse]", file: Path) -> "FrequencyResponse":
    """The direct response along ``axis``; a file with one response that does not say its axis stands for both."""
    from twin.errors import InputError

    mine = [response for response in found if response.direction == 2 * axis]
    if not mine and len(found) == 1 and not found[0].direction:
        mine = found
    if len(mine) != 1:
        said = ", ".join(response.direction or "no direction" for response in found)
        raise InputError(
            f"{len(mine)} responses of motion and force along {axis} among: {said}",
            file=file,
            remedy=f"export one with response and reference direction {axis.upper()}, or give frf_{axis}=FILE",
        )
    return mine[0]


def print_tip(tip: "MeasuredTip", console: Any) -> None:
    """The modes that were fitted, with standard errors, and what the fit misses."""
    import numpy as np
    from rich.table import Table

    table = Table(title="Modes fitted to the measured response (± standard error)", title_justify="left")
    for heading in ("along", "frequency Hz", "damping %", "stiffness N/um"):
        table.add_column(heading, justify="right")
    for axis, fit in zip("XY", tip.fits, strict=True):
        for i in range(len(fit.omega)):
            table.add_row(
                axis,
                f"{fit.omega[i] / 2 / np.pi:.2f} ± {fit.omega_error[i] / 2 / np.pi:.2g}",
                f"{100 * fit.damping[i]:.3f} ± {100 * fit.damping_error[i]:.2g}",
                f"{fit.stiffness[i] * 1e-6:.4g} ± {fit.stiffness_error[i] * 1e-6:.2g}",
            )
    console.print(table)
    console.print(
        f"the fit misses {tip.misfit[0]:.2%} (X) and {tip.misfit[1]:.2%} (Y) of the largest response, rms",
        highlight=False,
    )
