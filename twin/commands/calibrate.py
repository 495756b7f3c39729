"""`twin calibrate`: from recorded runs to the parameters of the machine, with intervals."""

import sys
from datetime import datetime
from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "find a machine's parameters from recordings"
EXAMPLE = "twin calibrate RECORDING.arrows scenario=bench_identification"
EPILOG = """\
A recording that lies in the run folder of `twin bench` brings its scenario along; else name it with key=value.
The file that is written holds priors, findings with 95 % intervals, what could not be found, and where all comes from.
  twin run scenario=NAME calibration=FILE    predicts with the calibrated machine"""


def main(words: list[str]) -> None:
    """Fit the parameters, write the file, print the table."""
    parser = command_parser("calibrate", "Find a machine's parameters from recorded runs.", EPILOG)
    parser.add_argument("words", nargs="+", metavar="RECORDING|key=value", help="recordings; changes to the scenario")
    parser.add_argument("--out", type=Path, help="file to write (default: outputs/calibration/DATE.yaml)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups: DIR/scenario/NAME.yaml, DIR/tool/...")
    options = parser.parse_intermixed_args(words)

    from rich.console import Console

    from hardware.calibration.job import calibrate
    from twin.errors import InputError
    from twin.resources import outputs_folder

    files = [Path(word) for word in options.words if "=" not in word]
    overrides = [word for word in options.words if "=" in word]
    if not files:
        raise InputError("no recording named", remedy=EXAMPLE)
    out = options.out or outputs_folder() / "calibration" / f"{datetime.now():%Y-%m-%d_%H%M%S}.yaml"
    width = None if sys.stdout.isatty() else 160
    calibrate(files, overrides, out, Console(width=width), options.conf)
