"""`twin life`: what finished runs consume of the machine's bearings, screws, guides and belts, and what is left."""

from pathlib import Path

from twin.commands.parser import command_parser, picture_file

SUMMARY = "life of bearings, screws, guides, belts"
EXAMPLE = "twin life latest --parts 12"
EPILOG = """\
the plan of work is parts a day of each run: twin life RUN_A RUN_B --parts 12 3
a book keeps what has been consumed: --book machine.jsonl --days 20 books twenty such days
components stand in conf/component by the machine's name; yours: --components FILE or --conf DIR"""


def main(words: list[str]) -> None:
    """Rate the components of the machine that made the runs."""
    parser = command_parser("life", "Rating life of the machine's components under the loads of finished runs.", EPILOG)
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run folder, its name below outputs, or latest")
    parser.add_argument("--parts", nargs="+", type=float, metavar="N", help="parts a day of each run (default: 1)")
    parser.add_argument("--days", type=float, default=0.0, help="days already worked like this")
    parser.add_argument("--book", type=Path, help="file of what has been consumed; --days are added to it")
    parser.add_argument("--replaced", metavar="COMPONENT", help="first book that this component is new")
    parser.add_argument("--components", type=Path, metavar="FILE", help="instead of conf/component")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    parser.add_argument("--change", type=float, metavar="EUR", help="cost of a tool with its change: plans the tools")
    parser.add_argument("--failure", type=float, metavar="EUR", help="further cost when a tool fails in a part")
    parser.add_argument("--batch", type=int, metavar="N", help="parts of the batch that the tools are planned for")
    parser.add_argument("--picture", type=picture_file, metavar="FILE", help="draw what is left and the shares (PNG)")
    parser.add_argument("--outputs", type=Path, help="folder of run folders (default: outputs)")
    options = parser.parse_intermixed_args(words)

    from rich.console import Console

    from twin.errors import InputError
    from twin.production.component_life.book import book_replacement
    from twin.production.component_life.job import life_of, machine_of
    from twin.resources import outputs_folder
    from twin.runs import find_run

    if (options.change is None) != (options.failure is None):
        raise InputError("tools are planned by two costs", remedy="give --change EUR and --failure EUR")
    folders = [find_run(name, options.outputs or outputs_folder()) for name in options.runs]
    parts = options.parts or [1.0] * len(folders)
    if len(parts) != len(folders):
        raise InputError(f"{len(parts)} numbers of parts for {len(folders)} runs", remedy="give one a run")
    if not 0 <= options.days < float("inf"):
        raise InputError(f"{options.days:g} days", remedy="give a number from zero on")
    if options.replaced:
        if not options.book:
            raise InputError("--replaced without a book", remedy="name it: --book FILE")
        book_replacement(options.book, machine_of(folders[0]), options.replaced)
    if options.change is not None:
        from twin.production.tool_life.job import check_plan, plan_tools

        check_plan(folders, options.change, options.failure, options.batch)
    console = Console(width=None if Console().is_terminal else 180)
    found = life_of(
        folders,
        parts,
        console,
        components_file=options.components,
        conf=options.conf,
        book=options.book,
        days=options.days,
    )
    if options.change is not None:
        for folder in folders:
            plan_tools(folder, options.change, options.failure, options.batch, console)
    if options.picture:
        from twin.view.life import draw_life

        draw_life(found).savefig(options.picture, dpi=120)
        console.print(f"picture {options.picture}", highlight=False, soft_wrap=True)
