"""What an NC program lets one guess of its set-up: the stock, where it lies, its material."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.formats.mesh import Unit, read_mesh
from twin.program.program import Toolpath
from twin.units import MM

BELOW = 1 * MM  # of material left below the lowest cut, where no stock is given
LEAST_FIT = 0.5  # of a stock in its right place
ABOVE = 1 * MM  # that a face mill finds on top
MATERIALS = (  # words of comments -> material; the alloys first
    (r"(?<!\d)(?:7075)(?!\d)", "aa7075_t6"),
    (r"(?<!\d)(?:7050)(?!\d)", "aa7050_t7451"),
    (r"(?<!\d)(?:6061|6082)(?!\d)", "aa6061_t6"),
    (r"(?<!\d)(?:2024)(?!\d)", "aa2024_t351"),
    (r"ti-?\s?6-?\s?al|ti-?64|titan|grade\s?5\b", "ti_6al_4v"),
    (r"inconel|in-?718|\bni718|alloy\s?718", "inconel_718"),
    (r"300\s?m\b", "steel_300m"),
    (r"15-?5\s?ph|stainless|17-?4", "ss_15_5ph"),
    (r"(?<!\d)4340(?!\d)|steel", "aisi_4340"),
    (r"alumin", "aa6061_t6"),
)
BY_SPEED = ((2.5, "aa6061_t6"), (0.9, "aisi_4340"), (0.0, "ti_6al_4v"))  # [m/s] cutting speed at least -> material


@dataclass(frozen=True)
class OwnStock:
    """Material before the first cut, in the part frame."""

    lower: np.ndarray
    """(3,) [m]"""
    upper: np.ndarray
    """(3,) [m]"""
    file: Path | None = None
    """The mesh; None: a box."""
    unit: Unit = "mm"
    shift: np.ndarray | None = None
    """(3,) [m] of the mesh into the part frame."""
    reason: str = ""
    """On what ground it is so."""


def swept_box(path: Toolpath, radius: Mapping[int, float], facing: set[int]) -> OwnStock:
    """The box of all that the tools reach while they feed, with the top where programs usually have it.

    Args:
        path: part frame.
        radius: of each tool [m].
        facing: tools that mill faces: they run off the stock on purpose, and find some on top.

    Raises:
        InputError: the program has no feed move below its part zero, or none at all.
    """
    feed = ~path.rapid
    if not feed.any():
        raise InputError("the program has no feed move", remedy="nothing to cut: give the whole program")
    level = np.maximum(path.start[:, 2], path.end[:, 2])
    across = (
        feed
        & (np.hypot(*(path.end - path.start)[:, :2].T) > 0.1 * MM)
        & (np.ptp([path.start[:, 2], path.end[:, 2]], axis=0) < 1e-9)
    )
    lowest = float(np.minimum(path.start[feed, 2], path.end[feed, 2]).min())
    faced = across & np.isin(path.tool, list(facing))
    if lowest < 0:
        top = ABOVE if (faced & (np.abs(level) < 0.5 * MM)).any() else 0.0
        said = "part zero on top" + (f", {ABOVE / MM:g} mm above it for the face mill" if top else "")
    else:
        top = float(level[across].max()) if across.any() else float(level[feed].max())
        said = "all cuts lie above part zero: the top is the highest cut"
    cutting = feed & (np.minimum(path.start[:, 2], path.end[:, 2]) < top)
    walls = cutting & ~np.isin(path.tool, list(facing))
    cutting = walls if walls.any() else cutting
    r = np.array([radius.get(int(tool), 0.0) for tool in path.tool[cutting]])[:, None]
    ends = np.stack([path.start[cutting, :2], path.end[cutting, :2]])
    lower, upper = (ends - r).min(axis=(0, 1)), (ends + r).max(axis=(0, 1))
    return OwnStock(
        np.array([*lower, lowest - BELOW]),
        np.array([*upper, top]),
        reason=f"no stock was given: the box that the tools reach, {BELOW / MM:g} mm more below; {said}",
    )


def stock_of(file: Path, path: Toolpath, radius: Mapping[int, float], box: OwnStock, unit: Unit) -> OwnStock:
    """The mesh, placed so that the program cuts it and its rapids do not.

    Args:
        file: of the mesh.
        path: part frame.
        radius: of each tool [m].
        box: what the program reaches.
        unit: of the file.

    Raises:
        InputError: the file cannot be read, or no usual place of part zero brings the cuts into it.
    """
    vertices, _ = read_mesh(file, unit)
    lower, upper = vertices.min(axis=0), vertices.max(axis=0)
    middle = (lower + upper) / 2
    places: dict[str, Sequence[float]] = {
        "where the file has it": [0.0, 0.0, 0.0],
        "the middle of its top": [middle[0], middle[1], upper[2]],
        "the corner of its top at the least X and Y": [lower[0], lower[1], upper[2]],
        "the corner of its top at the least X and the largest Y": [lower[0], upper[1], upper[2]],
        "the middle of its underside": [middle[0], middle[1], lower[2]],
        "the corner of its underside at the least X and Y": [lower[0], lower[1], lower[2]],
    }
    of_tool = np.array([radius.get(int(tool), 0.0) for tool in path.tool])
    for reach in (np.zeros(len(of_tool)), of_tool):  # the axis in the stock; else, around a contour, the edge
        fits = {name: _fit(lower - zero, upper - zero, path, reach, box) for name, zero in places.items()}
        said = max(fits, key=lambda name: round(fits[name], 1))  # the first of those about as good
        if fits[said] > LEAST_FIT:
            shift = 0.0 - np.array(places[said])
            return OwnStock(lower + shift, upper + shift, file, unit, shift, f"part zero taken to be {said}")
    cuts = path.end[~path.rapid]
    raise InputError(
        f"the stock ({_size(upper - lower)} mm) does not hold the cuts of the program, wherever its part zero may be: "
        f"{_size(np.ptp(cuts, axis=0))} mm from {_size(cuts.min(axis=0), ', ')} mm on",
        file=file,
        remedy="give the stock of this program; stock.unit=in if the file is in inches",
    )


def _fit(lower: np.ndarray, upper: np.ndarray, path: Toolpath, reach: np.ndarray, box: OwnStock) -> float:
    """Share of the cuts that come within ``reach`` (segment,) [m] of the stock, less the share of the rapids in it."""
    margin = 0.02 * (upper - lower)
    middle, length = (path.start + path.end) / 2, path.length
    around = margin + reach[:, None] * np.array([1.0, 1.0, 0.0])
    inside = np.all((middle >= lower - around) & (middle <= upper + around), axis=1)
    deep = np.all((middle > lower + margin) & (middle < upper - margin), axis=1)
    cut, rapid = length * (~path.rapid & (middle[:, 2] <= box.upper[2])), length * path.rapid
    return float(cut[inside].sum() / max(cut.sum(), 1e-9) - rapid[deep].sum() / max(rapid.sum(), 1e-9))


def material_of(text: str, name: str, speed: float | None) -> tuple[str, str]:
    """Material and the ground on which it is taken.

    Args:
        text: the program.
        name: of its file.
        speed: highest cutting speed of the end mills [m/s].
    """
    comments = [comment for line in text.splitlines() for comment in re.findall(r"\(([^)]*)\)|;(.*)", line)]
    for number, words in enumerate([name, *("".join(pair) for pair in comments)]):
        for pattern, material in MATERIALS:
            if re.search(pattern, words, re.IGNORECASE):
                return material, f"{'a comment says' if number else 'the file is called'} '{words.strip()}'"
    if speed is None:
        return BY_SPEED[0][1], "nothing says what it is"
    material = next(material for least, material in BY_SPEED if speed >= least)
    return material, f"no comment says it; the cutting speed reaches {60 * speed:.0f} m/min"


def _size(vector: np.ndarray, between: str = " x ") -> str:
    return between.join(f"{part / MM:.4g}" for part in vector)
