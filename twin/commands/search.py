"""`twin search`: best values of some parameters within limits, checked by a whole run."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "best values of parameters within limits"
EXAMPLE = "twin search optimisation=example"
EPILOG = """\
what is varied, what should be small and what has to be kept is in conf/optimisation:
  optimisation=NAME                          another search
  optimisation.method=optuna optimisation.n_trials=100
an interrupted search goes on where it stopped; `twin optimise` finds feeds block by block instead"""


def main(words: list[str]) -> None:
    """Search, or go on with a search."""
    parser = command_parser("search", "Best values of parameters of a scenario, within limits.", EPILOG)
    parser.add_argument("words", nargs="*", metavar="key=value", help="of the scenario and of the search")
    parser.add_argument("--outputs", type=Path, help="folder for searches (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    from rich.console import Console

    from twin.job import Stopwatch
    from twin.resources import outputs_folder
    from twin.sweep.search_job import run_search
    from twin.view.search import draw_search, print_best

    console = Console(width=None if Console().is_terminal else 160)
    watch = Stopwatch(console)
    best = run_search(options.words, outputs=options.outputs or outputs_folder(), conf=options.conf, say=watch)
    watch.done()
    print_best(best, console)
    draw_search(best)
    for file in ("search.png", "tried.parquet", "best.json"):
        console.print(f"{file:<14} {best.folder / file}", highlight=False, soft_wrap=True)
