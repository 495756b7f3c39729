"""`twin stability`: how deep a tool may cut at which spindle speed before it chatters."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.commands.parser import command_parser

if TYPE_CHECKING:
    import numpy as np

    from twin.cutting.dynamics.measured import MeasuredTip
    from twin.cutting.dynamics.modes import Modes
    from twin.cutting.stability.milling import Milling
    from twin.scenario import Scenario
    from twin.view.stability import OperatingPoints

SUMMARY = "depth of cut without chatter, by speed"
EXAMPLE = "twin stability scenario=rib_panel_7075 tool=1"
EPILOG = """\
the modes of the tool tip come from tool, holder and conf/machine (spindle_modes); or from its measured response,
  frf=FILE (both directions: UFF58, or one CSV that stands for X and Y) or frf_x=FILE frf_y=FILE, in machine axes;
  CSV: frequency_hz, real_um_n, imaginary_um_n (or magnitude_um_n, phase_deg), or taps: tap, time_s, force_n,
  acceleration_m_s2 (or velocity_m_s, displacement_um); or from a file of modes of your own:
  modes:
    - {frequency_hz: 922, damping_ratio: 0.011, stiffness_n_um: 1.34, direction: x}
    - {frequency_hz: 980, damping_ratio: 0.02, stiffness_n_um: 2.1, direction: [0.6, 0.8, 0]}"""


def main(words: list[str]) -> None:
    """Draw the stability chart of one tool and print its best speeds."""
    parser = command_parser("stability", "Chart of stable depths over spindle speed for one tool.", EPILOG)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="scenario=NAME tool=NUMBER, and changes")
    parser.add_argument(
        "--immersion-ratio", type=float, default=1.0, help="width of cut over diameter (default 1, slot)"
    )
    parser.add_argument("--up", action="store_true", help="up milling (default: down milling)")
    parser.add_argument("--heading-deg", type=float, default=0.0, help="direction of the feed from X towards Y")
    parser.add_argument("--speed-rpm", type=float, nargs=2, metavar=("LOW", "HIGH"), help="default: of the spindle")
    parser.add_argument("--depth-mm", type=float, help="deepest cut of the chart (default: what the limits ask for)")
    parser.add_argument("--modes", type=Path, metavar="FILE.yaml", help="modes of the tool tip, in machine axes")
    parser.add_argument(
        "--band-hz", type=float, nargs=2, metavar=("LOW", "HIGH"), help="of the measured response that is fitted"
    )
    parser.add_argument("--no-program", action="store_true", help="leave out the cuts of the program")
    parser.add_argument("--output", type=Path, help="file of the picture (default: outputs/stability_NAME_tN.png)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    import numpy as np
    from rich.console import Console

    from twin.commands.tip import KEYS, print_tip, read_tip
    from twin.cutting.stability import unmodelled
    from twin.cutting.stability.limit import depth_limit
    from twin.errors import InputError
    from twin.resources import outputs_folder
    from twin.scenario import load_scenario
    from twin.units import DEG, MM, RPM
    from twin.view.stability import draw_stability, print_limits

    own = ("tool", *KEYS)
    given = [word.split("=", 1) for word in options.overrides if word.split("=", 1)[0] in own and "=" in word]
    numbers = [value for key, value in given if key == "tool"]
    measured = {key: Path(value) for key, value in given if key != "tool"}
    if measured and options.modes:
        raise InputError("both a measured response and modes are given", remedy="leave out frf= or --modes")
    overrides = (word for word in options.overrides if word.split("=", 1)[0] not in own)
    scenario = load_scenario(*overrides, conf=options.conf)
    known = ", ".join(str(number) for number in scenario.tools)
    if len(numbers) != 1 or not numbers[0].isdigit() or int(numbers[0]) not in scenario.tools:
        raise InputError("which tool is not clear", remedy=f"add tool=NUMBER, one of {known}")
    number = int(numbers[0])
    low, high = options.speed_rpm or np.array([0.2, 1.0]) * scenario.machine.spindle.speed[-1] / RPM
    if not 0 < low < high:
        raise InputError(f"speeds from {low:g} to {high:g} rpm", remedy="give a positive speed and a higher one")
    console = Console(width=None if Console().is_terminal else 140)
    tip = read_tip(measured, options.band_hz) if measured else None
    deepest = None if options.depth_mm is None else options.depth_mm * MM
    modes = tip.modes if tip else options.modes and read_modes(options.modes)
    milling = _milling(scenario, number, modes, deepest)
    points = None if options.no_program else _operating_points(scenario, number, milling, console)
    cut = _window(milling, options.immersion_ratio, options.up, options.heading_deg * DEG)
    tool, known_of = scenario.tools[number], scenario.material.chosen_set
    limit = depth_limit(
        cut,
        np.array([low, high]) * RPM,
        deepest=deepest,
        flute_length=tool.flute_length,
        scatter=(known_of.ktc.deviation, known_of.krc.deviation),
    )
    file = options.output or outputs_folder() / f"stability_{scenario.part.name}_t{number}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    way = "slot" if options.immersion_ratio == 1 else f"{'up' if options.up else 'down'} milling"
    title = f"T{number}  {tool.name}, {scenario.material.name}, {options.immersion_ratio:.0%} immersion, {way}"
    draw_stability(limit, points, title, file)
    if tip:
        print_tip(tip, console)
        if tool.pitch:
            console.print("uneven pitch: no limit straight from the response to check the modes with")
        else:
            beside = file.with_name(f"{file.stem}_frf.png")
            heading = options.heading_deg * DEG
            _check_of_modes(tip, cut, np.linspace(low, high, 240) * RPM, heading, title, beside, console)
    for note in unmodelled(tool):
        console.print(f"note: {note}", highlight=False)
    print_limits(limit, points, title, console)
    console.print(f"picture: {file}", soft_wrap=True, highlight=False)


def _check_of_modes(
    tip: "MeasuredTip", cut: "Milling", speed: "np.ndarray", heading: float, title: str, file: Path, console: Any
) -> None:
    """Compare the zero-order limit of the modes with that of the response itself, which knows no modes."""
    import numpy as np

    from twin.cutting.stability import zero_order_depth, zero_order_lobes
    from twin.units import MM
    from twin.view.frf import draw_tip

    c, s = np.cos(heading), np.sin(heading)
    turn = np.array([[c, -s], [s, c]])
    lobes = [zero_order_lobes(cut, tip.omega, (tip.omega, turn.T @ g @ turn)) for g in (tip.response, tip.fitted)]
    raw, fitted = (zero_order_depth(lobe, speed) for lobe in lobes)
    lowest, at = lobes[0].absolute
    of_modes, at_modes = lobes[1].absolute
    console.print(
        f"zero-order limit at every speed: {lowest / MM:.4g} mm at {at / 2 / np.pi:.1f} Hz by the response itself, "
        f"{of_modes / MM:.4g} mm at {at_modes / 2 / np.pi:.1f} Hz by its modes ({of_modes / lowest - 1:+.1%})",
        highlight=False,
    )
    draw_tip(tip, speed, raw, fitted, title, file)
    console.print(f"picture: {file}", soft_wrap=True, highlight=False)


def _milling(scenario: "Scenario", number: int, modes: "Modes | None", depth: float | None) -> "Milling":
    """The tool in the scenario's material, modes in machine axes."""
    from twin.cutting.dynamics.tool_point import tool_point_modes
    from twin.cutting.stability import milling_of_tool

    tool, coefficients = scenario.tools[number], scenario.material.coefficients
    modes = modes or tool_point_modes(tool, scenario.machine.spindle_modes)
    return milling_of_tool(tool, coefficients, modes, depth or tool.radius)


def _window(milling: "Milling", immersion: float, up: bool, heading: float) -> "Milling":
    """The cut of one radial immersion, feeding at ``heading`` [rad]."""
    from dataclasses import replace

    from twin.cutting.stability import turned, window
    from twin.cutting.stability.milling import check_modes

    entry, leave = window(immersion, up)
    return replace(milling, modes=turned(check_modes(milling.modes), heading), entry=entry, exit=leave)


def _operating_points(scenario: "Scenario", number: int, milling: "Milling", console: Any) -> "OperatingPoints":
    """What the program asks of the tool, each segment by its own window of immersion."""
    import numpy as np

    from twin.cutting.stability import chatter_margin
    from twin.simulate import machine
    from twin.view.stability import OperatingPoints

    machining = machine(scenario, lambda stage: console.print(f"[dim]{stage}[/dim]", highlight=False))
    rows = list(scenario.tools)
    path = machining.toolpath
    found = chatter_margin(machining.contact, path.spindle, [milling] * len(rows))
    depth = np.asarray(machining.contact.depth)
    mine = (path.tool == number) & (depth > 0)
    margin = np.where(mine, found.margin, np.nan)
    return OperatingPoints(np.abs(path.spindle[mine]), depth[mine], margin[mine], path.line[mine], found.error)


def read_modes(file: Path) -> "Modes":
    """Modes of a YAML file, checked.

    Raises:
        InputError: no such file, unknown keys, numbers that cannot be.
    """
    import jax.numpy as jnp
    import numpy as np
    import yaml

    from twin.cutting.dynamics.modes import Modes
    from twin.cutting.stability.milling import check_modes
    from twin.errors import InputError

    try:
        rows = yaml.safe_load(file.read_text())["modes"]
    except OSError:
        raise InputError("there is no such file", file=file, remedy="name a YAML file of modes") from None
    except (yaml.YAMLError, TypeError, KeyError):
        raise InputError("the file has no list 'modes'", file=file, remedy="see `twin stability --help`") from None
    if not isinstance(rows, list) or not rows:
        raise InputError("the list 'modes' is empty", file=file, remedy="give one mode at least")
    axes = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
    columns: list[list[float]] = [[], [], []]
    direction = []
    for i, row in enumerate(rows):
        keys = ("frequency_hz", "damping_ratio", "stiffness_n_um", "direction")
        if not isinstance(row, dict) or sorted(row) != sorted(keys):
            raise InputError(f"mode {i + 1} needs exactly {', '.join(keys)}", file=file, remedy="correct its keys")
        try:
            for column, key in zip(columns, keys[:3], strict=True):
                column.append(float(row[key]))
            along = axes[row["direction"]] if isinstance(row["direction"], str) else row["direction"]
            direction.append(np.array(along, dtype=float).reshape(3))
        except (TypeError, ValueError, KeyError):
            raise InputError(
                f"mode {i + 1} holds something that is no number",
                file=file,
                remedy="direction: x, y, z or three numbers",
            ) from None
    frequency, damping, stiffness = (jnp.asarray(column) for column in columns)
    modes = Modes(2 * jnp.pi * frequency, damping, stiffness * 1e6, jnp.asarray(np.array(direction)))
    try:
        return check_modes(modes)
    except InputError as error:
        raise InputError(error.message, file=file, remedy=error.remedy) from None
