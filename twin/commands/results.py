"""`twin results`: a table of finished runs."""

from pathlib import Path

from twin.commands.parser import command_parser
from twin.errors import InputError

SUMMARY = "table of finished runs"
EXAMPLE = "twin results"


def main(words: list[str]) -> None:
    """Print a table of finished runs."""
    parser = command_parser("results", "Table of finished runs, oldest first.")
    parser.add_argument("folder", nargs="?", type=Path, help="folder of run folders (default: outputs)")
    options = parser.parse_args(words)

    from twin.resources import outputs_folder
    from twin.runs import list_runs
    from twin.view.tables import print_runs

    folder = options.folder or outputs_folder()
    if not folder.is_dir():
        raise InputError("no such folder", file=folder, remedy="`twin run` makes runs in outputs")
    print_runs(list_runs(folder), folder)
