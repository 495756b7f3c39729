"""`twin sweep`: many scenarios of a part, in one table."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "many scenarios of a part, in one table"
EXAMPLE = "twin sweep sweep=example"
EPILOG = """\
what is varied stands in conf/sweep, or in DIR/sweep with --conf DIR (docs/sweeps.md):
  twin sweep sweep=example                            what is missing or failed is computed, nothing twice
  twin sweep sweep=example model.removal.resolution_mm=0.5   another scenario: another sweep, in a folder of its own
  twin sweep -m sweep=example hydra/launcher=joblib   one chunk a job, on all cores; on a cluster:
  twin sweep -m sweep=example hydra/launcher=submitit_slurm hydra.launcher.partition=main"""


def main(words: list[str]) -> None:
    """Run one sweep, or what is left of it."""
    parser = command_parser("sweep", "Compute many scenarios of a part; a sweep goes on where it was left.", EPILOG)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="the sweep, and changes to the scenario")
    parser.add_argument("--outputs", type=Path, help="folder that holds sweeps/ (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups: DIR/sweep/NAME.yaml, DIR/scenario/...")
    parser.add_argument("-m", "--multirun", action="store_true", help="one chunk a job, by a launcher of Hydra")
    options = parser.parse_intermixed_args(words)

    from twin.resources import outputs_folder
    from twin.sweep.console import sweep_in_console

    status = sweep_in_console(
        options.overrides,
        outputs=options.outputs or outputs_folder(),
        conf=options.conf,
        multirun=options.multirun,
    )
    if status:
        raise SystemExit(status)
