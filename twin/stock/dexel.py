"""Horizontal rays: where the exact swept tool meets them, and which of them cross a wall of the part.

A tool swept along a straight three-axis move is a convex body, so that it meets a ray in one interval. The
far end of that interval is the maximum over the move, u from 0 to 1, of

    t(u) = t0 + dt u + sqrt(rho(h)^2 - c^2),    h = z - z0 - dz u,    c = across - c0 - dc u,

with rho(h) the radius of the tool at the height h above its tip. On the sphere of a ball, on a cone and on a
cylinder rho^2 is quadratic in h, so the maximum has a closed form; on the torus of a bull-nose it is bisected.
The columns of a z-map tell between which two cells a ray leaves the air and enters the material; the tools
tell exactly where. There is one end for each crossing, however many a ray has: no list can overflow.
"""

from typing import NamedTuple

import numpy as np

from twin.stock.envelope import profile_radius
from twin.stock.kernel import kernel
from twin.stock.zmap import EMPTY, ZMap

TORUS_BISECTIONS = 44  # derivative sign to 2^-44 of the move
STEEP = 0.7  # walls are where the z-map rises by more than this over the step to the next cell; theirs is beyond 1


class Walls(NamedTuple):
    """Stacks of parallel rays through one boundary between two cells each; one sample a ray.

    Ray ``k`` of a stack runs at height ``z0 + k dz`` between the centre of the open cell at ``open`` and that
    of the solid cell next to it, on the + side of the axis where ``side`` is 1.
    """

    axis: np.ndarray  # (stack,) int8, 0 rays along x, 1 along y
    side: np.ndarray  # (stack,) int8, on which side of the open cell the material is
    across: np.ndarray  # (stack,) [m] the other horizontal coordinate
    open: np.ndarray  # (stack,) [m] centre of the open cell along the ray
    first: np.ndarray  # (stack + 1,) int64, first sample of each stack
    z0: np.ndarray  # (stack,) [m] height of the lowest ray
    beside: np.ndarray  # (stack,) bool: the open cell lies beside the stock
    low: np.ndarray  # (stack,) [m] where the wall ends below: top of the open cell, or underside of the solid one
    high: np.ndarray  # (stack,) [m] top of the solid cell
    open_cell: np.ndarray  # (stack,) int64, place of the open cell in a (y, x) map laid flat
    solid_cell: np.ndarray  # (stack,) int64, of the solid cell


def find_walls(zmap: ZMap) -> Walls:
    """The stacks of rays that cross a wall of the part in ``zmap``."""
    height, floor = zmap.surface, zmap.bottom
    lower, spacing = zmap.grid.lower, zmap.grid.spacing
    number = np.arange(height.size).reshape(height.shape)
    parts = []
    for axis, side in ((0, 1), (0, -1), (1, 1), (1, -1)):
        top, under, cell_number = (map_ if axis == 0 else map_.T for map_ in (height, floor, number))
        solid = (slice(None), slice(1, None)) if side > 0 else (slice(None), slice(None, -1))
        air = (slice(None), slice(None, -1)) if side > 0 else (slice(None), slice(1, None))
        high, low = top[solid].astype(float), np.maximum(top[air], under[solid]).astype(float)
        z = lower[2] + 0.5 * spacing[2]
        # A cell is solid at the heights floor <= z < height.
        k0 = np.ceil(np.clip((low - z) / spacing[2], -1e9, 1e9)).astype(np.int64)
        k1 = np.ceil(np.clip((high - z) / spacing[2], -1e9, 1e9)).astype(np.int64)
        row, column = np.nonzero((high - low > STEEP * spacing[axis]) & (k1 > k0))
        k0, k1 = k0[row, column], k1[row, column]
        cell = column if side > 0 else column + 1
        parts.append(
            (
                np.full(len(row), axis, np.int8),
                np.full(len(row), side, np.int8),
                lower[1 - axis] + spacing[1 - axis] * (row + 0.5),
                lower[axis] + spacing[axis] * (cell + 0.5),
                k1 - k0,
                z + spacing[2] * k0,
                under[air][row, column] == -EMPTY,
                low[row, column],
                high[row, column],
                cell_number[air][row, column],
                cell_number[solid][row, column],
            )
        )
    axes, sides, across, open_, count, *rest = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Walls(axes, sides, across, open_, np.concatenate([[0], np.cumsum(count)]), *rest)


def wall_rays(walls: Walls, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Stack of each sample (sample,), and where its ray passes the centre of the open cell (sample, 3) [m].

    Args:
        spacing: [m] of the rays of a stack.
    """
    stack = np.repeat(np.arange(len(walls.axis)), np.diff(walls.first))
    z = walls.z0[stack] + spacing * (np.arange(len(stack)) - walls.first[stack])
    along_x = walls.axis[stack] == 0
    x = np.where(along_x, walls.open[stack], walls.across[stack])
    y = np.where(along_x, walls.across[stack], walls.open[stack])
    return stack, np.stack([x, y, z], axis=1)


@kernel
def reach(p, t0, dt, c0, dc, z0, dz, across, z):
    """Far end of the interval in which a swept tool meets a ray.

    Args:
        p: PROFILE record; the tool is taken to go on upwards as its cylinder.
        t0, dt: start of the move and its extent along the ray [m]; negated, they give the near end.
        c0, dc, z0, dz: the same across the ray and upwards [m].
        across, z: the ray [m].

    Returns:
        (t, u, v): the end [m], -inf where the ray is missed; the place of contact along the move, 0..1, and
        the other end of the stretch of equal contact where there is one (a plunge), else u.
    """
    best, u, v = -np.inf, 0.0, 0.0
    cone_end = p.tangent_height + (p.radius - p.tangent) * p.cone if p.radius > p.tangent else p.tangent_height
    if p.corner > 0.0:
        first, last = _stretch(z - z0, dz, 0.0, p.tangent_height)
        if first <= last:
            if p.flat == 0.0:
                best, u, v = _reach_quadric(0.0, 2.0 * p.corner, -1.0, t0, dt, c0, dc, z0, dz, across, z, first, last)
            elif dz == 0.0:
                rho = profile_radius(p, z - z0)
                best, u, v = _reach_quadric(rho * rho, 0.0, 0.0, t0, dt, c0, dc, z0, dz, across, z, first, last)
            else:
                best, u, v = _reach_torus(p, t0, dt, c0, dc, z0, dz, across, z, first, last)
    if p.radius > p.tangent:
        first, last = _stretch(z - z0, dz, p.tangent_height, cone_end)
        if first <= last:
            a, k = p.tangent - p.tangent_height / p.cone, 1.0 / p.cone
            t, a_u, a_v = _reach_quadric(a * a, 2.0 * a * k, k * k, t0, dt, c0, dc, z0, dz, across, z, first, last)
            if t > best:
                best, u, v = t, a_u, a_v
    first, last = _stretch(z - z0, dz, cone_end, np.inf)
    if first <= last:
        t, a_u, a_v = _reach_quadric(p.radius * p.radius, 0.0, 0.0, t0, dt, c0, dc, z0, dz, across, z, first, last)
        if t > best:
            best, u, v = t, a_u, a_v
    return best, u, v


@kernel
def _stretch(above, dz, low, high):
    """Range of u in 0..1 where ``above - dz u`` is within low..high; first > last where nowhere."""
    if dz == 0.0:
        if low <= above and above < high:
            return 0.0, 1.0
        return 1.0, 0.0
    a, b = (above - high) / dz, (above - low) / dz
    return max(min(a, b), 0.0), min(max(a, b), 1.0)


@kernel
def _reach_quadric(q0, q1, q2, t0, dt, c0, dc, z0, dz, across, z, first, last):
    """As :func:`reach` on a piece of profile with rho^2 = q0 + q1 h + q2 h^2, for u in first..last."""
    h, c = z - z0, across - c0
    # Q(u) = rho^2 - c^2 = A u^2 + B u + C
    A = q2 * dz * dz - dc * dc
    B = -(q1 + 2.0 * q2 * h) * dz + 2.0 * c * dc
    C = q0 + q1 * h + q2 * h * h - c * c
    scale = abs(A) + abs(B) + abs(C)
    if abs(A) + abs(B) <= 1e-14 * scale:  # the same circle all along
        if C < 0.0:
            return -np.inf, 0.0, 0.0
        t = t0 + np.sqrt(C)
        if dt == 0.0:
            return t, first, last
        return (t + dt * last, last, last) if dt > 0.0 else (t + dt * first, first, first)
    D = B * B - 4.0 * A * C
    if A < 0.0:  # inside between the roots
        if D < 0.0:
            return -np.inf, 0.0, 0.0
        q = -0.5 * (B + (np.sqrt(D) if B >= 0.0 else -np.sqrt(D)))
        r1, r2 = q / A, (C / q if q != 0.0 else 0.0)
        first, last = max(first, min(r1, r2)), min(last, max(r1, r2))
        if first > last:
            return -np.inf, 0.0, 0.0
    else:  # on one nappe of the cone, or linear: inside on one side of a root
        at_first, at_last = (A * first + B) * first + C, (A * last + B) * last + C
        if at_first < 0.0 and at_last < 0.0:
            return -np.inf, 0.0, 0.0
        if at_first < 0.0 or at_last < 0.0:
            root = -C / B
            if A > 0.0:
                q = -0.5 * (B + (np.sqrt(max(D, 0.0)) if B >= 0.0 else -np.sqrt(max(D, 0.0))))
                r1, r2 = q / A, (C / q if q != 0.0 else 0.0)
                root = r1 if first <= r1 and r1 <= last else r2
            if at_first < 0.0:
                first = min(max(root, first), last)
            else:
                last = max(min(root, last), first)
    best, u = -np.inf, first
    for k in range(3):
        if k == 0:
            v = first
        elif k == 1:
            v = last
        else:  # dt + Q'/(2 sqrt(Q)) = 0: Q'^2 = dt^2 D / (dt^2 - A), Q' against dt
            denominator = dt * dt - A
            if denominator == 0.0 or D / denominator < 0.0:
                break
            slope = abs(dt) * np.sqrt(D / denominator)
            if dt > 0.0:
                slope = -slope
            if slope * B > 0.0:  # the form without cancellation
                v = (B * B - 4.0 * dt * dt * C) / (2.0 * denominator * (slope + B))
            elif A != 0.0:
                v = (slope - B) / (2.0 * A)
            else:
                break
            if v <= first or v >= last:
                break
        t = t0 + dt * v + np.sqrt(max((A * v + B) * v + C, 0.0))
        if t > best:
            best, u = t, v
    return best, u, u


@kernel
def _reach_torus(p, t0, dt, c0, dc, z0, dz, across, z, first, last):
    """As :func:`reach` on the corner of a bull-nose: bisection of the slope of a concave function."""
    h, c = z - z0, across - c0
    low, high = first, last
    for _ in range(TORUS_BISECTIONS):
        u = 0.5 * (low + high)
        below = p.corner - (h - dz * u)
        root = np.sqrt(max(p.corner * p.corner - below * below, 1e-30))
        rho, off = p.flat + root, c - dc * u
        drho = -dz * below / root
        inside = rho * rho - off * off
        if inside > 0.0:
            rising = dt * np.sqrt(inside) + rho * drho + off * dc > 0.0
        else:
            rising = drho + (dc if off > 0.0 else -dc) > 0.0
        if rising:
            low = u
        else:
            high = u
    best, u = -np.inf, first
    for k in range(3):
        v = first if k == 0 else (last if k == 1 else 0.5 * (low + high))
        off = c - dc * v
        below = p.corner - (h - dz * v)
        rho = p.flat + np.sqrt(max(p.corner * p.corner - below * below, 0.0))
        inside = rho * rho - off * off
        if inside >= 0.0:
            t = t0 + dt * v + np.sqrt(inside)
            if t > best:
                best, u = t, v
    return best, u, u
