"""Files of frequency responses and of tap tests: CSV with units in the header, and universal files (UFF58).

A response is displacement over force [m/N]; velocities and accelerations over force are integrated on reading.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyuff

from twin.errors import InputError
from twin.units import split_suffix

# what a column of a response may be in: per newton, and how often it is to be integrated
PER_FORCE = {"m_n": (1.0, 0), "mm_n": (1e-3, 0), "um_n": (1e-6, 0), "m_s_n": (1.0, 1), "m_s2_n": (1.0, 2)}
PAIRS = (("real", "imaginary"), ("magnitude", "phase"))
MOTIONS = {"displacement": 0, "velocity": 1, "acceleration": 2}
UFF_INTEGRATIONS = {8: 0, 11: 1, 12: 2}  # ordinate data type: displacement, velocity, acceleration
UFF_FORCE = 13
UFF_RESPONSE = 4  # function type: frequency response
UFF_DIRECTIONS = {1: "x", 2: "y", 3: "z"}  # negative: against the axis


@dataclass(frozen=True)
class FrequencyResponse:
    """Displacement per force over frequency."""

    omega: np.ndarray  # (frequency,) [rad/s]
    response: np.ndarray  # (frequency,) [m/N], complex
    name: str = ""  # what the file calls it
    direction: str = ""  # of motion and of force, "xx", "yx"...; empty: the file does not say


@dataclass(frozen=True)
class TapTest:
    """Time records of hammer and sensor, one row a tap."""

    force: np.ndarray  # (tap, sample) [N]
    motion: np.ndarray  # (tap, sample) [m], [m/s] or [m/s2]
    integrations: int  # of the motion to a displacement: 0, 1 or 2
    period: float  # [s] between samples


def is_tap_test(file: Path) -> bool:
    """Whether a CSV holds time records, not a response."""
    return "time_s" in _read_csv(file)[0]


def read_frf_csv(file: Path) -> FrequencyResponse:
    """Read ``frequency_hz`` and either ``real_UNIT, imaginary_UNIT`` or ``magnitude_UNIT, phase_deg``.

    UNIT is m_n, mm_n or um_n (per newton), m_s_n (velocity) or m_s2_n (acceleration).

    Raises:
        InputError: a missing or unknown column, a value that is no number, a frequency axis that does not ascend.
    """
    header, rows = _read_csv(file)
    frequency = _column(file, header, rows, "frequency_hz") * 2 * np.pi
    for first, second in PAIRS:
        units = [name.removeprefix(f"{first}_") for name in header if name.startswith(f"{first}_")]
        if not units:
            continue
        unit = units[0]
        if unit not in PER_FORCE:
            raise InputError(
                f"column {first}_{unit} has an unknown unit", file=file, line=1, remedy="one of " + ", ".join(PER_FORCE)
            )
        factor, integrations = PER_FORCE[unit]
        one = _column(file, header, rows, f"{first}_{unit}")
        if first == "real":
            value = one + 1j * _column(file, header, rows, f"{second}_{unit}")
        else:
            value = one * np.exp(1j * np.radians(_column(file, header, rows, "phase_deg")))
        _check_axis(file, frequency)
        return FrequencyResponse(frequency, value * factor / (1j * frequency) ** integrations, file.stem)
    raise InputError(
        f"no response among the columns {', '.join(header)}",
        file=file,
        line=1,
        remedy="name them real_um_n and imaginary_um_n, or magnitude_um_n and phase_deg",
    )


def write_frf_csv(file: Path, frf: FrequencyResponse) -> None:
    """Write ``frf`` as :func:`read_frf_csv` reads it, in um/N."""
    columns = np.column_stack([frf.omega / (2 * np.pi), frf.response.real * 1e6, frf.response.imag * 1e6])
    temporary = file.with_name(f".{file.name}.partial")
    with temporary.open("w") as stream:
        stream.write("frequency_hz,real_um_n,imaginary_um_n\n")
        np.savetxt(stream, columns, fmt="%.17g", delimiter=",")
    temporary.replace(file)


def read_uff58(file: Path) -> list[FrequencyResponse]:
    """Frequency responses to a force (function type 4) of a universal file, ASCII or binary, in SI units.

    Raises:
        InputError: no such file, no such data set, a set that is not motion over force.
    """
    if not file.is_file():
        raise InputError("there is no such file", file=file, remedy="check the path")
    try:
        sets = pyuff.UFF(str(file)).read_sets()
    except Exception as error:  # whatever the library makes of a damaged file
        raise InputError(f"not a universal file: {error}", file=file, remedy="export UFF data set 58") from error
    found = []
    for data in sets if isinstance(sets, list) else [sets]:
        if data.get("type") != 58 or data.get("func_type") != UFF_RESPONSE:
            continue
        kind, per = data.get("ordinate_spec_data_type"), data.get("orddenom_spec_data_type")
        name = str(data.get("id1", "")).strip()
        if kind not in UFF_INTEGRATIONS or per != UFF_FORCE:
            raise InputError(
                f"data set '{name}' is type {kind} over type {per}, not motion over force",
                file=file,
                remedy="export displacement (8), velocity (11) or acceleration (12) over force (13)",
            )
        omega, value = 2 * np.pi * np.asarray(data["x"], dtype=float), np.asarray(data["data"], dtype=complex)
        keep = omega > 0  # the line at 0 Hz cannot be integrated
        _check_axis(file, omega[keep])
        integrated = value[keep] / (1j * omega[keep]) ** UFF_INTEGRATIONS[kind]
        motion, force = (int(data.get(key) or 0) for key in ("rsp_dir", "ref_dir"))
        direction = "".join(UFF_DIRECTIONS.get(abs(d), "") for d in (motion, force))
        sign = -1.0 if motion * force < 0 else 1.0
        found.append(FrequencyResponse(omega[keep], sign * integrated, name, direction if len(direction) == 2 else ""))
    if not found:
        raise InputError(
            "no frequency response in the file", file=file, remedy="export data set 58 with function type 4"
        )
    return found


def read_tap_test(file: Path) -> TapTest:
    """Read ``tap, time_s, force_n`` and a motion: ``displacement_um``, ``velocity_m_s``, ``acceleration_m_s2``...

    The rows of a tap follow each other in time; ``tap`` numbers them and may be missing if there is but one.

    Raises:
        InputError: a missing column, taps of unlike length, times that are not evenly spaced.
    """
    header, rows = _read_csv(file)
    time, force = _column(file, header, rows, "time_s"), _column(file, header, rows, "force_n")
    motions = [name for name in header if (split_suffix(name) or ("",))[0] in MOTIONS]
    if len(motions) != 1:
        raise InputError(
            f"{len(motions)} columns of motion",
            file=file,
            line=1,
            remedy="give one: displacement_um, velocity_m_s or acceleration_m_s2",
        )
    name, factor, _ = split_suffix(motions[0])  # type: ignore[misc]
    motion = _column(file, header, rows, motions[0]) * factor
    tap = _column(file, header, rows, "tap") if "tap" in header else np.zeros(len(time))
    starts = np.flatnonzero(np.diff(tap, prepend=np.nan) != 0)
    lengths = np.diff(np.append(starts, len(tap)))
    if np.ptp(lengths) or lengths[0] < 2:
        raise InputError(
            f"taps of {', '.join(map(str, lengths))} samples", file=file, remedy="cut all taps to the same length"
        )
    time = time.reshape(len(starts), -1)
    steps = np.diff(time, axis=1)
    period = float(np.median(steps))
    if period <= 0 or np.abs(steps - period).max() > 0.01 * period:
        place = np.unravel_index(np.argmax(np.abs(steps - period)), steps.shape)
        line = int(starts[place[0]] + place[1]) + 3
        raise InputError(
            "the samples are not evenly spaced in time", file=file, line=line, remedy="resample the record"
        )
    shape = time.shape
    return TapTest(force.reshape(shape), motion.reshape(shape), MOTIONS[name], period)


def _read_csv(file: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of text; empty lines and lines that start with # are skipped."""
    if not file.is_file():
        raise InputError("there is no such file", file=file, remedy="check the path")
    lines = [row for row in csv.reader(file.read_text().splitlines()) if row and not row[0].startswith("#")]
    if len(lines) < 2:
        raise InputError("no header and data", file=file, remedy="name the columns, with units, in the first line")
    return [name.strip() for name in lines[0]], lines[1:]


def _column(file: Path, header: list[str], rows: list[list[str]], name: str) -> np.ndarray:
    if name not in header:
        raise InputError(f"no column {name} among {', '.join(header)}", file=file, line=1, remedy="add or rename it")
    place = header.index(name)
    values = np.empty(len(rows))
    for number, row in enumerate(rows):
        text = row[place].strip() if place < len(row) else ""
        try:
            values[number] = float(text)
        except ValueError:
            values[number] = np.nan
        if not np.isfinite(values[number]):
            raise InputError(
                f"{name} in data row {number + 1} is {text!r}, not a number", file=file, remedy="correct or remove it"
            )
    return values


def _check_axis(file: Path, omega: np.ndarray) -> None:
    falls = np.flatnonzero(np.diff(omega) <= 0)
    if len(omega) == 0 or omega[0] <= 0 or len(falls):
        place = int(falls[0]) + 1 if len(falls) else 0
        at = f"{omega[place] / 2 / np.pi:g} Hz" if len(omega) else "no point"
        raise InputError(
            f"the frequencies do not ascend from above zero: data row {place + 1}, {at}",
            file=file,
            remedy="sort the points, leave 0 Hz out",
        )
