"""From the error state of a machine to a control's files, and what the control makes of those files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from twin.compensation.settings import CompensationSettings, Format
from twin.compensation.state import ErrorState, component_errors, machine_error, tabulated
from twin.compensation.tables import (
    AXES,
    even_positions,
    pitch_sum,
    pitch_tables,
    rounded,
    separable_error,
    separable_tables,
    table_sum,
)
from twin.formats.axis_table import AxisTable
from twin.formats.fanuc_pitch import MOST_POINTS, read_pitch, write_pitch
from twin.formats.heidenhain_com import read_cma, read_com, write_cma, write_com
from twin.formats.isg_csv import ErrorTable, read_isg, write_isg
from twin.formats.linuxcnc_comp import (
    CompFile,
    OffsetSchedule,
    ini_lines,
    read_comp,
    read_offsets,
    write_comp,
    write_offsets,
)
from twin.formats.siemens_cec import TemperatureSettings, read_cec, read_temperature, write_cec, write_temperature
from twin.formats.siemens_eec import read_eec, write_eec
from twin.machine import Kinematics, geometric_error
from twin.units import MM

# (axis position (point, 3) [m], tool length (point,) [m], time (point,) [s]) -> motion of the tool tip (point, 3) [m]
Motion = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
OverTime = Callable[[np.ndarray], np.ndarray]  # time (point,) [s] -> (point, 3)


@dataclass(frozen=True)
class MachineCase:
    """A machine over one program, and where in its work volume the program cuts."""

    kinematics: Kinematics
    drift: OverTime  # [m] of the tool tip since part and tool were measured
    growth: OverTime  # relative, of the standards of X, Y, Z
    fixed_end: np.ndarray  # (3,) [m]
    duration: float  # [s]
    travel: Mapping[str, tuple[float, float]]  # [m]
    reference: np.ndarray  # (3,) [m] axis position through which tables of one axis are taken
    tool_length: float  # [m] there

    def state(self, time: float) -> ErrorState:
        """The error state at one moment [s]."""
        now = np.array([time])
        return ErrorState(self.kinematics, self.drift(now)[0], self.growth(now)[0], self.fixed_end)

    def error(self, axis_position: np.ndarray, tool_length: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Error of the machine (point, 3) [m] as it changes with time: what compensation is measured by."""
        geometric = np.asarray(geometric_error(self.kinematics, axis_position, tool_length))
        return geometric + self.drift(time) + self.growth(time) * (axis_position - self.fixed_end)


@dataclass(frozen=True)
class Written:
    """Files for a control, and what they do."""

    files: Mapping[str, str]  # name -> text
    applied: Motion  # by the control, from the files as they are read back
    intended: Motion  # by tables of this kind without end, rounding or delay


TOGETHER: dict[str, tuple[Format, Format]] = {  # tables of the cold machine, and what follows its temperature
    "siemens": ("siemens_cec", "siemens_temperature"),
    "linuxcnc": ("linuxcnc_comp", "linuxcnc_offsets"),
}


def write_tables(case: MachineCase, settings: CompensationSettings) -> Written:
    """The files of the control that ``settings`` name, and what they do.

    Raises:
        InputError: the control does not take such tables.
    """
    if settings.format == "siemens_temperature":
        return _temperature(case, settings)
    if settings.format == "linuxcnc_offsets":
        return _offsets(case, settings)
    if settings.format in TOGETHER:
        return _together(case, settings)
    state = case.state(settings.moment * case.duration)
    most = min(settings.n_points, MOST_POINTS) if settings.format == "fanuc_pitch" else settings.n_points
    position = {axis: even_positions(*case.travel[axis], settings.step, most) for axis in AXES}
    if settings.format == "isg_csv":
        return _volumetric(case, state, position)

    def field(place: np.ndarray) -> np.ndarray:
        return machine_error(state, place, case.tool_length)

    if settings.format == "fanuc_pitch":
        return _pitch(case, settings, field, position)
    own_axis = settings.format in ("siemens_eec", "linuxcnc_comp")
    tables = separable_tables(field, position, case.reference, settings.resolution, own_axis)
    files, read = _separable_files(tables, settings)

    def intended(place: np.ndarray, length: np.ndarray, time: np.ndarray) -> np.ndarray:
        return -separable_error(field, place, case.reference, own_axis)

    return Written(files, lambda place, length, time: -table_sum(read, place), intended)


def _separable_files(tables: list[AxisTable], settings: CompensationSettings) -> tuple[dict[str, str], list[AxisTable]]:
    """Files, and the errors [m] that they hold when read back."""
    decimals = max(0, int(np.ceil(-np.log10(settings.resolution / MM) - 1e-9)))
    if settings.format == "siemens_eec":
        name = "AX_EEC.INI"
        files = {name: write_eec(tables, decimals)}
        return files, read_eec(files[name], name)
    if settings.format == "siemens_cec":
        name = "NC_CEC.INI"
        files = {name: write_cec(tables, decimals)}
        return files, read_cec(files[name], name)
    if settings.format == "heidenhain_com":
        return _heidenhain(tables, decimals)
    files = {
        f"joint_{AXES.index(table.output)}.comp": write_comp(
            CompFile(table.position, -table.value, -table.value), decimals
        )
        for table in tables
    }
    read = [
        AxisTable(axis, axis, comp.position, -comp.forward)
        for axis, (name, text) in zip(AXES, files.items(), strict=True)
        for comp in [read_comp(text, name)]
    ]
    return {**files, "joints.ini": ini_lines(dict(enumerate(files)))}, read


def _heidenhain(tables: list[AxisTable], decimals: int) -> tuple[dict[str, str], list[AxisTable]]:
    """A .COM file an axis with the errors of all, and the .CMA file."""
    names = {axis: f"{axis}.COM" for axis in AXES}
    files = {"CONFIG.CMA": write_cma(names)}
    for axis, name in names.items():
        files[name] = write_com([table for table in tables if table.input == axis], name, decimals)
    read = [
        table
        for axis, name in read_cma(files["CONFIG.CMA"], "CONFIG.CMA").items()
        for table in read_com(files[name], name, axis)
    ]
    return files, read


def _volumetric(case: MachineCase, state: ErrorState, position: Mapping[str, np.ndarray]) -> Written:
    """All component errors; the control knows the chain and the tool."""
    tables = [
        ErrorTable(
            axis, position[axis], {f"E{letter}{axis}": row for letter, row in zip("XYZABC", errors, strict=True)}
        )
        for axis, errors in sorted(component_errors(state, position).items())
    ]
    name = "volumetric.csv"
    text = write_isg(tables, "component errors, mm and rad")
    read = {table.argument: table for table in read_isg(text, name)}
    chain = tabulated(
        case.kinematics,
        {axis: table.position for axis, table in read.items()},
        {axis: np.stack(list(table.errors.values())) for axis, table in read.items()},
    )

    def applied(place: np.ndarray, length: np.ndarray, time: np.ndarray) -> np.ndarray:
        return -np.asarray(geometric_error(chain, place, length))

    return Written({name: text}, applied, lambda place, length, time: -machine_error(state, place, length))


def _pitch(
    case: MachineCase,
    settings: CompensationSettings,
    field: Callable[[np.ndarray], np.ndarray],
    position: Mapping[str, np.ndarray],
) -> Written:
    """Pulses of each axis, and a shift of the work offset: the compensation is zero at the reference points."""
    unit = settings.resolution
    tables = pitch_tables(field, position, case.reference, unit)
    name, offset = "pitch.txt", "work_offset.nc"
    text = write_pitch(tables)
    read = read_pitch(text, name, {axis: table.reference for axis, table in tables.items()})
    shift = rounded(-field(case.reference[None])[0] - pitch_sum(read, case.reference[None], unit)[0], unit)
    words = " ".join(f"{axis}{value / MM:.6g}" for axis, value in zip(AXES, shift, strict=True))
    files = {name: text, offset: f"(ADDS TO G54 WHAT THE PULSES LEAVE AT THE PART)\nG21 G91 G10 L2 P1 {words}\nG90\n"}

    def intended(place: np.ndarray, length: np.ndarray, time: np.ndarray) -> np.ndarray:
        return -separable_error(field, place, case.reference, own_axis=True)

    return Written(files, lambda place, length, time: pitch_sum(read, place, unit) + shift, intended)


def _together(case: MachineCase, settings: CompensationSettings) -> Written:
    """Tables of the geometry alone, and the thermal errors over time."""
    tables, thermal = TOGETHER[settings.format]

    def nothing(time: np.ndarray) -> np.ndarray:
        return np.zeros((len(time), 3))

    cold = write_tables(replace(case, drift=nothing, growth=nothing), replace(settings, format=tables))
    warm = write_tables(case, replace(settings, format=thermal))
    return Written(
        {**cold.files, **warm.files},
        lambda *where: cold.applied(*where) + warm.applied(*where),
        lambda *where: cold.intended(*where) + warm.intended(*where),
    )


def _temperature(case: MachineCase, settings: CompensationSettings) -> Written:
    """Drift and growth of the standards, a set of settings every period."""
    times = np.arange(0.0, case.duration + settings.period, settings.period)
    reference = np.broadcast_to(case.fixed_end, (len(times), 3))
    name = "temperature.ini"
    absolute = rounded(case.drift(times), settings.resolution)
    text = write_temperature(TemperatureSettings(times, absolute, case.growth(times), reference))
    read = read_temperature(text, name)

    def applied(place: np.ndarray, length: np.ndarray, time: np.ndarray) -> np.ndarray:
        row = _held(read.time, time)
        return -(read.absolute[row] + read.slope[row] * (place - read.reference[row]))

    def intended(place: np.ndarray, length: np.ndarray, time: np.ndarray) -> np.ndarray:
        return -(case.drift(time) + case.growth(time) * (place - case.fixed_end))

    return Written({name: text}, applied, intended)


def _offsets(case: MachineCase, settings: CompensationSettings) -> Written:
    """Drift and growth at the reference position as external offsets, whole counts every period."""

    def wanted(time: np.ndarray) -> np.ndarray:
        return -(case.drift(time) + case.growth(time) * (case.reference - case.fixed_end))

    times = np.arange(0.0, case.duration + settings.period, settings.period)
    counts = np.round(wanted(times) / settings.resolution).astype(int)
    table, hal = write_offsets(OffsetSchedule(times, counts, settings.resolution))
    read = read_offsets(table, hal, "offsets.csv")

    def applied(place: np.ndarray, length: np.ndarray, time: np.ndarray) -> np.ndarray:
        return read.counts[_held(read.time, time)] * read.scale

    return Written({"offsets.csv": table, "offsets.hal": hal}, applied, lambda place, length, time: wanted(time))


def _held(times: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Row that holds at each ``time``; the first one before it."""
    return np.maximum(np.searchsorted(times, time, side="right") - 1, 0)
