"""The bench in the terminal: what runs, how far it is, and how far off the prediction."""

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table

from hardware.bench import Progress
from twin.units import UM

QUIET = 5.0  # [s] between two lines where the output is no terminal
MS = 1e-3


class BenchDisplay:
    """Shows a bench while it runs: a table that is kept up to date, or, into a file, a line now and then."""

    def __init__(self, console: Console):
        self._console, self._told, self._served = console, 0.0, False
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def __enter__(self) -> "BenchDisplay":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, running: Progress) -> None:
        """Bring it up to date."""
        if running.served and not self._served:
            self._served = True
            self._console.print(f"serving the twin's state at {running.served}", highlight=False, soft_wrap=True)
            self._console.file.flush()
        if self._live:
            self._live.update(_table(running), refresh=True)
        elif running.wall - self._told > QUIET:
            self._told = running.wall
            self._console.print(_line(running), highlight=False)
            self._console.file.flush()

    def done(self, running: Progress) -> None:
        """The last state, to stay."""
        self._console.print(_table(running))


def _rows(running: Progress) -> list[tuple[str, str]]:
    repeated = f", {running.repeated:,} left out that came again" if running.repeated else ""
    rows = [
        ("recorded", f"{running.samples:,} samples, {running.lost:,} lost{repeated}"),
        ("source's time", f"{running.time:,.1f} s, {running.time / max(running.wall, 1e-9):.1f} times real time"),
    ]
    if live := running.live:
        rows += [
            ("program", f"{live.progress:.0%} of the predicted path, line {live.line}"),
            ("off the predicted path, rapids aside", f"{live.away / UM:.1f} µm now, {live.rms / UM:.1f} µm rms"),
            ("", f"{live.largest / UM:.1f} µm at most, line {live.largest_line}"),
            ("behind the prediction", f"{live.late:+.2f} s"),
        ]
    if running.heat and running.heat.said:
        rows.append(("the twin's model of heat", running.heat.said))
    slowest = running.latency.percentile(99)
    if slowest == slowest:
        middle = running.latency.percentile(50)
        rows.append(("latency of the difference", f"{middle / MS:.1f} ms median, {slowest / MS:.1f} ms p99"))
    return rows


def _table(running: Progress) -> RenderableType:
    table = Table(show_header=False)
    for row in _rows(running):
        table.add_row(*row)
    return table


def _line(running: Progress) -> str:
    live = running.live
    where = f"{live.progress:4.0%}, line {live.line}, {live.rms / UM:.1f} µm rms, {live.late:+.2f} s" if live else ""
    return f"{running.wall:6.1f} s  {running.samples:,} samples, {running.lost:,} lost; {where}"
