"""Where a tool touches stock: the engaged arcs of a move, slice by slice, read from the z-map before it cuts.

A point of the cutter's surface cuts while it stands in stock and faces the feed. Backwards along a straight
move it leaves the convex tool at once, so the move itself has not cut there before: the stock as it was
before the move decides, wherever along the move the arcs are measured. They are measured half-way, and at
least one cell ahead of the surface that the previous move left.
"""

from typing import NamedTuple

import numpy as np

from twin.stock.cut import N_ARCS, N_SLICES
from twin.stock.envelope import VERTICAL, move_frame, profile_radius, profile_slope
from twin.stock.kernel import kernel
from twin.stock.sweep import CELLS, HALF, ROW, ROWS, ZERO, F

N_ANGLES = 1920  # directions of a whole turn, counted as immersion angles are
HALF_TURN = N_ANGLES // 2
BLOCK = 16  # points of a circle that are looked at together: one constant trip count for vector code
BLOCKS = 4  # at most in half a turn
LOOKS = 2 * BLOCK * BLOCKS  # at most in a turn; the edge between two looks is interpolated
BEHIND = N_ANGLES // 36  # 10 degrees: less than this behind the normals a falling move hardly cuts, and is left out
SPACING = 3.25  # cells from one look to the next, if that many are enough
_TURN = np.arange(-N_ANGLES, 2 * N_ANGLES) * (2 * np.pi / N_ANGLES)  # direction n stands in row n + N_ANGLES
SINE, COSINE = np.sin(_TURN).astype(np.float32), np.cos(_TURN).astype(np.float32)
LANE = np.arange(BLOCK, dtype=np.float32)
# Rows of the work space of a block; at constant places in one array, so that vector code need not ask for overlaps.
LEFT, RIGHT, FAR_LEFT, FAR_RIGHT, U, V = range(0, 6 * BLOCK, BLOCK)
MOST_ARCS = 16  # arcs of a slice before they are reduced to N_ARCS
ONE, NEXT = F(1), np.uint32(1)
# The place of the only bit that is set: the six highest bits of its product with a de Bruijn sequence tell.
BIT = np.uint64(1)
WHOLE_BLOCK = np.uint64((1 << BLOCK) - 1)
DE_BRUIJN, SIX_BITS = np.uint64(0x03F79D71B4CB0A89), np.uint64(58)
PLACE_OF_BIT = np.empty(64, np.int64)
PLACE_OF_BIT[((BIT << np.arange(64, dtype=np.uint64)) * DE_BRUIJN) >> SIX_BITS] = np.arange(64)


class Looks(NamedTuple):
    """Work space: the circles of one move, one a slice, and what is seen on them."""

    z: np.ndarray  # (slice,) float32 [m]
    radius: np.ndarray  # (slice,) float32 [m]
    first: np.ndarray  # (slice,) int64 direction
    last: np.ndarray  # (slice,) int64 direction
    n_looks: np.ndarray  # (slice,) int64 looks; 0: the slice does not face the feed
    step: np.ndarray  # (slice,) int64 directions from one look to the next; the last step may be shorter
    vote: np.ndarray  # (slice, block, BLOCK) float32
    corner: np.ndarray  # (4 rows) uint32 places of the four cells around each point
    around: np.ndarray  # (6 rows) float32 [m] heights of these cells, and where between them the point lies, in cells
    bounds: np.ndarray  # (MOST_ARCS, 2) int64 directions


@kernel
def look_space():
    """A :class:`Looks`."""
    return Looks(
        np.empty(N_SLICES, np.float32),
        np.empty(N_SLICES, np.float32),
        np.empty(N_SLICES, np.int64),
        np.empty(N_SLICES, np.int64),
        np.empty(N_SLICES, np.int64),
        np.empty(N_SLICES, np.int64),
        np.empty((N_SLICES, LOOKS // BLOCK, BLOCK), np.float32),
        np.empty(4 * BLOCK, np.uint32),
        np.empty(6 * BLOCK, np.float32),
        np.empty((MOST_ARCS, 2), np.int64),
    )


@kernel
def engaged_arcs(
    cells, floors, shape, highest_floor, origin, spacing, p, start, end, depth, highest, arc, segment, looks
):
    """Engaged arcs of the move of profile ``p`` from ``start`` to ``end`` (3,) [m].

    Args:
        cells, floors: height and underside [m] of all cells of the z-map before the move, tile after tile, float32.
        shape: tiles down and across.
        highest_floor: [m] highest of ``floors``.
        origin, spacing: frame of the z-map, (2,) [m].
        depth: [m] height of the engaged zone above the tip.
        highest: [m] highest cell that the move cuts.
        arc: (segment, N_SLICES, N_ARCS, 2) float32, as in ``twin.stock.cut.Engagement``, holding NaN.
        segment: the row of ``arc`` to fill.
        looks: from :func:`look_space`.

    Returns:
        True where some slice had more arcs than are kept.
    """
    x, y, z, ax, ay, length, slope = move_frame(start, end)
    cell = max(spacing[0], spacing[1])
    plunge = length == 0.0
    along = 0.0 if plunge else max(0.5 * length, cell)
    # nearer to the sides than this the surface left by the previous move is less than a cell away
    blur = 0 if plunge else int(np.arcsin(min(0.75 * cell / along, 1.0)) / (2 * np.pi) * N_ANGLES) + 1
    zs, radii, firsts, lasts, counts, steps, vote, corner, around, bounds = looks
    for k in range(N_SLICES):
        above = (k + 0.5) / N_SLICES * depth
        r = profile_radius(p, above)
        steep = VERTICAL if above >= p.tangent_height and p.cone >= VERTICAL else profile_slope(p, r)
        first, last = 0, HALF_TURN
        if plunge:
            # A cylinder only grazes what it plunges into: look inside its wall.
            last, r = N_ANGLES, max(r - cell, 0.5 * r)
        elif slope <= -steep:
            last = N_ANGLES
        elif slope < steep:
            first = int(np.floor(np.arcsin(slope / steep) / (2 * np.pi) * N_ANGLES + 0.5))
            if -BEHIND < first < 0:
                first = 0
            last = HALF_TURN - first
        zs[k], radii[k], firsts[k], lasts[k] = highest - depth + above, r, first, last
        cells_long = r * (last - first) * (2 * np.pi / N_ANGLES) / cell
        counts[k] = 0 if slope >= steep else _n_looks(cells_long, last - first)
        steps[k] = _step(first, last, counts[k])
    # in cells, from the centre of the first one
    x = (x + along * ax - origin[0]) / spacing[0] - 0.5
    y = (y + along * ay - origin[1]) / spacing[1] - 0.5
    down, across = np.uint32(shape[0]), np.uint32(shape[1])
    view = F(x), F(y), F(ax), F(ay), F(cell), F(1.0 / spacing[0]), F(1.0 / spacing[1]), down, across
    _look(cells, floors, highest_floor, view, looks)
    overflow = False
    for k in range(N_SLICES):
        first, last = firsts[k], lasts[k]
        n_arcs = _find_arcs(vote, k, counts[k], steps[k], first, last, bounds)
        if n_arcs > 0 and last - first < N_ANGLES:
            n_arcs = _reach_to_sides(cells, view, zs[k], radii[k], first, last, blur, bounds, n_arcs)
        overflow |= _write_arcs(bounds, n_arcs, int(cell / radii[k] / (2 * np.pi) * N_ANGLES), arc, segment, k)
    return overflow


@kernel
def _n_looks(arc_length, directions):
    """How many points to look at on an arc of so many cells and directions."""
    blocks = int(np.ceil(arc_length / (SPACING * BLOCK)))
    return BLOCK * max(min(blocks, (directions * BLOCKS + HALF_TURN - 1) // HALF_TURN), 1)


@kernel
def _step(first, last, n_looks):
    """Directions from one look to the next."""
    return (last - first + n_looks - 2) // max(n_looks - 1, 1)


@kernel
def _look(cells, floors, highest_floor, view, looks):
    """Is the stock there? A vote for each look on each circle, > 0 inside, into ``looks.vote``.

    The four cells around a point vote with their height above it, at most one cell: over slopes that is
    bilinear interpolation, and at a step the edge lies half-way between high and low cells.
    The loops are split so that most become vector code.
    """
    x, y, ax, ay, cell, per_x, per_y, n_down, n_across = view
    # the margin is empty: standing in it is as good as standing beyond it
    most_x, most_y = F(n_across * ROW - 1.01), F(n_down * ROWS - 1.01)
    zs, radii, firsts, lasts, counts, steps, vote, corner, around, _ = looks
    beyond = 0
    while beyond < N_SLICES:
        k = beyond
        r, first, last = radii[k], firsts[k], lasts[k]
        # slices of a cylinder, which differ in height alone, look at the same cells
        while beyond < N_SLICES and radii[beyond] == r and firsts[beyond] == first and counts[beyond] == counts[k]:
            beyond += 1
        pitch, furthest = F(steps[k]), F(last + N_ANGLES)
        for block in range(counts[k] // BLOCK):
            begin = F(first + N_ANGLES + block * BLOCK * steps[k])
            for n in range(BLOCK):
                direction = np.uint32(min(begin + LANE[n] * pitch, furthest))
                ahead, left = r * SINE[direction], r * COSINE[direction]
                u = min(max(x + (ahead * ax - left * ay) * per_x, ZERO), most_x)
                v = min(max(y + (ahead * ay + left * ax) * per_y, ZERO), most_y)
                i, j = np.uint32(u), np.uint32(v)
                around[U + n], around[V + n] = u - F(i), v - F(j)
                column, next_column = _column(i), _column(np.uint32(i + NEXT))
                row, next_row = _row(j, n_across), _row(np.uint32(j + NEXT), n_across)
                corner[LEFT + n], corner[RIGHT + n] = row + column, row + next_column
                corner[FAR_LEFT + n], corner[FAR_RIGHT + n] = next_row + column, next_row + next_column
            for n in range(BLOCK):
                around[LEFT + n], around[RIGHT + n] = cells[corner[LEFT + n]], cells[corner[RIGHT + n]]
                around[FAR_LEFT + n], around[FAR_RIGHT + n] = cells[corner[FAR_LEFT + n]], cells[corner[FAR_RIGHT + n]]
            for level in range(k, beyond):
                z = zs[level]
                for n in range(BLOCK):
                    u, v = around[U + n], around[V + n]
                    near = _vote(around[LEFT + n], z, cell) * (ONE - u) + _vote(around[RIGHT + n], z, cell) * u
                    far = _vote(around[FAR_LEFT + n], z, cell) * (ONE - u) + _vote(around[FAR_RIGHT + n], z, cell) * u
                    vote[level, block, n] = near * (ONE - v) + far * v
                if z < highest_floor:
                    for n in range(BLOCK):
                        if z < floors[corner[LEFT + n]]:
                            vote[level, block, n] = -cell


@kernel
def _column(i):
    """What its column adds to the place of a cell in the flattened tiles; unsigned, so that it never wraps around."""
    return np.uint32((i // np.uint32(ROW)) * np.uint32(CELLS) + i % np.uint32(ROW))


@kernel
def _row(j, n_across):
    """What its row adds."""
    tile = np.uint32((j // np.uint32(ROWS)) * n_across)
    return np.uint32(tile * np.uint32(CELLS) + (j % np.uint32(ROWS)) * np.uint32(ROW))


@kernel
def _vote(material, z, cell):
    return min(max(material - z, -cell), cell)


@kernel
def _find_arcs(vote, k, n_looks, step, first, last, bounds):
    """Arcs of circle ``k`` from its votes, into ``bounds`` (MOST_ARCS, 2) directions; returns how many."""
    n_arcs = 0
    before = np.uint64(0)
    for block in range(n_looks // BLOCK):
        inside = np.uint64(0)
        for n in range(BLOCK):
            inside |= np.uint64(vote[k, block, n] > ZERO) << np.uint64(n)
        changed = (inside ^ (inside << BIT | before)) & WHOLE_BLOCK
        before = inside >> np.uint64(BLOCK - 1)
        while changed:
            lowest = changed & (~changed + BIT)
            changed ^= lowest
            n = PLACE_OF_BIT[lowest * DE_BRUIJN >> SIX_BITS]
            look = block * BLOCK + n
            at = min(first + look * step, last)
            if look > 0:  # the last step may be shorter
                width = at - min(first + (look - 1) * step, last)
                here, there = vote[k, block, n], vote[k, (look - 1) // BLOCK, (look - 1) % BLOCK]
                at -= int(width * here / (here - there) + HALF)
            if inside & lowest:
                if n_arcs < MOST_ARCS:  # else the last one is drawn out
                    bounds[n_arcs, 0] = at
                    n_arcs += 1
            else:
                bounds[n_arcs - 1, 1] = at
    if before:
        bounds[n_arcs - 1, 1] = last
    return n_arcs


@kernel
def _remove(bounds, n_arcs, at):
    """Take arc ``at`` out; returns how many are left."""
    for i in range(at, n_arcs - 1):
        bounds[i, 0], bounds[i, 1] = bounds[i + 1, 0], bounds[i + 1, 1]
    return n_arcs - 1


@kernel
def _reach_to_sides(cells, view, z, r, first, last, blur, bounds, n_arcs):
    """Draw an arc out to the side of the tool where the map cannot tell; returns how many arcs are left.

    Near the sides the chip is thinner than the cells can show. An arc that comes close belongs to the side
    if the stock stands all along just outside the circle there.
    """
    outer = n_arcs - 1
    while outer > 0 and bounds[outer - 1, 1] >= last - blur:
        outer -= 1
    edge = bounds[outer, 1]
    if last - blur <= edge < last and _wall_outside(cells, view, z, r, edge, last):
        bounds[outer, 1] = last
        n_arcs = outer + 1
    inner = 0
    while inner < n_arcs - 1 and bounds[inner + 1, 0] <= first + blur:
        inner += 1
    edge = bounds[inner, 0]
    if first < edge <= first + blur and _wall_outside(cells, view, z, r, first, edge):
        for i in range(inner, n_arcs):
            bounds[i - inner, 0], bounds[i - inner, 1] = bounds[i, 0], bounds[i, 1]
        bounds[0, 0] = first
        n_arcs -= inner
    return n_arcs


@kernel
def _wall_outside(cells, view, z, r, low, high):
    """Does stock stand one cell outside the circle at both directions and at two between them?"""
    x, y, ax, ay, cell, per_x, per_y, n_down, n_across = view
    for look in range(4):
        direction = low + (high - low) * look // 3 + N_ANGLES
        ahead, left = (r + cell) * SINE[direction], (r + cell) * COSINE[direction]
        i = np.uint32(min(max(x + (ahead * ax - left * ay) * per_x + HALF, ZERO), F(n_across * ROW - 1)))
        j = np.uint32(min(max(y + (ahead * ay + left * ax) * per_y + HALF, ZERO), F(n_down * ROWS - 1)))
        if cells[_row(j, n_across) + _column(i)] <= z:
            return False
    return True


@kernel
def _write_arcs(bounds, n_arcs, least, arc, segment, k):
    """Arcs of slice ``k`` into ``arc`` [rad], within 0..2 pi; returns whether there were more than fit.

    What goes first is what matters least: arcs and gaps of up to ``least`` directions, the width of a cell, which
    nobody misses; then the smallest gap, or the part behind the left normal, which would need a place of its own.
    """
    spilled = False
    while n_arcs > N_ARCS or (n_arcs == N_ARCS and bounds[0, 0] < 0 < bounds[0, 1]):
        shortest, nearest = 0, 0
        for i in range(1, n_arcs):
            if bounds[i, 1] - bounds[i, 0] < bounds[shortest, 1] - bounds[shortest, 0]:
                shortest = i
            if bounds[i, 0] - bounds[i - 1, 1] < bounds[nearest + 1, 0] - bounds[nearest, 1]:
                nearest = i - 1
        gap = bounds[nearest + 1, 0] - bounds[nearest, 1]
        if bounds[shortest, 1] - bounds[shortest, 0] <= least:
            n_arcs = _remove(bounds, n_arcs, shortest)
        elif n_arcs == N_ARCS and -bounds[0, 0] < gap:
            spilled |= -bounds[0, 0] > least
            bounds[0, 0] = 0
        else:
            spilled |= gap > least
            bounds[nearest, 1] = bounds[nearest + 1, 1]
            n_arcs = _remove(bounds, n_arcs, nearest + 1)
    step = 2 * np.pi / N_ANGLES
    for i in range(n_arcs):
        low, high = bounds[i, 0], bounds[i, 1]
        if low < 0 < high:
            # what lies before the left normal stands at the end of the turn
            arc[segment, k, n_arcs, 0], arc[segment, k, n_arcs, 1] = (low + N_ANGLES) * step, 2 * np.pi
            low = 0
        turn = N_ANGLES if low < 0 else 0
        arc[segment, k, i, 0], arc[segment, k, i, 1] = (low + turn) * step, (high + turn) * step
    return spilled
