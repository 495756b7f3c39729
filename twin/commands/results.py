"""`twin results`: runs and sweeps as a table; sorted, filtered, exported."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "table of runs or of a sweep; filter, sort"
EXAMPLE = "twin results --sort machining_time_min"
EPILOG = """\
examples:
  twin results                                          every run in outputs, oldest first
  twin results --where "deviation_95_pct_within_um<30" --sort machining_time_min
  twin results example --pareto machining_time_min deviation_95pct_um
  twin results example --where "status=='done'" --csv table.csv --xlsx table.xlsx
columns end in their unit; conditions join comparisons with and, or, not and parentheses"""
MOST_ROWS = 50


def main(words: list[str]) -> None:
    """Print a table of finished runs or of a sweep."""
    parser = command_parser("results", "Table of finished runs, or of a sweep.", EPILOG)
    parser.add_argument("place", nargs="?", help="a sweep by name or folder, a folder of runs, Parquet or CSV")
    parser.add_argument("--where", action="append", default=[], metavar="CONDITION", help="only rows that hold")
    parser.add_argument("--sort", metavar="COLUMN", help="smallest first")
    parser.add_argument("--descending", action="store_true", help="largest first")
    parser.add_argument("--pareto", nargs="+", metavar="COLUMN", help="only the Pareto front: COLUMN or max:COLUMN")
    parser.add_argument("--columns", nargs="+", metavar="COLUMN", help="only these; feature.* for many")
    parser.add_argument("--limit", type=int, metavar="N", help=f"rows printed (default: {MOST_ROWS}, of runs all)")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="also write all rows as CSV")
    parser.add_argument("--xlsx", type=Path, metavar="FILE", help="also write all rows for Excel")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the Pareto front among all rows (PNG)")
    options = parser.parse_intermixed_args(words)

    from twin.errors import InputError
    from twin.resources import outputs_folder
    from twin.sweep.columns import place_of, read_table, selected, sorted_by, write_csv, write_xlsx
    from twin.sweep.pareto import Goal, goals, pareto_front
    from twin.sweep.where import where
    from twin.view.result_table import print_table

    if options.picture and len(options.pareto or ()) < 2:
        raise InputError("a picture of the front needs two goals or more", remedy="--pareto COLUMN COLUMN")
    place = place_of(options.place, outputs_folder())
    table = read_table(place)
    for condition in options.where:
        table = where(table, condition)
    chosen: tuple[Goal, ...] = ()
    if options.pareto:
        chosen, everything = goals(options.pareto), table
        table = pareto_front(table, chosen)
        if options.picture:
            from twin.view.front import draw_front

            draw_front(everything, table, chosen, options.picture)
    if options.sort:
        table = sorted_by(table, options.sort, options.descending)
    if options.columns:
        table = selected(table, options.columns)
    most = table.num_rows if "run" in table.column_names else MOST_ROWS  # of a sweep the first are enough
    first = [*(goal.name for goal in chosen), *([options.sort] if options.sort else [])]
    limit = most if options.limit is None else options.limit
    print_table(table, limit, place, first=first, every=bool(options.columns))
    for file, write in ((options.csv, write_csv), (options.xlsx, write_xlsx)):
        if file:
            write(table, file)
    for file in filter(None, (options.csv, options.xlsx, options.picture)):
        print(f"written  {file}")
