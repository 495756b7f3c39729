"""The `twin` command."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from twin.errors import InputError

COMMANDS = """\
commands:
  run      machine a part in the twin           twin run scenario=nist_plate scenario.plate=2
  show     what a run would use, every key      twin show scenario=freeform_pocket
  view     look at a finished run in 3D         twin view latest
  results  table of finished runs               twin results

`twin COMMAND --help` tells more."""

OVERRIDES = """\
overrides are key=value; a quantity's key ends in its unit:
  scenario=nist_plate                 another part (`twin show` lists parts, machines, tools, materials ...)
  machine=hurco material=ti_6al_4v    another machine, another material
  tools.2.stick_out_mm=45             one number of the composed configuration
  model.resolution_mm=0.5             how it is computed: coarser and faster"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status (0 done, 2 bad input, 130 interrupted)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    commands: dict[str, Callable[[list[str]], None]] = {"run": run, "show": show, "view": view, "results": results}
    if not words or words[0] in ("-h", "--help") or words[0] not in commands:
        print(f"usage: twin COMMAND [key=value ...] [--flag ...]\n\n{__doc__} {_first_line()}\n\n{COMMANDS}")
        if words and words[0] not in ("-h", "--help"):
            print(f"\nerror: there is no command '{words[0]}'", file=sys.stderr)
            return 2
        return 0
    try:
        commands[words[0]](words[1:])
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    return 0


def run(words: list[str]) -> None:
    """Simulate one scenario, save the run and say what came out."""
    parser = _parser("run", "Machine a part in the twin and predict what comes out.", OVERRIDES)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    parser.add_argument("--outputs", type=Path, help="folder for run folders (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups: DIR/scenario/NAME.yaml, DIR/tool/...")
    parser.add_argument("--no-picture", action="store_true", help="do not draw the part")
    options = parser.parse_intermixed_args(words)

    from twin.job import run_scenario
    from twin.resources import outputs_folder

    run_scenario(
        options.overrides,
        outputs=options.outputs or outputs_folder(),
        conf=options.conf,
        picture=not options.no_picture,
    )


def show(words: list[str]) -> None:
    """Print the composed configuration and the options of every group."""
    parser = _parser("show", "Print every value that a run with these overrides would use.", OVERRIDES)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    import yaml

    from twin.compose import compose, groups

    print(yaml.safe_dump(compose(options.overrides, conf=options.conf), sort_keys=False, allow_unicode=True))
    for group, names in groups(options.conf).items():
        print(f"# {group}: {', '.join(names)}")


def view(words: list[str]) -> None:
    """Show the part of a finished run, in a window or as a picture."""
    parser = _parser("view", "Show the part of a finished run, coloured by a predicted quantity.", "")
    parser.add_argument("run", nargs="?", default="latest", help="run folder, or `latest`")
    parser.add_argument("--field", default="deviation_um", help="quantity to colour by (default deviation_um)")
    parser.add_argument(
        "--screenshot", type=Path, metavar="FILE.png", help="write a picture instead of opening a window"
    )
    parser.add_argument("--outputs", type=Path, help="folder of run folders")
    options = parser.parse_intermixed_args(words)

    from twin.resources import outputs_folder
    from twin.runs import find_run
    from twin.view.picture import open_window, render

    folder = find_run(options.run, options.outputs or outputs_folder())
    if options.screenshot:
        render(folder, options.screenshot, options.field)
        print(options.screenshot)
    else:
        open_window(folder, options.field)


def results(words: list[str]) -> None:
    """Print a table of finished runs."""
    parser = _parser("results", "Table of finished runs, oldest first.", "")
    parser.add_argument("folder", nargs="?", type=Path, help="folder of run folders (default: outputs)")
    options = parser.parse_args(words)

    from twin.resources import outputs_folder
    from twin.runs import list_runs
    from twin.view.tables import print_runs

    folder = options.folder or outputs_folder()
    if not folder.is_dir():
        raise InputError("no such folder", file=folder, remedy="`twin run` makes runs in outputs")
    print_runs(list_runs(folder), folder)


def _parser(command: str, description: str, epilog: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"twin {command}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _first_line() -> str:
    return "It reads a real NC program and predicts time, forces, heat, error and the inspection report."


if __name__ == "__main__":
    sys.exit(main())
