"""`twin view`: a finished run in 3D, alone or beside another run or its measurements."""

from argparse import Namespace
from pathlib import Path

from twin.commands.parser import command_parser
from twin.errors import InputError

SUMMARY = "look at a finished run in 3D"
EXAMPLE = "twin view latest --web"
LOOPBACK = "127.0.0.1"
EPILOG = """\
without a flag a window opens; its keys are written below the picture. In window and browser a click picks a
point: its numbers, its NC line and its history are shown. Files, each as the other flags ask for it:
  twin view latest --screenshot part.png --field force_n --section y=60
  twin view latest --movie machining.mp4 --seconds 20        (or .gif)
  twin view latest --html part.html                           one page, to turn about
  twin view RUN RUN2 --export difference.vtp                  (or .vtkhdf) for ParaView"""


def main(words: list[str]) -> None:
    """Show a finished run in a window, in a browser, or in a file."""
    parser = command_parser("view", "Show the part of a finished run, coloured by what is predicted of it.", EPILOG)
    parser.add_argument("run", nargs="?", default="latest", help="run folder, or `latest`")
    parser.add_argument("other", nargs="?", metavar="RUN2", help="a second run, to compare with")
    parser.add_argument("--field", default="", help="what to colour by: deviation_um, force_n, ..., or by_source")
    parser.add_argument("--same-limits", action="store_true", help="one colour range for all deviations")
    parser.add_argument("--measured", action="store_true", help="twin, measured and their difference side by side")
    parser.add_argument("--time-s", type=float, metavar="T", help="moment of the machining (default: its end)")
    parser.add_argument("--section", metavar="AXIS=MM", help="cut the view open, as y=60")
    parser.add_argument("--layers", default="stock,tool", metavar="A,B", help="of stock, target, tool, path, or none")
    parser.add_argument("--screenshot", type=Path, metavar="FILE.png", help="write a picture")
    parser.add_argument("--movie", type=Path, metavar="FILE.mp4", help="write a film of the machining, mp4 or gif")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of the film (default 15)")
    parser.add_argument("--html", type=Path, metavar="FILE.html", help="write one page that needs no server")
    parser.add_argument("--export", type=Path, metavar="FILE.vtp", help="write a mesh for ParaView, vtp or vtkhdf")
    parser.add_argument("--web", action="store_true", help="serve a page for a browser until Ctrl-C")
    parser.add_argument("--host", default=LOOPBACK, help=f"where the page is served (default {LOOPBACK}: here only)")
    parser.add_argument("--port", type=int, default=0, help="its port (default: a free one)")
    parser.add_argument("--outputs", type=Path, help="folder of run folders")
    options = parser.parse_intermixed_args(words)

    from twin.resources import outputs_folder
    from twin.runs import find_run
    from twin.view.apart import KINDS, Order, carry_out
    from twin.view.picture import BY_SOURCE, render

    outputs = options.outputs or outputs_folder()
    run = find_run(options.run, outputs)
    other = find_run(options.other, outputs) if options.other else None
    files = _files(options, KINDS)
    if options.field == BY_SOURCE:
        if not options.screenshot:
            raise InputError("by_source is a picture", remedy="add --screenshot FILE.png")
        render(run, options.screenshot, BY_SOURCE)
        print(options.screenshot)
        return
    order = {
        "run": str(run.resolve()),
        "other": str(other.resolve()) if other else "",
        "field": options.field,
        "time": options.time_s,
        "section": _section(options.section),
        "layers": tuple(name for name in options.layers.split(",") if name and name != "none"),
        "compare": options.measured or other is not None,
        "same_limits": options.same_limits,
        "seconds": options.seconds,
    }
    for file in files:
        carry_out(Order(**order, file=str(file.resolve())))
        print(file)
    if options.web:
        print(f"reading {run.name}; open the address below in a browser, Ctrl-C ends the view", flush=True)
        carry_out(Order(**order, host=options.host, port=options.port))
    elif not files:
        carry_out(Order(**order))


def _files(options: Namespace, kinds: dict[str, str]) -> list[Path]:
    """The files asked for.

    Raises:
        InputError: a flag names a file of another kind.
    """
    asked = (("screenshot", "picture"), ("movie", "film"), ("html", "page"), ("export", "mesh"))
    files = [(flag, kind, getattr(options, flag)) for flag, kind in asked if getattr(options, flag)]
    for flag, kind, file in files:
        if kinds.get(file.suffix) != kind:
            known = " or ".join(f"FILE{suffix}" for suffix, of in kinds.items() if of == kind)
            raise InputError(f"--{flag} cannot write '{file.name}'", remedy=f"name {known}")
    return [file for _, _, file in files]


def _section(text: str | None) -> tuple[str, float] | None:
    """Axis and place [mm] of AXIS=MM."""
    if text is None:
        return None
    axis, _, place = text.partition("=")
    try:
        if axis in ("x", "y", "z"):
            return axis, float(place)
    except ValueError:
        pass
    raise InputError(f"'{text}' is not a section", remedy="write the axis and the place in mm, as y=60")
