"""`twin view`: the part of a finished run in 3D."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "look at a finished run in 3D"
EXAMPLE = "twin view latest"


def main(words: list[str]) -> None:
    """Show the part of a finished run, in a window or as a picture."""
    parser = command_parser("view", "Show the part of a finished run, coloured by a predicted quantity.")
    parser.add_argument("run", nargs="?", default="latest", help="run folder, or `latest`")
    parser.add_argument(
        "--field", default="deviation_um", help="quantity to colour by (default deviation_um), or by_source"
    )
    parser.add_argument(
        "--screenshot", type=Path, metavar="FILE.png", help="write a picture instead of opening a window"
    )
    parser.add_argument("--same-limits", action="store_true", help="one colour range for all deviations")
    parser.add_argument("--outputs", type=Path, help="folder of run folders")
    options = parser.parse_intermixed_args(words)

    from twin.resources import outputs_folder
    from twin.runs import find_run
    from twin.view.picture import open_window, render

    folder = find_run(options.run, options.outputs or outputs_folder())
    if options.screenshot:
        render(folder, options.screenshot, options.field, same_limits=options.same_limits)
        print(options.screenshot)
    else:
        open_window(folder, options.field, same_limits=options.same_limits)
