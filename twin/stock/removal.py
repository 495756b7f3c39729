"""From a tool path, its tools and a stock to the Cut: the order of the removal's parts, and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.machine.tool import Tool
from twin.program.program import Toolpath
from twin.stock.assembly import bodies_of
from twin.stock.collision import fixture_collisions, stock_collisions, watch
from twin.stock.cut import N_ARCS, N_SLICES, Columns, Cut
from twin.stock.envelope import profile_table
from twin.stock.grid import Grid
from twin.stock.setup import setup_frame
from twin.stock.surface import trace_surface
from twin.stock.target import compare
from twin.stock.workpiece import Stock
from twin.stock.zmap import EMPTY, ZMap, remove
from twin.units import Length

MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class RemovalSettings:
    """How finely material is removed."""

    resolution: Length
    """Largest size of a cell of the dexels."""
    band: Length
    """Passes whose envelope lies farther above the final surface are no candidates; twice the largest error."""
    n_candidates: int
    """Passes kept for each surface sample."""
    collision_tolerance: Length
    """Shank, holder and rapids may come this deep into material before it is a collision."""
    target_tolerance: Length
    """Material may lie this far below the target before it is a gouge."""
    n_mib_limit: int
    """A run that needs more memory than this is refused before it starts."""


def cut(
    toolpath: Toolpath,
    tools: Mapping[int, Tool],
    stock: Stock,
    settings: RemovalSettings,
    fixtures: Iterable[Stock] = (),
    target: Stock | None = None,
    file: object = None,
) -> Cut:
    """Remove material along ``toolpath``, in its order.

    Args:
        toolpath: part frame, one tool axis throughout (any direction: three axes or 3+2).
        tools: tool table by T number.
        stock: part frame, before the first move.
        settings: resolution and limits.
        fixtures: clamps and fixtures that nothing may touch, part frame.
        target: the part that should come out; None: the path's own envelope.
        file: the NC program, for messages.

    Raises:
        InputError: the tool axis changes, a tool is missing, or the run would need too much memory.
    """
    frame = setup_frame(toolpath, file)
    path = frame.path_in(toolpath)
    workpiece = stock.transformed(frame.pose)
    grid = Grid.over(workpiece.lower, workpiece.upper, settings.resolution)
    check_memory(grid, toolpath.n_segments, settings)
    profiles, row = profile_table(tools, path, file)
    bodies = bodies_of([tools.get(int(number)) for number in np.unique(path.tool)], settings.collision_tolerance)

    zmap = ZMap.of(workpiece, grid)
    watched = watch(zmap, path, bodies, row)
    engagement = remove(zmap, path, profiles, row, watched=watched)
    collisions = stock_collisions(path, watched)
    clamps = [fixture.transformed(frame.pose) for fixture in fixtures]
    collisions += fixture_collisions(clamps, path, bodies, row, settings.resolution)
    surface, provenance = trace_surface(zmap, workpiece, path, profiles, row, settings.band, settings.n_candidates)
    surface, provenance = frame.surface_out(surface), frame.provenance_out(provenance)
    return Cut(
        engagement=engagement,
        surface=surface,
        provenance=provenance,
        columns=frame.columns_out(_columns(zmap)),
        comparison=compare(surface, target, toolpath, provenance, settings.target_tolerance),
        collisions=frame.collisions_out(collisions),
        stock_volume=stock.volume,
        removed_volume=float(engagement.volume.sum()),
    )


def memory_estimate(grid: Grid, n_segments: int, n_candidates: int) -> int:
    """Peak memory of :func:`cut` [byte], from above: z-map, engagement, and candidates of every cell and wall ray.

    Walls are counted with as many rays as the sides of the grid's box have cells.
    """
    nx, ny, nz = grid.shape
    rays = nx * ny + 2 * nz * (nx + ny)
    per_candidate = 4 + 4 + 8 + 12
    engagement = n_segments * (N_SLICES * N_ARCS * 2 * 4 + 17)
    return ZMap.n_bytes(grid) + engagement + rays * (40 + 2 * n_candidates * per_candidate)


def check_memory(grid: Grid, n_segments: int, settings: RemovalSettings) -> None:
    """Refuse a run that would not fit.

    Raises:
        InputError: :func:`memory_estimate` exceeds the limit of ``settings``.
    """
    need = memory_estimate(grid, n_segments, settings.n_candidates)
    if need > settings.n_mib_limit * MIB:
        raise InputError(
            f"removal at {settings.resolution * 1e3:g} mm would need about {need / MIB:,.0f} MiB, "
            f"more than the {settings.n_mib_limit:,} MiB allowed",
            remedy="raise model.removal.resolution_mm or model.removal.n_mib_limit",
        )


def _columns(zmap: ZMap) -> Columns:
    """What is left over each cell."""
    top, floor = zmap.surface, zmap.bottom
    left = top > EMPTY
    return Columns(
        lower=np.array(zmap.grid.lower[:2]),
        spacing=np.array(zmap.grid.spacing),
        top=np.where(left, top, -np.inf).astype(np.float32),
        floor=np.where(left, floor, np.inf).astype(np.float32),
    )
