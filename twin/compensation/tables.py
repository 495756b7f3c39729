"""One-dimensional tables of a machine's error, and what a control makes of them."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from twin.formats.axis_table import AxisTable
from twin.formats.fanuc_pitch import LARGEST, PitchTable

AXES = "XYZ"
Field = Callable[[np.ndarray], np.ndarray]  # axis position (point, 3) [m] -> error (point, 3) [m]
MICROMETRE = 1e-6


def even_positions(low: float, high: float, step: float, n_points: int) -> np.ndarray:
    """Even positions [m] on whole micrometres from ``low`` to ``high`` or just beyond, ``step`` apart or, where that
    makes more than ``n_points``, wider."""
    wanted = max(step, (high - low) / (n_points - 1))
    n_steps = max(int(np.ceil((high - low) / wanted - 1e-9)), 1)
    whole = np.ceil((high - low) / n_steps / MICROMETRE - 1e-6) * MICROMETRE
    return np.round((low + whole * np.arange(n_steps + 1)) / MICROMETRE) * MICROMETRE


def rounded(value: np.ndarray, resolution: float) -> np.ndarray:
    """``value`` in whole steps of ``resolution``."""
    return np.round(value / resolution) * resolution


def along_axis(field: Field, axis: str, position: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Error (point, 3) [m] where ``axis`` is at ``position`` (point,) and the others at ``reference`` (3,) [m]."""
    place = np.broadcast_to(reference, (len(position), 3)).copy()
    place[:, AXES.index(axis)] = position
    return field(place)


def separable_tables(
    field: Field, position: Mapping[str, np.ndarray], reference: np.ndarray, resolution: float, own_axis: bool
) -> list[AxisTable]:
    """Tables whose sum is the error on the three axis lines through ``reference`` (3,) [m], and near them elsewhere.

    What no sum of functions of one axis holds is the product of an angular error with another axis's position.

    Args:
        own_axis: only each axis over its own position.
    """
    at_reference = field(reference[None])[0]
    tables = []
    for mover in AXES:
        error = along_axis(field, mover, position[mover], reference)
        for column, moved in enumerate(AXES):
            if moved != mover:  # the error of the reference itself stands in the table of the own axis
                if own_axis:
                    continue
                value = error[:, column] - at_reference[column]
            else:
                value = error[:, column]
            tables.append(AxisTable(mover, moved, position[mover], rounded(value, resolution)))
    return tables


def separable_error(field: Field, axis_position: np.ndarray, reference: np.ndarray, own_axis: bool) -> np.ndarray:
    """What endless tables without rounding would hold of the error (point, 3) [m]."""
    at_reference = field(reference[None])[0]
    total = np.zeros_like(axis_position)
    for column, mover in enumerate(AXES):
        error = along_axis(field, mover, axis_position[:, column], reference) - at_reference
        if own_axis:
            total[:, column] += error[:, column]
        else:
            total += error
    return total + at_reference


def table_sum(tables: Iterable[AxisTable], axis_position: np.ndarray) -> np.ndarray:
    """Sum of the tables (point, 3) [m]: straight lines between the points, constant beyond them."""
    total = np.zeros_like(axis_position)
    for table in tables:
        here = axis_position[..., AXES.index(table.input)]
        total[..., AXES.index(table.output)] += np.interp(here, table.position, table.value)
    return total


def pitch_tables(
    field: Field, position: Mapping[str, np.ndarray], reference: np.ndarray, detection_unit: float
) -> dict[str, PitchTable]:
    """Pulses against each axis's own error; the reference point of an axis is its lowest position.

    There the compensation is zero, so that the error of that place stays: a shift of the work offset takes it.
    """
    tables, first = {}, 0
    for column, axis in enumerate(AXES):
        wanted = -along_axis(field, axis, position[axis], reference)[:, column]
        wanted = (wanted - wanted[0]) / detection_unit
        magnification = 1
        while True:
            pulses = np.diff(np.round(wanted / magnification)).astype(int)
            if magnification == 100 or np.abs(pulses).max() <= LARGEST:
                break
            magnification += 1
        interval = float(position[axis][1] - position[axis][0])
        tables[axis] = PitchTable(float(position[axis][0]), first, first + 1, magnification, interval, pulses)
        first += len(pulses) + 1
    return tables


def pitch_sum(tables: Mapping[str, PitchTable], axis_position: np.ndarray, detection_unit: float) -> np.ndarray:
    """Motion (point, 3) [m] by the pulses: each point's value comes at once, in the middle of its section."""
    total = np.zeros_like(axis_position)
    for axis, table in tables.items():
        here = (axis_position[..., AXES.index(axis)] - table.edges[0]) / table.interval
        nearest = np.clip(np.floor(here + 0.5).astype(int), 0, len(table.pulses))
        total[..., AXES.index(axis)] = table.steps[nearest] * detection_unit
    return total
