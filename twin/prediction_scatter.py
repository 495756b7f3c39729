"""What the stated scatter of material, machine, surroundings and tools does to the surface of a finished run.

First order, from what the run has left behind: nothing is machined again. Each cause moves the tool point where a
sample was made; along the normal of the sample that is a change of its deviation. `twin robust` draws whole parts
instead. Taken in: heat (the network run again for each cause), errors of the axes, cutting coefficients and stiffness
of the holder (the deflection of the run scales), setting of the tools, release. Left out: servo, walls that give way,
and where a structure carries the heat, its own numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.calibration.substitute import substituted
from twin.compiled import Array, first_rows, kept, padded_rows
from twin.cutting import compliance
from twin.cutting.deflection import Beams, beams
from twin.machine import Kinematics, geometric_error, machine_kinematics
from twin.result import Result
from twin.scenario import Scenario
from twin.simulate import places
from twin.sweep.response import BEAM
from twin.sweep.scatter import ScatterRow, Source, ToolSetting, sources_of
from twin.thermal import Environment, ThermalModel, axis_scale, run_thermal, tool_point_drift
from twin.thermal.expansion import REFERENCE
from twin.thermal.network import WORKPIECE
from twin.units import MINUTE, MM, RPM, UM, split_suffix
from twin.warming import part_lump

STEP = 0.5  # standard deviations, of the central differences
N_RUNS = 128  # of the network at once, or a power of two more
HEAT = ("machine.thermal.", "environment.", "material.physical.", "material.workpiece_share_")
LATERAL = 0.1  # a face whose normal is less than this across the tool is made by its end


@dataclass(frozen=True)
class Scatter:
    """Causes, and what one standard deviation of each does."""

    cause: tuple[str, ...]
    group: tuple[str, ...]  # of each cause
    effect: np.ndarray  # (cause, sample) [m] change of the deviation


@dataclass(frozen=True)
class _Made:
    """Where the samples looked at were made."""

    segment: np.ndarray  # (sample,)
    normal: np.ndarray  # (sample, 3)
    tip: np.ndarray  # (sample, 3) [m] of the tool, part frame
    axis_position: np.ndarray  # (sample, 3) [m]
    length: np.ndarray  # (sample,) [m] of the tool
    time: np.ndarray  # (sample,) [s]
    tool: np.ndarray  # (sample,) T word
    axis: np.ndarray  # (sample, 3) of the tool
    deflection: np.ndarray  # (sample, 3) [m]


def prediction_scatter(
    scenario: Scenario,
    result: Result,
    sample: np.ndarray,
    rows: Sequence[ScatterRow],
    setting: ToolSetting | None,
) -> Scatter:
    """Effects of all causes on some samples of a run's surface.

    Args:
        scenario: of the run.
        result: what it left behind.
        sample: (sample,) rows of the surface.
        rows: scatter that the configuration itself does not state (conf/robustness).
        setting: of the tools; None: none.

    Raises:
        InputError: a row that fits nothing, or of the wrong unit.
    """
    made = _made(scenario, result, sample)
    sources = sources_of(scenario, rows)[0]
    found: list[tuple[str, str, np.ndarray]] = []
    heat = [s for s in sources if s.keys[0].startswith(HEAT)]
    if "spindle_rpm" in result["thermal"]:
        found += _of_heat(scenario, result, heat, made)
    found += _of_axes(scenario, [s for s in sources if s.keys[0].startswith(("machine.axes", "machine.squa"))], made)
    found += _of_cut(scenario, result, [s for s in sources if s.keys[0].startswith("tools.")], made)
    if setting is not None:
        found += _of_setting(scenario, setting, made)
    surface = result["surface"]
    if "release_deviation_um" in surface:
        released = surface["contribution_um"].sel(source="release").values[sample]
        one = surface["release_deviation_um"].values[sample] * UM * np.where(released < 0, -1.0, 1.0)
        found.append(("residual stress", "material", one))
    cause, group, effect = zip(*found, strict=True)
    there = result["surface"]["segment"].values[sample] >= 0
    return Scatter(cause, group, np.where(there, np.stack(effect), 0.0))


def _made(scenario: Scenario, result: Result, sample: np.ndarray) -> _Made:
    surface, segments = result["surface"], result["segments"]
    segment = np.maximum(surface["segment"].values[sample], 0)
    place = surface["position_mm"].values[sample].astype(float) * MM
    start, end = (segments[name].values[segment] * MM for name in ("start_mm", "end_mm"))
    along = np.sum((place - start) * (end - start), axis=1) / np.maximum(np.sum((end - start) ** 2, axis=1), 1e-18)
    share = np.clip(along, 0.0, 1.0)[:, None]
    tip = start + share * (end - start)
    tool = segments["tool"].values[segment]
    axis_position, length = places(scenario, tool, tip)
    time = segments["time_s"].values[segment]
    return _Made(
        segment=segment,
        normal=surface["normal"].values[sample].astype(float),
        tip=tip,
        axis_position=axis_position,
        length=length,
        time=time[:, 0] + share[:, 0] * (time[:, 1] - time[:, 0]),
        tool=tool,
        axis=segments["tool_axis"].values[segment],
        deflection=segments["error_um"].sel(source="deflection").values[segment].astype(float) * UM,
    )


def _of_heat(scenario: Scenario, result: Result, sources: Sequence[Source], made: _Made) -> Any:
    """Of the machine's heat network, the surroundings and the part's expansion."""
    thermal = result["thermal"]
    n_steps = 1 << (len(thermal["time_s"]) - 2).bit_length()  # rows are at the ends of steps

    def steps(name: str, factor: float) -> np.ndarray:
        values = thermal[name].values[:-1] * factor
        return np.concatenate([values, np.zeros((n_steps - len(values), *values.shape[1:]))])

    moved = np.column_stack([steps("axis_speed_mm_min", MM / MINUTE), steps("cutting_power_w", 1.0)])
    switched = np.column_stack([steps("spindle_rpm", RPM), steps("flood_ratio", 1.0)])
    share = steps("workpiece_share_ratio", 1.0)
    removed = float(result["segments"]["removed_mm3"].sum()) * MM**3
    base = ThermalModel(
        scenario.machine.thermal,
        part_lump(scenario, float(result.tree.attrs["stock_cm3"]) * 1e-6, removed),
        tuple(str(node) for node in thermal["node"].values),
    )
    runs = [_varied(scenario, base, source, z) for source in sources for z in (-STEP, STEP)]
    runs += runs[-1:] * (max(N_RUNS, 1 << (len(runs) - 1).bit_length()) - len(runs))
    models, environments, factor = zip(*runs, strict=True)
    stacked = jax.tree.map(lambda *leaves: np.asarray(leaves, dtype=float), *zip(models, environments, strict=True))
    step = float(thermal["time_s"].values[1] - thermal["time_s"].values[0])
    series = np.asarray(_series(*stacked, np.array(factor), moved, switched, share, np.asarray(step)))
    change = (series[1 : 2 * len(sources) : 2] - series[: 2 * len(sources) : 2]) / (2 * STEP)  # (source, time, 7)
    if scenario.structure is not None:  # it carries the heat of the machine; the part grows all the same
        change[..., :6] = 0.0
    place = np.clip(made.time / step, 0, n_steps)
    before = np.minimum(place.astype(int), n_steps - 1)
    at = change[:, before] + (place - before)[:, None] * (change[:, before + 1] - change[:, before])
    fixed = np.array([float(base.network.feed_drives[axis].fixed_end) for axis in "XYZ"])
    lower, upper = scenario.stock.bounds
    clamp = np.array([*(lower[:2] + upper[:2]) / 2, lower[2]])
    error = at[..., :3] + at[..., 3:6] * (made.axis_position - fixed) - at[..., 6:] * (made.tip - clamp)
    effect = np.einsum("csi,si->cs", error, made.normal)
    return [(s.name, s.group, one) for s, one in zip(sources, effect, strict=True)]


def _varied(
    scenario: Scenario, base: ThermalModel, source: Source, z: float
) -> tuple[ThermalModel, Environment, float]:
    """Model, surroundings and factor on the part's share of heat at ``z`` standard deviations of one cause."""
    values = dict(zip(source.keys, source.values(np.asarray(z)), strict=True))
    model = replace(base, network=substituted(base.network, "machine.thermal", values))
    environment, factor = substituted(scenario.environment, "environment", values), 1.0
    for key, value in values.items():
        name, ratio = key.rpartition(".")[2], value / source.base[source.keys.index(key)]
        if name.startswith(("density", "specific_heat")):
            model = replace(model, workpiece=replace(model.workpiece, capacity=base.workpiece.capacity * ratio))
        elif key.startswith("material.physical.expansion"):
            model = replace(model, workpiece=replace(model.workpiece, expansion=base.workpiece.expansion * ratio))
        elif name.startswith("workpiece_share") and scenario.model.heat_partition != "computed":
            factor = ratio
    return model, environment, factor


@kept
def _series(
    models: ThermalModel,
    environments: Environment,
    factor: jax.Array,
    moved: jax.Array,
    switched: jax.Array,
    share: jax.Array,
    step: jax.Array,
) -> jax.Array:
    """Drift (3) [m], growth of the axes' standards (3) and of the part (1), over time, (run, time, 7)."""

    def one(model: ThermalModel, environment: Environment, factor: jax.Array) -> jax.Array:
        states = run_thermal(model, environment, moved, switched, factor * share, step)
        growth = model.workpiece.expansion * (states[:, model.index(WORKPIECE)] - REFERENCE)
        parts = [tool_point_drift(model, states, states[0]), axis_scale(model, states, states[0]), growth[:, None]]
        return jnp.concatenate(parts, axis=1)

    return jax.vmap(one)(models, environments, factor)


def _of_axes(scenario: Scenario, sources: Sequence[Source], made: _Made) -> Any:
    """Of the error functions of the axes and the squareness between them."""
    base = machine_kinematics(scenario.machine)
    wide = _with_room(base)
    error = partial(geometric_error, axis_position=made.axis_position, tool_length=made.length)
    own = np.asarray(error(wide))
    for source in sources:
        moved = np.asarray(error(_moved(wide, source))) - own
        yield source.name, source.group, np.sum(moved * made.normal, axis=1)


def _with_room(machine: Kinematics) -> Kinematics:
    """``machine`` whose polynomials reach to the square at least."""

    def one(axis: Any) -> Any:
        own = np.asarray(axis.polynomial)
        return replace(axis, polynomial=np.pad(own, ((0, 0), (0, max(0, 3 - own.shape[1])))))

    return replace(machine, work=tuple(map(one, machine.work)), tool=tuple(map(one, machine.tool)))


def _moved(machine: Kinematics, source: Source) -> Kinematics:
    """``machine`` at one standard deviation of one cause."""
    for key, deviation in zip(source.keys, source.deviation, strict=True):
        *_, term, written = key.split(".")
        stem, _, power = written.partition("[")
        split = split_suffix(stem)
        assert split is not None  # the scenario was read with it
        letter = term[-1]
        row = "XYZABC".index(term[0] if key.startswith("machine.squareness") else term[1])

        def one(axis: Array, row: int = row, power: str = power, by: float = deviation * split[1]) -> Array:
            name = "polynomial" if power else "location"
            values = np.array(getattr(axis, name), dtype=float)
            values[(row, int(power[:-1])) if power else row] += by
            return replace(axis, **{name: values})

        work = tuple(one(a) if at == letter else a for a, at in zip(machine.work, machine.work_axes, strict=True))
        tool = tuple(one(a) if at == letter else a for a, at in zip(machine.tool, machine.tool_axes, strict=True))
        machine = replace(machine, work=work, tool=tool)
    return machine


def _of_cut(scenario: Scenario, result: Result, sources: Sequence[Source], made: _Made) -> Any:
    """Of cutting coefficients and of what holds the tools: the deflection of the run scales."""
    segments = result["segments"]
    bent = np.sum(made.deflection * made.normal, axis=1)
    force = segments["force_peak_n"].values[made.segment]
    spread = segments["force_peak_deviation_n"].values[made.segment]
    relative = np.divide(spread, force, out=np.zeros(len(force)), where=force > 0)
    yield "cutting coefficients", "material", bent * relative
    if not sources:
        return
    # every source at less, as it is, and at more
    tools = [_changed(scenario, source, z) for source in sources for z in (-STEP, 0.0, STEP)]
    held = jax.tree.map(lambda *rows: padded_rows(np.concatenate(rows), mode="edge"), *tools)
    middle = segments["depth_mm"].values[made.segment] * MM / 2
    soft = first_rows(_compliances(held, padded_rows(middle)), len(tools))[:, : len(middle)].reshape(-1, 3, len(middle))
    change = (soft[:, 2] - soft[:, 0]) / (2 * STEP * soft[:, 1])
    for source, relative in zip(sources, change, strict=True):
        mine = made.tool == int(source.keys[0].split(".")[1])
        yield source.name, source.group, np.where(mine, bent * relative, 0.0)


def _changed(scenario: Scenario, source: Source, z: float) -> Beams:
    """The tool of a cause ``tools.NUMBER.NAME`` at ``z`` standard deviations, as a beam."""
    _, number, name = source.keys[0].split(".")
    split = split_suffix(name)
    assert split is not None  # the scenario was read with it
    field, column = BEAM[split[0]]
    held = beams([scenario.tools[int(number)]])
    values = np.array(getattr(held, field))
    values[0 if column is None else (0, column)] = float(source.values(np.asarray(z))[0]) * split[1]
    return replace(held, **{field: values})


@kept
def _compliances(tools: Beams, height: jax.Array) -> jax.Array:
    """(tool, point) [m/N] at heights (point,) [m] above the tip, where the force acts."""
    row = jnp.arange(len(tools.holder_stiffness))
    return jax.vmap(lambda tool: compliance(tools, jnp.full(len(height), tool), height, height))(row)


def _of_setting(scenario: Scenario, setting: ToolSetting, made: _Made) -> Any:
    """Of each tool's diameter and length: a flank moves by half the diameter, an end by the length.

    The tip is set: a ball that is larger moves up as it grows.
    """
    upright = np.sum(made.normal * made.axis, axis=1)
    lateral = np.sqrt(np.maximum(1 - upright**2, 0.0))
    for number, tool in scenario.tools.items():
        mine = made.tool == number
        if not mine.any():
            continue
        flank = upright - 1 if tool.kind == "ball" else -np.where(lateral > LATERAL, lateral, 0.0)
        yield f"T{number} diameter", "tools", np.where(mine, flank * setting.diameter / 2, 0.0)
        yield f"T{number} length", "tools", np.where(mine, -upright * setting.length, 0.0)
