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
  twin validate plate_11.shdr.gz --run RUN --channels hurco_shdr --limits nist_plate"""


def main(words: list[str]) -> None:
    """Validate; print, and write the report."""
    parser = command_parser("validate", "Compare a recording with the run that predicted it.", EPILOG)
    parser.add_argument("recording", type=Path, help="what was measured")
    parser.add_argument("--run", default="latest", help="run folder, or `latest`")
    parser.add_argument("--channels", type=Path, metavar="FILE.yaml", help="which recorded channel is which")
    parser.add_argument(
        "--limits", metavar="FILE.yaml", help="declared limits (default: conf/validation/standard.yaml)"
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder of the report (default: the run folder)")
    parser.add_argument("--outputs", type=Path, help="folder of run folders")
    parser.add_argument("--no-picture", action="store_true", help="do not draw the part")
    options = parser.parse_intermixed_args(words)

    import sys

    from rich.console import Console

    from hardware.validation import report, validate
    from twin.resources import outputs_folder
    from twin.runs import find_run

    console = Console(width=None if sys.stdout.isatty() else 200)
    folder = find_run(options.run, options.outputs or outputs_folder())
    found = validate(options.recording, folder, channel_map=options.channels, limits=options.limits)
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
    report(found, options.output or folder, console, picture=not options.no_picture)
    if found.passed is False:
        raise SystemExit(1)
