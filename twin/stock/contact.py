"""The normal of the swept surface where a tool touches it."""

import numpy as np

from twin.stock.candidates import inlined

SMOOTH = 1e-4  # a tool's normal that is this far from square to the motion stands on an edge of its profile
ON_TIP = 1e-9  # [m] height above the tip below which a contact lies on the flat of the tool
ON_LIP = 1e-7  # [m] height below the lip of a cone from which a wall is touched by the lip; places are float32


@inlined
def contact_normal(p, start, end, i, along, x, y, z, from_above):
    """Unit normal, out of the material, of what profile ``p`` leaves at a point that it touches.

    Where the contact is on an edge of the profile, the edge sweeps a ruled surface: its normal is square to
    the edge and to the motion.

    Args:
        p: PROFILE record.
        start, end: (segment, 3) [m] of the moves; ``i`` is the row of this one.
        along: where on it the tool stands, 0..1.
        x, y, z: the point [m].
        from_above: the point was found along a z ray, so that it is no wall.

    Returns:
        (nx, ny, nz).
    """
    dx, dy, dz = end[i, 0] - start[i, 0], end[i, 1] - start[i, 1], end[i, 2] - start[i, 2]
    rx, ry = x - start[i, 0] - along * dx, y - start[i, 1] - along * dy
    h = z - start[i, 2] - along * dz
    r = np.sqrt(rx * rx + ry * ry)
    inside = 0.0 < along and along < 1.0 and dx * dx + dy * dy > 0.0
    if r < 1e-12 or (from_above and p.corner == 0.0 and h < ON_TIP and p.flat > 0.0 and (dz == 0.0 or not inside)):
        return 0.0, 0.0, 1.0
    rx, ry = rx / r, ry / r
    lip = p.tangent_height + (p.radius - p.tangent) * p.cone
    if not from_above:
        lip -= ON_LIP  # it makes the wall of a bore, whatever the rounding
    if p.corner > 0.0 and h < p.tangent_height:
        outward, up = (r - p.flat) / p.corner, (p.corner - h) / p.corner
        if r <= p.flat:
            outward, up = 0.0, 1.0
    elif p.radius > p.tangent and h < lip:
        secant = np.sqrt(1.0 + p.cone * p.cone)
        outward, up = p.cone / secant, 1.0 / secant
    else:
        outward, up = 1.0, 0.0
    nx, ny, nz = -outward * rx, -outward * ry, up
    size = np.sqrt(nx * nx + ny * ny + nz * nz)
    nx, ny, nz = nx / size, ny / size, nz / size
    if inside:
        travel = np.sqrt(dx * dx + dy * dy + dz * dz)
        if abs(nx * dx + ny * dy + nz * dz) > SMOOTH * travel:
            # edge direction (-ry, rx, 0) times the motion
            ex, ey, ez = rx * dz, ry * dz, -ry * dy - rx * dx
            size = np.sqrt(ex * ex + ey * ey + ez * ez)
            if size > 1e-9 * travel:
                sign = 1.0 if ez > 0.0 or (ez == 0.0 and ex * rx + ey * ry < 0.0) else -1.0
                return sign * ex / size, sign * ey / size, sign * ez / size
    return nx, ny, nz
