"""`twin new`: a scenario from an engineer's own NC program."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from twin.commands.parser import command_parser

if TYPE_CHECKING:
    from twin.own_part.scenario import OwnPart

SUMMARY = "a scenario from your own NC program"
EXAMPLE = "twin new part.nc stock.stl"
EPILOG = """\
writes NAME.yaml in the working directory; it refers to program and stock where they are. Tools are read from the
program's comments; what they do not say is guessed, marked GUESS in the file and listed here. Words state it instead:
  tool.3.diameter_mm=10 tool.3.kind=ball   any key of a tool (`twin explain tool`)
  material=ti_6al_4v machine=hurco         any option of machine, controller, material, environment, coolant
  stock.unit=in                            the unit of STOCK: mm, in, m
  twin new part.nc                         without a stock: the box that the tools reach"""


def main(words: list[str]) -> None:
    """Write the scenario; say what was read and what was guessed."""
    parser = command_parser("new", "Make a scenario of one file from an NC program.", EPILOG)
    parser.add_argument("files", nargs="+", metavar="PROGRAM [STOCK]", help="NC file; STL, PLY or OBJ; key=value")
    parser.add_argument(
        "--target", type=Path, metavar="PART.stl", help="mesh of the finished part, placed as the stock"
    )
    parser.add_argument("--name", help="of the scenario (default: the program's)")
    parser.add_argument("--output", type=Path, metavar="FILE.yaml", help="file to write (default: NAME.yaml here)")
    options = parser.parse_intermixed_args(words)

    from twin.errors import InputError
    from twin.own_part.scenario import Words, own_part, write_scenario

    stated = [word for word in options.files if "=" in word and not Path(word).is_file()]
    files = [Path(word) for word in options.files if word not in stated]
    if not 1 <= len(files) <= 2:
        raise InputError(f"{len(files)} files are named", remedy="name the program and, if you have it, the stock")
    if options.output and options.output.suffix not in (".yaml", ".yml"):
        raise InputError("a scenario is a .yaml file", file=options.output, remedy="name one with --output")
    name = options.name or (options.output.stem if options.output else None)
    part = own_part(files[0], files[1] if len(files) == 2 else None, Words.of(stated), name=name, target=options.target)
    file = options.output or Path(f"{part.name}.yaml")
    write_scenario(part, file)
    _tell(part, file)


def _tell(part: "OwnPart", file: Path) -> None:
    """What was read, what was guessed, how to go on."""
    print(f"{file}: {part.title}\n\ntools")
    rows = []
    for entry in part.tools:
        tool = entry.tool
        size = f"D{tool.diameter * 1e3:g}" + (f" R{tool.corner_radius * 1e3:g}" if tool.kind == "bull" else "")
        rows.append((f"T{tool.number}", tool.kind, size, f"{tool.n_teeth} teeth", entry.read["diameter"]))
    columns(rows)
    size = (part.stock.upper - part.stock.lower) * 1e3
    print(f"\nstock      {size[0]:.5g} x {size[1]:.5g} x {size[2]:.5g} mm")
    print("\nguessed: look at each, and correct it in the file")
    columns(list(part.all_guesses.items()))
    print(f"\nrun it     twin run scenario={file}")


def columns(rows: Sequence[Sequence[str]]) -> None:
    """Print rows with their columns under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
