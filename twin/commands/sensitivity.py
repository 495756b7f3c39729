"""`twin sensitivity`: which parameter of a sweep the scatter of its results comes from."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "which parameter of a sweep matters"
EXAMPLE = "twin sensitivity latest --of deviation_95pct_um"
EPILOG = """\
A sweep of kind saltelli gives first-order and total Sobol indices with their intervals; any other random or
space-filling sweep gives first-order ones. --gradients adds indices from slopes. docs/sensitivity.md says
what they mean."""


def main(words: list[str]) -> None:
    """Print indices of a sweep's results and draw their tornado charts."""
    parser = command_parser("sensitivity", "Which parameter of a sweep matters.", EPILOG)
    parser.add_argument("sweep", nargs="?", default="latest", help="a sweep by name or folder, a Parquet or CSV file")
    parser.add_argument("--of", nargs="+", metavar="COLUMN", default=[], help="results (default: deviation_95pct_um)")
    parser.add_argument("--parameters", nargs="+", metavar="COLUMN", default=[], help="default: what the sweep varied")
    parser.add_argument("--where", metavar="CONDITION", help="only rows that hold (not with a saltelli design)")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="where charts go (default: the sweep's folder)")
    parser.add_argument("--gradients", action="store_true", help="also indices from slopes, of batches")
    options = parser.parse_intermixed_args(words)

    from twin.errors import InputError
    from twin.resources import outputs_folder
    from twin.sweep.columns import place_of, read_table
    from twin.sweep.importance import BLOCK, DEFAULT_RESULT, importance
    from twin.sweep.where import where
    from twin.view.importance import draw_importance, print_importance

    place = place_of(options.sweep, outputs_folder())
    table = read_table(place)
    if options.where:
        if BLOCK in table.column_names and not options.parameters:
            raise InputError("rows of a Saltelli design belong together", remedy="leave --where out")
        table = where(table, options.where)
    into = options.into or (place if place.is_dir() else place.parent)
    if not into.is_dir():
        raise InputError("no such folder", file=into, remedy="name an existing one with --into")
    for result in options.of or [DEFAULT_RESULT]:
        found = importance(table, result, options.parameters)
        print_importance(found)
        file = into / f"tornado_{result}.png"
        draw_importance(found, file)
        print(f"picture  {file}")
    if options.gradients:
        from twin.sweep.derivatives import derivatives
        from twin.sweep.prepared import stored
        from twin.view.importance import print_derivatives

        for slopes in derivatives(stored(place), options.of or [DEFAULT_RESULT]):
            print_derivatives(slopes)
