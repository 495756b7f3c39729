"""`twin run`: one scenario, from program to inspected part."""

from pathlib import Path

from twin.commands.parser import OVERRIDES, command_parser

SUMMARY = "machine a part in the twin"
EXAMPLE = "twin run scenario=nist_plate scenario.plate=2"


def main(words: list[str]) -> None:
    """Simulate one scenario, save the run and say what came out."""
    parser = command_parser("run", "Machine a part in the twin and predict what comes out.", OVERRIDES)
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
