"""`twin trace`: everything that is known of one part."""

from pathlib import Path

from twin.commands.parser import command_parser, picture_file

SUMMARY = "the history of one part, printed and drawn"
EXAMPLE = "twin trace nist_plate/10 --picture plate_10.png"
EPILOG = """\
PART is PART/SERIAL, or one of both where that is enough. The history is checked first: a broken chain is said.
docs/history.md"""


def main(words: list[str]) -> None:
    """Print the chain of one part, and draw it."""
    parser = command_parser("trace", "Everything that is known of one part.", EPILOG)
    parser.add_argument("part", metavar="PART", help="PART/SERIAL")
    parser.add_argument("--store", type=Path, metavar="FILE", help="the history (default: outputs/history.sqlite)")
    parser.add_argument("--picture", type=picture_file, metavar="FILE.png", help="draw the chain")
    chosen = parser.parse_args(words)

    import sys

    from rich.console import Console

    from twin.production.history import History
    from twin.production.history_part import trace
    from twin.production.history_verify import require_intact
    from twin.resources import outputs_folder
    from twin.view.history import draw_trace, print_trace

    store = chosen.store or outputs_folder() / "history.sqlite"
    console = Console(width=None if sys.stdout.isatty() else 170)
    require_intact(store)
    with History(store) as history:
        found = trace(history, chosen.part)
    print_trace(found, console)
    if chosen.picture:
        draw_trace(found).savefig(chosen.picture, dpi=150)
        console.print(f"picture  {chosen.picture}", highlight=False, soft_wrap=True)
