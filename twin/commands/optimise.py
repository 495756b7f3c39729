"""`twin optimise`: the fastest feeds within limits, written back into the NC program."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "feeds and speeds within limits, written back"
EXAMPLE = "twin optimise scenario=rib_panel_7075"
EPILOG = """\
limits are in conf/advice; yours go before them, for all tools or for one:
  advice.limits.force_n=600 advice.limits.form_error_um=15
  advice.limits.feed_highest_ratio=1.5
  advice.tools.2.deflection_um=20
the program as it is stays; the rewritten one lies in the run folder"""


def main(words: list[str]) -> None:
    """Optimise the feeds of a scenario's program."""
    parser = command_parser("optimise", "Fastest feeds within the limits of tool, spindle, machine and part.", EPILOG)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    parser.add_argument("--outputs", type=Path, help="folder for run folders (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    parser.add_argument("--write-speeds", action="store_true", help="also write the advised spindle speeds")
    options = parser.parse_intermixed_args(words)

    from twin.advice.job import run_optimise
    from twin.resources import outputs_folder

    run_optimise(
        options.overrides,
        outputs=options.outputs or outputs_folder(),
        conf=options.conf,
        write_speeds=options.write_speeds,
    )
