"""`twin cutter`: a picture and the dimensions of a tool."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "draw a tool and its edges"
EXAMPLE = "twin cutter bull_d16r1_3fl"
EPILOG = """\
a tool of conf/tool by its name, or one of a scenario's tool list:
  twin cutter flat_d10_3fl
  twin cutter scenario=nist_plate scenario.plate=2 tool=3"""


def main(words: list[str]) -> None:
    """Draw one tool and print its dimensions."""
    parser = command_parser("cutter", "Draw a tool: side view, unrolled edges, from below, chip load.", EPILOG)
    parser.add_argument("tool", nargs="+", metavar="TOOL", help="name in conf/tool, or scenario=NAME tool=NUMBER")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    parser.add_argument("--feed-per-tooth-mm", type=float, default=0.05, help="of the chip load (default 0.05)")
    parser.add_argument("--depth-mm", type=float, help="of the slot (default: half the diameter or the flutes)")
    parser.add_argument("--output", type=Path, help="file of the picture (default: cutter_NAME.png in outputs)")
    options = parser.parse_intermixed_args(words)

    from twin.errors import InputError
    from twin.resources import outputs_folder
    from twin.view.cutter import dimensions, draw_cutter

    tool, name = _find(options.tool, options.conf)
    depth = 1e-3 * options.depth_mm if options.depth_mm is not None else min(tool.radius, tool.flute_length)
    if options.feed_per_tooth_mm <= 0 or depth <= 0:
        raise InputError("the feed per tooth and the depth of the slot must be above zero", remedy="correct the flags")
    file = options.output or outputs_folder() / f"cutter_{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    draw_cutter(tool, file, 1e-3 * options.feed_per_tooth_mm, depth)
    for title, value, unit in [("tool", tool.name, ""), *dimensions(tool)]:
        print(f"{title:<28} {value} {unit}".rstrip())
    print(f"{'picture':<28} {file}")


def _find(words: list[str], conf: Path | None):
    """The tool that the words mean, and a name for its picture."""
    import yaml

    from twin.compose import compose, groups
    from twin.config import build
    from twin.errors import InputError
    from twin.machine.tool import Tool
    from twin.resources import shared_folder

    names = [word for word in words if "=" not in word]
    if len(names) == 1 and len(words) == 1:
        name = names[0]
        for folder in [*([conf] if conf else []), shared_folder("conf")]:
            file = folder / "tool" / f"{name}.yaml"
            if file.is_file():
                return build(Tool, {"number": 1, **yaml.safe_load(file.read_text())}, file=file), name
        raise InputError(f"there is no tool '{name}'", remedy="known: " + ", ".join(groups(conf).get("tool", [])))
    numbers = [word.removeprefix("tool=") for word in words if word.startswith("tool=")]
    if names or len(numbers) != 1:
        raise InputError("which tool is not clear", remedy="give its name, or scenario=NAME tool=NUMBER")
    config = compose([word for word in words if not word.startswith("tool=")], conf=conf)
    tools = {str(number): values for number, values in (config.get("tools") or {}).items()}
    if numbers[0] not in tools:
        raise InputError(f"the scenario has no tool T{numbers[0]}", remedy="known: " + ", ".join(tools))
    tool = build(Tool, {"number": int(numbers[0]), **tools[numbers[0]]}, f"tools.{numbers[0]}")
    return tool, f"{config['scenario']['name']}_t{numbers[0]}"
