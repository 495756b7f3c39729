"""What one simulation in time needs to know: the cut, and the edge of the cutter in slices."""

from dataclasses import dataclass
from math import tan

import numpy as np
from numpy.typing import ArrayLike

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
    """The edges of a cutter below the depth of cut."""

    position: np.ndarray  # (tooth,) [rad] by which each tooth trails tooth 0
    pitch: np.ndarray  # (tooth,) [rad] from the tooth before
    lag: np.ndarray  # (case, slice) [rad] by which the middle of the slice trails the tip
    height: np.ndarray  # (case, slice) [m]
    radius: np.ndarray  # (case, slice) [m] at the middle
    sine: np.ndarray  # (case, slice) of the angle kappa between tool axis and surface normal
    cosine: np.ndarray  # (case, slice)
    runout: np.ndarray  # (case, tooth, slice) [m] by which the tooth runs farther out than the mean
    hand: float  # sign of the axial force: 1 right-hand helix, -1 left-hand, 0 straight


def slices_of(tool: Tool, depth: np.ndarray, n_slices: int) -> Slices:
    """Cut the edges of ``tool`` up to ``depth`` (case,) [m] into slices of equal height. A flat bottom cuts nothing.

    Raises:
        InputError: a drill, no slice, a depth beyond the flutes, a pitch that does not add up to a turn.
    """
    name = f"tool T{tool.number} '{tool.name}'"
    if tool.kind == "drill":
        raise InputError(f"{name} is a drill", remedy="simulate milling cutters only")
    if n_slices < 1:
        raise InputError(f"{n_slices} slices are too few", remedy="give at least one")
    if depth.max() > tool.flute_length + 1e-9:
        raise InputError(
            f"{name}: depth {depth.max() * 1e3:g} mm exceeds the flutes of {tool.flute_length * 1e3:g} mm",
            remedy="cut less deep or choose a longer tool",
        )
    pitch = np.array(tool.pitch or [TURN / tool.n_teeth] * tool.n_teeth)
    if np.any(pitch <= 0) or abs(pitch.sum() - TURN) > 1e-6:
        raise InputError(
            f"{name}: the pitch angles add up to {np.degrees(pitch.sum()):g} degrees",
            remedy="give positive angles that add up to 360 degrees",
        )
    position = np.concatenate([[0.0], np.cumsum(pitch)[:-1]])
    level = depth[:, None] * np.linspace(0.0, 1.0, n_slices + 1)
    radius = _radius(tool, level)
    rise, height = np.diff(radius), np.diff(level)
    width = np.hypot(rise, height)
    middle = (level[:, 1:] + level[:, :-1]) / 2
    lag = middle * tan(tool.helix) / tool.radius
    angle = tool.runout_angle - position[None, :, None] - lag[:, None]
    return Slices(
        position=position,
        pitch=np.roll(pitch, 1),
        lag=lag,
        height=height,
        radius=(radius[:, 1:] + radius[:, :-1]) / 2,
        sine=height / width,
        cosine=rise / width,
        runout=tool.runout * np.cos(angle),
        hand=float(np.sign(tool.helix)),
    )


def _radius(tool: Tool, height: np.ndarray) -> np.ndarray:
    """Radius of the profile at ``height`` above the tip [m]."""
    corner = {"ball": tool.radius, "flat": 0.0, "face": 0.0}.get(tool.kind, tool.corner_radius)
    half_angle = tool.taper_angle if tool.kind == "taper" else 0.0
    disk = (tool.tip_diameter / 2 if tool.kind == "taper" else tool.radius) - corner
    tangent = corner * (1 - np.sin(half_angle))
    below = np.clip(corner - np.minimum(height, tangent), 0.0, None)
    on_arc = disk + np.sqrt(np.clip(corner**2 - below**2, 0.0, None))
    return np.minimum(on_arc + np.clip(height - tangent, 0.0, None) * np.tan(half_angle), tool.radius)
