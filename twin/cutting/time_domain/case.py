"""What one simulation in time needs to know: the cut, and the edge of the cutter in slices."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from twin.cutting.discretised import discretise
from twin.errors import InputError
from twin.machine.tool import Tool

TURN = 2 * np.pi


@dataclass(frozen=True, kw_only=True)
class Milling:
    """Milling at constant engagement; every field is a number or one number a case: (case,).

    Immersion counts as in :mod:`twin.cutting.instant`: 0 where the tooth points to the left of the feed, a quarter
    turn later it points ahead. Up milling is (0, acos(1 - 2 a/D)), down milling (acos(2 a/D - 1), pi).
    """

    spindle: ArrayLike
    """[rad/s] clockwise seen from above."""
    feed_per_tooth: ArrayLike
    """[m] mean over the teeth."""
    depth: ArrayLike
    """[m] axial depth of cut."""
    start: ArrayLike
    """[rad] immersion where a tooth enters."""
    stop: ArrayLike
    """[rad] immersion where it leaves."""
    process_damping: ArrayLike = 0.0
    """[N/m] C in: force along the normal = C * width * normal velocity / cutting speed."""


def checked_cases(milling: Milling) -> dict[str, np.ndarray]:
    """Fields of ``milling``, all (case,).

    Raises:
        InputError: a value that is not finite, not positive where it must be, or an immersion outside 0 to 180 degrees.
    """
    names = ("spindle", "feed_per_tooth", "depth", "start", "stop", "process_damping")
    values = {name: np.asarray(getattr(milling, name), dtype=float) for name in names}
    try:
        shape = np.broadcast_shapes((1,), *(value.shape for value in values.values()))
    except ValueError:
        sizes = ", ".join(f"{name} {value.shape}" for name, value in values.items())
        raise InputError(f"the cases do not match: {sizes}", remedy="give one value, or one a case") from None
    if len(shape) != 1:
        raise InputError(f"the cases have shape {shape}", remedy="give one value, or one a case: (case,)")
    values = {name: np.ascontiguousarray(np.broadcast_to(value, shape)) for name, value in values.items()}

    def demand(ok: np.ndarray, name: str, rule: str, scale: float, unit: str) -> None:
        if not ok.all():
            case = int(np.argmin(ok))
            raise InputError(f"case {case}: {name} {values[name][case] * scale:g} {unit} {rule}", remedy="correct it")

    for name, scale, unit in (("spindle", 60 / TURN, "rpm"), ("feed_per_tooth", 1e3, "mm"), ("depth", 1e3, "mm")):
        demand(np.isfinite(values[name]) & (values[name] > 0), name, "is not positive", scale, unit)
    for name in ("start", "stop"):
        inside = (values[name] >= -1e-9) & (values[name] <= np.pi + 1e-9)
        demand(inside, name, "is outside 0 to 180 degrees", 180 / np.pi, "degrees")
    demand(values["stop"] > values["start"], "stop", "is not beyond the start", 180 / np.pi, "degrees")
    demand(values["process_damping"] >= 0, "process_damping", "is negative", 1.0, "N/m")
    return values


@dataclass(frozen=True)
class Slices:
    """The edges of a cutter below the depth of cut, in slices of equal thickness. A flat bottom cuts nothing."""

    trail: np.ndarray  # (case, tooth, slice) [rad] by which the middle of the slice trails the tip of tooth 0
    thickness: np.ndarray  # (case, slice) [m] axial
    width: np.ndarray  # (case, tooth, slice) [m] length of the edge
    sine: np.ndarray  # (case, tooth, slice) of the angle kappa between tool axis and surface normal
    cosine: np.ndarray  # (case, tooth, slice)
    radius: np.ndarray  # (case, slice) [m] mean of the teeth
    slope: np.ndarray  # (case, slice) mean rise of the radius over the thickness
    farther: np.ndarray  # (case, tooth, slice) [m] by which the tooth reaches beyond the mean: runout, tilt, serration
    hand: np.ndarray  # (tooth,) sign of the axial force


def slices_of(tool: Tool, depth: np.ndarray, n_slices: int) -> Slices:
    """Cut the edges of ``tool`` up to ``depth`` (case,) [m] into slices.

    Raises:
        InputError: a drill; what :func:`twin.cutting.discretised.discretise` refuses.
    """
    if tool.kind == "drill":
        raise InputError(f"tool T{tool.number} '{tool.name}' is a drill", remedy="simulate milling cutters only")
    discretise(tool, float(depth.max()), n_slices)  # refuses what is impossible
    edges = jax.vmap(lambda height: discretise(tool, height, n_slices))(jnp.asarray(depth))
    edge = jax.tree.map(lambda leaf: np.asarray(leaf)[..., :-1] if leaf.ndim > 2 else np.asarray(leaf), edges)
    runout, angle, tilt, tilt_angle = (
        leaf[:, None, None] for leaf in (edge.runout, edge.runout_angle, edge.tilt, edge.tilt_angle)
    )
    radius, thickness = edge.radius.mean(axis=1), edge.thickness[:, 0]
    lean = tilt * np.cos(tilt_angle - edge.trail)  # raises the reach by its height, and by the face that it lowers
    farther = runout * np.cos(angle - edge.trail) + lean * (edge.z + edge.radius * edge.rise / edge.thickness)
    width = np.hypot(edge.thickness, edge.rise)
    return Slices(
        trail=edge.trail,
        thickness=thickness,
        width=width,
        sine=edge.thickness / width,
        cosine=edge.rise / width,
        radius=radius,
        slope=edge.rise.mean(axis=1) / thickness,
        farther=farther + edge.radius - radius[:, None],
        hand=edge.hand[0],
    )
