"""One test of a machine from its settings to the finished sheet."""

from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import yaml
from matplotlib.figure import Figure
from PIL import Image

from twin.config import build
from twin.errors import InputError
from twin.formats.iso230_sheet import read_positioning, write_positioning
from twin.machine import Kinematics, Machine, check_travel, machine_kinematics
from twin.machine_tests.positioning import positioning
from twin.machine_tests.r_test_setup import Setup
from twin.machine_tests.run_circle import PLANES, CircleRun, run_circle
from twin.machine_tests.run_tests import run_positioning, run_r_test, run_thermal
from twin.machine_tests.settings import MachineTest
from twin.machine_tests.thermal_drift import axis_drift, drift_sheet
from twin.machine_tests.warm_up import warm_up
from twin.motion.controller import Controller
from twin.motion.servo import servo_loops
from twin.resources import shared_folder
from twin.structure import structure_meshes
from twin.thermal.finite_volume.structure import Structure
from twin.thermal.finite_volume.voxels import voxelise
from twin.units import HOUR, MM, UM
from twin.view.circular_test import circular_rows, draw_circles
from twin.view.iso_sheets import (
    Rows,
    draw_drift,
    draw_identification,
    draw_positioning,
    drift_rows,
    identification_rows,
    positioning_rows,
    sheet_page,
)  # fmt: skip
from twin.view.picture import require_gl

COPIED = "The machine's errors are those declared in conf/machine; numbers marked assumed there are assumed here."


@dataclass(frozen=True)
class Sheet:
    """What a test leaves behind."""

    title: str
    rows: Rows
    notes: list[str]
    picture: Image.Image
    page: str
    files: dict[str, str | bytes] = field(default_factory=dict)


def run_and_draw(settings: MachineTest, conf: Path | None = None, measured: Path | None = None) -> Sheet:
    """Run the test of ``settings``; ``measured``: CSV of a real positioning test.

    Raises:
        InputError: anything that is not there, not reachable, or not a test.
    """
    machine = build(Machine, *_read("machine", settings.machine, conf))
    kinematics = machine_kinematics(machine)
    title = f"{machine.name}: {settings.test}"
    files: dict[str, str | bytes] = {}
    if measured is not None:
        if settings.test != "positioning":
            raise InputError("--measured holds readings of a positioning test", remedy="add test=positioning")
        if not measured.is_file():
            raise InputError("there is no such file", file=measured, remedy="name a CSV of readings")
        target, deviations = read_positioning(measured.read_text(), measured)
        sheet = positioning(target, deviations)
        title, notes = f"{measured.name}: positioning, ISO 230-2", [f"{len(deviations)} cycles read"]
        return _sheet(title, positioning_rows(sheet), notes, draw_positioning(sheet, deviations, title), files)
    if settings.test == "volume":
        return _volume(kinematics, machine, settings)
    if settings.test == "circular":
        controller = build(Controller, *_read("controller", settings.controller, conf))
        return _circular(kinematics, machine, controller, settings)
    if settings.test == "positioning":
        controller = build(Controller, *_read("controller", settings.controller, conf))
        drive = controller.axis.get(settings.axis.lower())
        lost = drive.backlash if drive else 0.0
        target, deviations = run_positioning(
            kinematics, machine, settings.axis, lost_motion=lost, scatter=settings.scatter,
            n_cycles=settings.n_cycles, tool_length=settings.tool_length, seed=settings.seed,
        )  # fmt: skip
        sheet = positioning(target, deviations)
        title = f"{machine.name}: positioning of {settings.axis}, ISO 230-2"
        notes = [f"lost motion {lost / UM:g} µm of controller {settings.controller}, scatter drawn", COPIED]
        files["readings.csv"] = write_positioning(target, deviations)
        return _sheet(title, positioning_rows(sheet), notes, draw_positioning(sheet, deviations, title), files)
    if settings.test == "thermal":
        return _thermal(machine, settings)
    if settings.test == "warmup":
        return _warm_up(machine, build(Structure, *_read("structure", settings.structure, conf)), settings)
    return _r_test(kinematics, machine, settings)


def _circular(kinematics: Kinematics, machine: Machine, controller: Controller, settings: MachineTest) -> Sheet:
    middle = [(machine.axes[a].travel_min + machine.axes[a].travel_max) / 2 for a in "XYZ"]
    run = CircleRun(
        plane=settings.plane, radius=settings.radius, speed=settings.feed, centre=(middle[0], middle[1], middle[2]),
        tool_length=settings.tool_length,
    )  # fmt: skip
    reach = np.zeros((2, len(kinematics.letters)))
    reach[:, :3] = middle
    for axis in PLANES.get(settings.plane, ()):
        reach[:, axis] += np.array([-1, 1]) * settings.radius
    check_travel(machine, reach, kinematics.letters)
    circles = run_circle(kinematics, servo_loops(controller), run)
    feed = settings.feed / MM * 60
    title = f"{machine.name}: circular test {settings.plane}, ISO 230-4, {feed:.0f} mm/min"
    notes = [
        f"servo loops of controller {settings.controller}; u, v: first and second axis of {settings.plane}",
        COPIED,
    ]
    return _sheet(title, circular_rows(circles), notes, draw_circles(circles, settings.plane, title), {})


def _thermal(machine: Machine, settings: MachineTest) -> Sheet:
    speed = [settings.axis_speed if a == settings.axis else 0.0 for a in "XYZ"]
    history = run_thermal(
        machine, duration=settings.duration, spindle_speed=settings.spindle_speed,
        axis_speed=(speed[0], speed[1], speed[2]), ambient=settings.ambient, ambient_swing=settings.ambient_swing,
        ambient_period=settings.ambient_period,
    )  # fmt: skip
    kind = "spindle" if settings.spindle_speed else f"axis {settings.axis}" if settings.axis_speed else "ETVE"
    reading = {a: history.drift[:, i] for i, a in enumerate("XYZ")}
    rows = drift_rows(drift_sheet(history.time, reading))
    if settings.axis_speed:
        column, axis = "XYZ".index(settings.axis), machine.axes[settings.axis]
        low, high = history.ends[:, :, column]
        growth = axis_drift(history.time, low, high, axis.travel_max - axis.travel_min)
        rows += drift_rows([growth.low, growth.high, growth.elongation])
        rows.append(("largest elongation over length", f"{growth.slope * 1e6:.2f} µm/m"))
        reading |= {f"{settings.axis} low end": low, f"{settings.axis} high end": high}
    warm = sorted(history.temperature, key=lambda n: -float(np.ptp(history.temperature[n])))[:5]
    shown = {n.replace("_", " "): history.temperature[n] for n in dict.fromkeys([*warm, "air"])}
    title = f"{machine.name}: thermal test ({kind}), ISO 230-3"
    notes = ["network of lumps of conf/machine; tilts of the spindle are not part of it", COPIED]
    return _sheet(title, rows, notes, draw_drift(history.time, reading, shown, title), {})


def _warm_up(machine: Machine, structure: Structure, settings: MachineTest) -> Sheet:
    from twin.view.machine_thermal import animation, machine_frames

    require_gl()
    voxels = voxelise(structure, structure_meshes(structure))
    warm = warm_up(
        machine, structure, voxels, duration=settings.duration, spindle_speed=settings.spindle_speed,
        ambient=settings.ambient,
    )  # fmt: skip
    speed = settings.spindle_speed * 30 / np.pi
    title = f"{machine.name}, structure {structure.name}: idle at {speed:.0f} rpm"
    pictures = machine_frames(warm.elastic, warm.rise.T, [f"{title}, after {t / HOUR:.2f} h" for t in warm.time])
    rows = [(f"heat into {name.replace('_', ' ')}", f"{power:.0f} W") for name, power in warm.heat.items()]
    rows.append((f"warmest cell after {settings.duration / HOUR:g} h", f"+{warm.rise[-1].max():.2f} K"))
    notes = [f"{len(voxels.cells):,} cells; displacement many times enlarged, see the picture", COPIED]
    film = animation(pictures)
    return replace(_picture_sheet(title, rows, notes, pictures[-1], film), files={"warm_up.gif": film})


def _r_test(kinematics: Kinematics, machine: Machine, settings: MachineTest) -> Sheet:
    found, true = run_r_test(
        kinematics, machine, settings.poses, np.array(settings.ball), tool_length=settings.tool_length,
        noise=settings.noise, prior=settings.prior,
        setup=Setup(settings.nest_tilt, settings.nest_length, settings.drift), seed=settings.seed,
    )  # fmt: skip
    title = f"{machine.name}: R-test {', '.join(settings.poses)}, ISO 10791-6"
    notes = [
        "error motions of the axes, tilt and length of the nest and drift during the test are in the readings and not "
        "in the identification: ± allows for them as far as they are declared to scatter, in brackets the noise alone",
        COPIED,
    ]
    if found.unknown:
        notes.append("SINGULAR: these poses cannot tell some combinations; add BK4 or give prior_um")
    return _sheet(title, identification_rows(found), notes, draw_identification(found, true, title), {})


def _volume(kinematics: Kinematics, machine: Machine, settings: MachineTest) -> Sheet:
    from twin.view.error_field import draw_error_field, volume_errors

    require_gl()
    position, error = volume_errors(kinematics, machine, settings.tool_length)
    title = f"{machine.name}: error of the tool in the work volume"
    size = np.linalg.norm(error, axis=1) / UM
    rows = [(f"range of the error along {a}", f"{np.ptp(error[:, i]) / UM:.2f} µm") for i, a in enumerate("XYZ")]
    rows += [("largest error", f"{size.max():.2f} µm"), ("rms error", f"{np.sqrt(np.mean(size**2)):.2f} µm")]
    return _picture_sheet(title, rows, [COPIED], draw_error_field(position, error, title))


def _picture_sheet(title: str, rows: Rows, notes: list[str], picture: Image.Image, film: bytes = b"") -> Sheet:
    figure = Figure(figsize=(picture.width / 110, picture.height / 110))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(picture)
    axes.axis("off")
    return Sheet(title, rows, notes, picture, sheet_page(title, rows, figure, notes, film))


def _sheet(title: str, rows: Rows, notes: list[str], figure: Figure, files: dict[str, str | bytes]) -> Sheet:
    buffer = BytesIO()
    figure.savefig(buffer, dpi=110, format="png")
    return Sheet(title, rows, notes, Image.open(buffer).convert("RGB"), sheet_page(title, rows, figure, notes), files)


def _read(group: str, name: str, conf: Path | None) -> tuple[dict, str]:
    """The YAML of one option and its path for messages."""
    folders = [*([conf] if conf else []), shared_folder("conf")]
    for folder in folders:
        if (file := folder / group / f"{name}.yaml").is_file():
            return yaml.safe_load(file.read_text()), group
    known = sorted({f.stem for folder in folders for f in (folder / group).glob("*.yaml")})
    raise InputError(f"there is no {group} '{name}'", remedy="known: " + ", ".join(known))
