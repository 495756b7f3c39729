"""The reduced thermal model of a machine structure, computed once and kept on disk by content."""

from pathlib import Path

import twin
from twin.cache import cached, content_key, source_key
from twin.formats.mesh import Mesh, read_mesh
from twin.resources import shared_folder
from twin.thermal.finite_volume.build import reduced_structure
from twin.thermal.finite_volume.reduction import ReducedStructure
from twin.thermal.finite_volume.structure import Structure

CODE = Path(twin.__file__).parent / "thermal" / "finite_volume"


def structure_model(structure: Structure) -> ReducedStructure:
    """Return the reduced model of ``structure``, from disk where the same was computed before.

    Raises:
        InputError: the structure cannot be modelled, see :func:`reduced_structure`, or a mesh cannot be read.
    """
    meshes = structure_meshes(structure)
    key = content_key(structure, meshes, source_key(CODE))
    return cached(twin.CACHE / "structure", key, ReducedStructure, lambda: reduced_structure(structure, meshes))[0]


def structure_meshes(structure: Structure) -> dict[str, Mesh]:
    """Vertices [m] and faces of the bodies that are meshes: files beside conf/structure, or paths.

    Raises:
        InputError: a file is missing or damaged.
    """
    beside = shared_folder("conf") / "structure"
    files = {name: body.file for name, body in structure.bodies.items() if body.file is not None}
    return {name: read_mesh(beside / file if (beside / file).is_file() else file) for name, file in files.items()}
