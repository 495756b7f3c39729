"""The Cut: what removing material leaves behind, as arrays. Nothing below it cuts again."""

from dataclasses import dataclass, field

import numpy as np

N_SLICES = 16  # axial slices of the engagement of a segment
N_ARCS = 2  # engaged arcs kept per slice


@dataclass(frozen=True)
class Engagement:
    """Where the tool touches stock, per feed segment and axial slice; measured before the segment cuts.

    Slice ``j`` of segment ``i`` spans heights ``depth[i] * [j, j + 1] / N_SLICES`` above the tip.
    Angles are immersion angles [rad]: 0 at the left normal of the feed (seen from the spindle),
    pi/2 straight ahead, pi at the right normal, clockwise, so that a clockwise spindle (M3) sweeps
    them upwards: up-milling enters at 0, down-milling leaves at pi. A plunge engages 0..2 pi.
    """

    depth: np.ndarray  # (segment,) [m] height of the engaged zone above the tip; 0 where nothing is cut
    arc: np.ndarray  # (segment, slice, arc, 2) float32 [rad] start and end; NaN where there is none
    overflow: np.ndarray  # (segment,) bool: some slice had more arcs than are kept
    volume: np.ndarray  # (segment,) [m3] removed


@dataclass(frozen=True)
class Surface:
    """Samples of the machined surface."""

    position: np.ndarray  # (sample, 3) [m], part frame
    normal: np.ndarray  # (sample, 3) unit, out of the material
    area: np.ndarray  # (sample,) [m2] of surface that the sample stands for
    family: np.ndarray  # (sample,) int8: the ray direction it was found along, 0 x, 1 y, 2 z
    machined: np.ndarray  # (sample,) bool: a tool made it, rather than the stock


@dataclass(frozen=True)
class Provenance:
    """For every surface sample the passes that could have made it.

    The part's deviation along the normal is the minimum over the candidates of
    ``gap + error(segment, along) . normal``.
    """

    segment: np.ndarray  # (sample, candidate) int32 row of the Toolpath, -1 none
    along: np.ndarray  # (sample, candidate) float32, 0..1 from start to end of the segment
    # (sample, candidate) [m] of the candidate's envelope above the final surface, along the sample's normal
    gap: np.ndarray
    # (sample, candidate, 3) float32 normal of the candidate's envelope there, divided by its part along the sample's
    normal: np.ndarray
    overflow: np.ndarray  # (sample,) bool: more passes lay within the band than are kept
    edge: np.ndarray  # (sample,) bool: an edge of the surface lies within half the band, a displaced tool may miss it
    band: float  # [m] envelopes farther above the final surface than this were not recorded


@dataclass(frozen=True)
class Collision:
    """Contact that must not be: rapid through stock, shank or holder in stock, anything in a fixture."""

    kind: str  # "rapid", "shank", "holder", "fixture"
    segment: int  # first row of the Toolpath
    line: int  # its source line
    position: tuple[float, float, float]  # [m] tip
    depth: float  # [m] how deep at the worst place of that source line


@dataclass(frozen=True)
class Gouge:
    """Where one source line cut below the target."""

    line: int  # source line, -1 where no recorded pass made the surface
    segment: int  # row of the Toolpath at the deepest place, -1 as above
    position: tuple[float, float, float]  # [m] of the surface, at the deepest place
    depth: float  # [m] below the target there
    area: float  # [m2] of surface that this line left below the target


@dataclass(frozen=True)
class Comparison:
    """The surface against the target; all zero where the path's own envelope is the target."""

    distance: np.ndarray  # (sample,) [m] above the target along its normal: > 0 excess, < 0 gouge
    gouges: tuple[Gouge, ...]  # one a source line, the deepest first
    tolerance: float  # [m] less than this below the target is no gouge
    rms: float  # [m] of the distance over the machined surface, by area; NaN where nothing is machined
    deepest: float  # [m] of the deepest gouge, 0 without one
    excess: float  # [m] largest distance above the target on the machined surface, 0 without one
    excess_volume: float  # [m3] left above the target, from distance and area


@dataclass(frozen=True)
class Columns:
    """What is left over each cell of the grid, one interval along z; with the Surface it gives the mesh."""

    lower: np.ndarray  # (2,) [m] lowest corner of the grid
    spacing: np.ndarray  # (3,) [m] size of a cell along x, y, z
    top: np.ndarray  # (y, x) float32 [m] -inf where nothing is left
    floor: np.ndarray  # (y, x) float32 [m] underside; +inf where nothing is left
    pose: np.ndarray = field(default_factory=lambda: np.eye(4))  # (4, 4) from this frame into the part frame


@dataclass(frozen=True)
class Cut:
    """Everything later stages need of the removed material."""

    engagement: Engagement
    surface: Surface
    provenance: Provenance
    columns: Columns
    comparison: Comparison
    collisions: tuple[Collision, ...]
    stock_volume: float  # [m3] before
    removed_volume: float  # [m3]
