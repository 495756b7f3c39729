"""Contact that must not be: a rapid, shank or holder in the stock, anything in a clamp or fixture.

The stock changes from move to move, so its part of the test runs inside the removal, before a move cuts
(:func:`watch`, then :func:`twin.stock.zmap.remove`, then :func:`stock_collisions`). Fixtures stay as they are.
Depth is measured along the tool axis, exact on flat faces and to the tolerance of the bodies elsewhere.
Rapids are straight lines, as the Toolpath has them.
"""

from collections.abc import Iterable

import numpy as np

from twin.program.program import Toolpath
from twin.stock.assembly import CUTTER, SHANK, Bodies
from twin.stock.clearance import N_PARTS, Watch, deepest_contacts, find_suspects
from twin.stock.cut import Collision
from twin.stock.grid import Grid
from twin.stock.workpiece import Stock
from twin.stock.zmap import ZMap

KIND = ("rapid", "shank", "holder")  # of the contact of each part with the stock


def watch(zmap: ZMap, path: Toolpath, bodies: Bodies, tool: np.ndarray) -> Watch:
    """What the removal of ``path`` from ``zmap`` has to look for.

    Args:
        zmap: the uncut stock.
        path: in the frame of the z-map, tool axis +z.
        bodies: of the tools.
        tool: (segment,) int32, row of each segment's tool in ``bodies``.
    """
    return _watch(zmap, path, bodies, tool, SHANK)


def stock_collisions(path: Toolpath, watched: Watch) -> tuple[Collision, ...]:
    """Collisions with the stock that the removal found, the deepest of each source line and kind."""
    segment = np.flatnonzero(watched.suspect >= 0)
    return _by_line(path, [(KIND[part], segment, watched.contact[:, part]) for part in range(N_PARTS)])


def fixture_collisions(
    fixtures: Iterable[Stock], path: Toolpath, bodies: Bodies, tool: np.ndarray, resolution: float
) -> tuple[Collision, ...]:
    """Collisions of any part of the tool with fixtures and clamps, the deepest of each source line.

    A fixture is taken as filled below its highest point over each cell of ``resolution`` [m]; its outline is
    met to half a cell. Arguments as in :func:`watch`.
    """
    found = []
    for fixture in fixtures:
        zmap = ZMap.of(fixture, Grid.over(fixture.lower, fixture.upper, resolution))
        watched = _watch(zmap, path, bodies, tool, CUTTER)
        deepest_contacts(zmap.height, zmap.top, *zmap.frame, watched, CUTTER, tool, *_ends(path))
        part = watched.contact[:, :, 0].argmax(axis=1)
        found.append(("fixture", np.flatnonzero(watched.suspect >= 0), watched.contact[np.arange(len(part)), part]))
    return _by_line(path, found)


def _watch(zmap: ZMap, path: Toolpath, bodies: Bodies, tool: np.ndarray, feeding: int) -> Watch:
    """Watch all parts on rapids, those from ``feeding`` on while feeding."""
    suspect = np.empty(path.n_segments, np.int32)
    rapid = np.ascontiguousarray(path.rapid)
    top = zmap.top
    n_suspects = find_suspects(top, top.max(), *zmap.frame, bodies, tool, rapid, feeding, *_ends(path), suspect)
    return Watch(bodies, rapid, suspect, np.zeros((n_suspects, N_PARTS, 2)))


def _ends(path: Toolpath) -> tuple[np.ndarray, np.ndarray]:
    return np.ascontiguousarray(path.start), np.ascontiguousarray(path.end)


def _by_line(path: Toolpath, found: list[tuple[str, np.ndarray, np.ndarray]]) -> tuple[Collision, ...]:
    """One Collision for each kind and source line of ``found``: (kind, segments, (segment, 2) depth and place)."""
    worst: dict[tuple[str, int], Collision] = {}
    for kind, segments, contact in found:
        for k in np.flatnonzero(contact[:, 0] > 0):
            row, (depth, along) = int(segments[k]), contact[k]
            line = int(path.line[row])
            known = worst.get((kind, line))
            if known and known.depth >= depth:
                continue
            x, y, z = (float(c) for c in path.start[row] + along * (path.end[row] - path.start[row]))
            first = min(row, known.segment) if known else row
            worst[kind, line] = Collision(kind, first, line, (x, y, z), float(depth))
    return tuple(sorted(worst.values(), key=lambda collision: collision.segment))
