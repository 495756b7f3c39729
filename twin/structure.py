"""The reduced thermal model of a machine structure, computed once and kept on disk by content."""

from pathlib import Path

import twin
from twin.cache import cached, content_key, source_key
from twin.thermal.finite_volume.build import reduced_structure
from twin.thermal.finite_volume.reduction import ReducedStructure
from twin.thermal.finite_volume.structure import Structure

CODE = Path(twin.__file__).parent / "thermal" / "finite_volume"


def structure_model(structure: Structure) -> ReducedStructure:
    """Return the reduced model of ``structure``, from disk where the same was computed before.

    Raises:
        InputError: the structure cannot be modelled, see :func:`reduced_structure`.
    """
    key = content_key(structure, source_key(CODE))
    return cached(twin.CACHE / "structure", key, ReducedStructure, lambda: reduced_structure(structure))[0]
