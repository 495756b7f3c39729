"""`twin validate`: a recording of a machine against the run that predicted it."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "compare a recording with a run"
EXAMPLE = "twin validate recording.arrows --run latest"
EPILOG = """\
RECORDING is a recording of `twin bench` (.arrows), a table (.csv), or an SHDR log of an MTConnect adapter (.shdr.gz)
writes report.html (in a run folder: on top of the run's report), validation.json and validation_lines.csv
exit status: 0 every declared limit held, 1 one did not

  twin validate recording.arrows --run latest --limits my_limits.yaml
  twin validate plate_11.shdr.gz --run RUN --channels hurco_shdr --limits nist_plate
  twin validate day3.shdr.gz --fitted-on day1.shdr.gz day2.shdr.gz --output DIR     spindle temperature of a day"""


def main(words: list[str]) -> None:
    """Validate; print, and write the report."""
    parser = command_parser("validate", "Compare a recording with the run that predicted it.", EPILOG)
    parser.add_argument("recording", type=Path, nargs="+", help="what was measured; several: one after the other")
    parser.add_argument("--run", default="latest", help="run folder, or `latest`")
    parser.add_argument("--channels", type=Path, metavar="FILE.yaml", help="which recorded channel is which")
    parser.add_argument(
        "--limits", metavar="FILE.yaml", help="declared limits (default: conf/validation/standard.yaml)"
    )
    parser.add_argument("--cut", choices=["metal", "nothing"], help="what was cut, where the recording does not say it")
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder of the report (default: the run folder)")
    parser.add_argument("--outputs", type=Path, help="folder of run folders")
    parser.add_argument("--no-picture", action="store_true", help="do not draw the part")
    parser.add_argument(
        "--fitted-on", type=Path, nargs="+", metavar="LOG", help="predict spindle temperature from these days"
    )
    options = parser.parse_intermixed_args(words)

    import sys

    from rich.console import Console

    from hardware.validation import report, validate
    from twin.resources import outputs_folder
    from twin.runs import find_run

    console = Console(width=None if sys.stdout.isatty() else 200)
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
    if options.fitted_on:
        from hardware.validation.spindle_day import read_config, validate_spindle_day
        from hardware.validation.spindle_report import spindle_report

        day = validate_spindle_day(options.recording[0], options.fitted_on, read_config(options.channels))
        spindle_report(day, options.output or Path(), console)
        if day.passed is False:
            raise SystemExit(1)
        return
    folder = find_run(options.run, options.outputs or outputs_folder())
    declared = {"channel_map": options.channels, "limits": options.limits, "cut": options.cut}
    found = validate(options.recording, folder, **declared)
    report(found, options.output or folder, console, picture=not options.no_picture)
    if found.passed is False:
        raise SystemExit(1)
