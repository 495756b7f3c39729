"""The files of one LinuxCNC machine: INI, HAL, work offsets, tool table; from the bench's options and the scenario."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import degrees
from pathlib import Path
from string import Template

from hardware.channel import Channel
from hardware.linuxcnc.options import LinearAxis, LinuxcncOptions, RotaryAxis
from twin.machine.tool import Tool
from twin.scenario import WorkOffset
from twin.units import MM

HERE = Path(__file__).parent
PINS = 20  # that one sampler takes
DEPTH = 32_000  # rows that it holds
SYSTEMS = ("G54", "G55", "G56", "G57", "G58", "G59", "G59.1", "G59.2", "G59.3")
FIRST_SYSTEM, SYSTEM_STEP = 5221, 20  # parameters of G54, and on to the next system
G28, G30, G92, PROBE = 5161, 5181, 5211, 5061
UM = 1e-3  # mm
PERIOD = 1e-3  # [s] of the servo


@dataclass(frozen=True)
class Sampled:
    """One pin that the controller samples each servo cycle."""

    pin: str
    """Of HAL, or ``=SIGNAL`` where the pin has one."""
    kind: str
    """Of the pin: f, s, u or b."""
    channel: Channel | None
    """None: read, not recorded."""
    factor: float = 1.0
    """From the pin's unit to the channel's."""


def sampled(options: LinuxcncOptions) -> tuple[Sampled, ...]:
    """What is sampled; the lock-step cycle first."""

    def channel(name: str, unit: str, sensor: str = "controller", late: float | None = None) -> Channel:
        return Channel(name=name, unit=unit, sensor=sensor, late_s=late)

    rows = [Sampled("=cycle", "u", None)]
    for kind, pin, sensor, late in (
        ("commanded", "=command", "controller", None),
        ("actual", "pos-fb", "scale", PERIOD),
    ):
        for j, name in enumerate(options.names):
            where = f"{pin}-{j}" if pin.startswith("=") else f"joint.{j}.{pin}"
            unit = "mm" if name in options.axes else "deg"
            rows.append(Sampled(where, "f", channel(f"{name}_{kind}_{unit}", unit, sensor, late)))
    for j, name in enumerate(options.names):
        unit, factor = ("um", 1 / UM) if name in options.axes else ("deg", 1.0)
        shown = {"um": "µm"}.get(unit, unit)
        rows.append(Sampled(f"joint.{j}.f-error", "f", channel(f"{name}_following_error_{unit}", shown), factor))
    for j, name in enumerate(options.names):
        unit, shown = ("mm_s", "mm/s") if name in options.axes else ("deg_s", "°/s")
        rows.append(Sampled(f"joint.{j}.vel-cmd", "f", channel(f"{name}_speed_{unit}", shown)))
    rows += [
        Sampled("=path-speed", "f", channel("path_speed_mm_s", "mm/s")),
        Sampled("motion.feed-mm-per-minute", "f", channel("feed_mm_min", "mm/min")),
        Sampled("=spindle-speed", "f", channel("spindle_speed_rpm", "rpm")),
        Sampled("=program-line", "s", channel("line", "1")),
        Sampled("=tool-length", "f", channel("tool_length_mm", "mm")),
        Sampled("=feed-factor", "f", channel("feed_factor_ratio", "1")),
        Sampled("=touch", "b", channel("touch", "1", "probe")),
        Sampled("axis.z.eoffset", "f", channel("offset_z_um", "µm"), 1 / UM),
    ]
    return tuple(rows)


def sampler_kinds(rows: Iterable[Sampled]) -> list[str]:
    """Types of the pins, one text a sampler."""
    letters = "".join(row.kind for row in rows)
    return [letters[i : i + PINS] for i in range(0, len(letters), PINS)]


def machine_files(
    options: LinuxcncOptions,
    home: Iterable[float],
    tools: Mapping[int, Tool],
    work_offsets: Mapping[str, WorkOffset],
) -> dict[str, str]:
    """Text of each file, by name. ``home`` (3,) [m]: where the axes go first, and G28."""
    place = dict(zip("xyz", home, strict=True))
    return {
        "machine.ini": _ini(options, place),
        "machine.hal": _hal(options),
        "offsets.var": _parameters(place, work_offsets),
        "tool.tbl": "".join(_tool(tool) for tool in tools.values()),
    }


def _ini(options: LinuxcncOptions, home: Mapping[str, float]) -> str:
    linear = list(options.axes.values())
    head = Template((HERE / "machine.ini").read_text()).substitute(
        kinematics="xyzac-trt-kins sparm=identityfirst" if options.trunnion else "trivkins coordinates=XYZ",
        n_joints=len(options.names),
        path_tolerance=options.path_tolerance / MM,
        coordinates="".join(options.names).upper(),
        path_velocity=max(axis.velocity for axis in linear) / MM * 1.5,
        path_acceleration=max(axis.acceleration for axis in linear) / MM,
    )
    parts = [head]
    axes: dict[str, LinearAxis | RotaryAxis] = {**options.axes, **options.rotary}  # type: ignore[dict-item]
    for joint, (name, axis) in enumerate(axes.items()):
        turn = name in options.rotary

        def out(value: float, turn: bool = turn) -> float:
            return degrees(value) if turn else value / MM

        limits = {
            "MIN_LIMIT": out(axis.travel_min),
            "MAX_LIMIT": out(axis.travel_max),
            "MAX_VELOCITY": out(axis.velocity),
            "MAX_ACCELERATION": out(axis.acceleration),
        }
        ratio = {"OFFSET_AV_RATIO": options.offset_share} if name == "z" and options.external_offset else {}
        homing: dict[str, object] = {
            "TYPE": "ANGULAR" if turn else "LINEAR",
            "HOME": home.get(name, 0.0) / MM,
            "HOME_FINAL_VEL": out(axis.velocity),
            "HOME_SEQUENCE": 0,
            "FERROR": out(axis.following_error),
            "MIN_FERROR": out(axis.following_error) / 2,
        }
        parts += [_section(f"AXIS_{name.upper()}", limits | ratio), _section(f"JOINT_{joint}", {**limits, **homing})]
    return "\n".join(parts)


def _section(name: str, values: Mapping[str, object]) -> str:
    return f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


def _hal(options: LinuxcncOptions) -> str:
    rows = sampled(options)
    kinds = sampler_kinds(rows)
    joints, kinematics, offsets = [], [], []
    for j in range(len(options.names)):
        joints.append(f"net command-{j} joint.{j}.motor-pos-cmd => lock.cmd-{j}")
        joints.append(f"net feedback-{j} lock.fb-{j} => joint.{j}.motor-pos-fb")
    if options.trunnion:
        y, z = options.trunnion.c_to_a
        kinematics = [
            "net kinematics-type motion.analog-out-03 => motion.switchkins-type",
            "net tool-length => xyzac-trt-kins.tool-offset",
            f"setp xyzac-trt-kins.y-offset {y / MM}",
            f"setp xyzac-trt-kins.z-offset {z / MM}",
        ]
    if options.external_offset:
        offsets = [
            "net offset-counts lock.offset-counts => axis.z.eoffset-counts",
            "setp axis.z.eoffset-scale 0.0001",
            "setp axis.z.eoffset-enable 1",
        ]
    samples = []
    for i, row in enumerate(rows):
        pin = f"sampler.{i // PINS}.pin.{i % PINS}"
        samples.append(
            f"net {row.pin[1:]} => {pin}" if row.pin.startswith("=") else f"net sample-{i} {row.pin} => {pin}"
        )
    return Template((HERE / "machine.hal").read_text()).substitute(
        depths=",".join([str(DEPTH)] * len(kinds)),
        kinds=",".join(kinds),
        add_samplers="\n".join(f"addf sampler.{i} servo-thread" for i in range(len(kinds))),
        joints="\n".join(joints),
        offsets="\n".join(offsets),
        kinematics="\n".join(kinematics),
        samples="\n".join(samples),
    )


def _parameters(home: Mapping[str, float], work_offsets: Mapping[str, WorkOffset]) -> str:
    """Numbered parameters that the interpreter keeps: all that it demands, in rising order."""
    values = {first + i: 0.0 for first in (G28, G30, G92) for i in range(9)}
    values |= {PROBE + i: 0.0 for i in range(10)} | {G92 - 1: 0.0, FIRST_SYSTEM - 1: 1.0}
    values |= {G28 + i: home[name] / MM for i, name in enumerate("xyz")}
    for number, system in enumerate(SYSTEMS):
        first = FIRST_SYSTEM + SYSTEM_STEP * number
        o = work_offsets.get(system, WorkOffset())
        origin = (o.x / MM, o.y / MM, o.z / MM, degrees(o.a), degrees(o.b), degrees(o.c))
        values |= dict(zip(range(first, first + 10), (*origin, 0.0, 0.0, 0.0, 0.0), strict=True))
    return "".join(f"{number}\t{value:.9f}\n" for number, value in sorted(values.items()))


def _tool(tool: Tool) -> str:
    return f"T{tool.number} P{tool.number} D{tool.diameter / MM:.9f} Z{tool.z_offset / MM:.9f} ;{tool.name}\n"
