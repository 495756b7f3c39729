"""The setup frame: a path whose tool axis is fixed but tilted (3+2) is cut in a frame that has it upright."""

from dataclasses import dataclass, replace

import numpy as np

from twin.errors import InputError
from twin.program.program import Toolpath
from twin.stock.cut import Collision, Columns, Provenance, Surface
from twin.units import DEG

PARALLEL = 1e-9  # largest change of a component of the tool axis that is rounding


@dataclass(frozen=True)
class SetupFrame:
    """Rotation between the part frame and the frame with the tool axis along +z; same origin."""

    rotation: np.ndarray  # (3, 3) takes part coordinates into the setup frame

    @property
    def pose(self) -> np.ndarray:
        """(4, 4) that takes solids from the part frame into the setup frame."""
        pose = np.eye(4)
        pose[:3, :3] = self.rotation
        return pose

    def path_in(self, path: Toolpath) -> Toolpath:
        """The path in the setup frame."""
        up = np.broadcast_to([0.0, 0.0, 1.0], path.start.shape)
        turn = self.rotation.T
        return replace(path, start=path.start @ turn, end=path.end @ turn, axis_start=up, axis_end=up)

    def surface_out(self, surface: Surface) -> Surface:
        """Samples in the part frame."""
        return replace(surface, position=surface.position @ self.rotation, normal=surface.normal @ self.rotation)

    def provenance_out(self, provenance: Provenance) -> Provenance:
        """Normals in the part frame."""
        return replace(provenance, normal=provenance.normal @ self.rotation.astype(provenance.normal.dtype))

    def columns_out(self, columns: Columns) -> Columns:
        """The same columns, that know how they lie in the part frame."""
        return replace(columns, pose=self.pose.T)

    def collisions_out(self, collisions: tuple[Collision, ...]) -> tuple[Collision, ...]:
        """Positions in the part frame."""
        found = []
        for collision in collisions:
            x, y, z = (float(value) for value in np.asarray(collision.position) @ self.rotation)
            found.append(replace(collision, position=(x, y, z)))
        return tuple(found)


def setup_frame(path: Toolpath, file: object = None) -> SetupFrame:
    """The frame that has the tool axis of ``path`` along +z.

    Raises:
        InputError: the tool axis is not the same everywhere; names the first source line that tilts it.
    """
    if not path.n_segments:
        return SetupFrame(np.eye(3))
    axis = path.axis_start[0] / np.linalg.norm(path.axis_start[0])
    tilted = (np.abs(path.axis_start - axis).max(axis=1) > PARALLEL) | (
        np.abs(path.axis_end - axis).max(axis=1) > PARALLEL
    )
    if tilted.any():
        row = int(np.argmax(tilted))
        angle = np.arccos(np.clip(path.axis_end[row] @ axis, -1.0, 1.0)) / DEG
        raise InputError(
            f"the tool axis tilts by {angle:.4g} degrees within the program",
            file=file,
            line=int(path.line[row]),
            remedy="removal needs one tool axis: split the program into one setup for each orientation",
        )
    return SetupFrame(_turn_to_z(axis))


def _turn_to_z(axis: np.ndarray) -> np.ndarray:
    """Shortest rotation (3, 3) that takes the unit vector ``axis`` to +z; about x where it points down."""
    z = np.array([0.0, 0.0, 1.0])
    if np.abs(axis - z).max() <= PARALLEL:
        return np.eye(3)
    if np.abs(axis + z).max() <= PARALLEL:
        return np.diag([1.0, -1.0, -1.0])
    v, c = np.cross(axis, z), axis @ z
    skew = np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])
    return np.eye(3) + skew + skew @ skew / (1.0 + c)
