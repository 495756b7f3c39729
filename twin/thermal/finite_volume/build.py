"""From a declared structure to its reduced model: the slow part, done once."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from twin.thermal.finite_volume.displacement import ElasticStructure
from twin.thermal.finite_volume.heat_model import SENSE, heat_model
from twin.thermal.finite_volume.reduction import ReducedStructure, reduce, response_basis
from twin.thermal.finite_volume.structure import Structure
from twin.thermal.finite_volume.voxels import Mesh, voxelise


def reduced_structure(structure: Structure, meshes: Mapping[str, Mesh] | None = None) -> ReducedStructure:
    """Return the reduced heat and displacement model of ``structure``; ``meshes`` as :func:`voxelise` takes them.

    Raises:
        InputError: see :func:`heat_model` and :class:`ElasticStructure`.
    """
    voxels = voxelise(structure, meshes)
    dry, flooded = heat_model(structure, voxels), heat_model(structure, voxels, flood=True)
    with ThreadPoolExecutor(1) as beside:  # factorising does not hold Python's lock
        basis = beside.submit(response_basis, dry, flooded)
        influence = ElasticStructure(structure, voxels).influence()
    sense = np.zeros(3)
    for carriage in structure.carriages.values():
        # the table moves against its axis, so that the tool moves along it over the table in every case
        sense["XYZ".index(carriage.axis)] = abs(SENSE[carriage.sense])
    offset = np.subtract(structure.tool.at, structure.table.at)
    return reduce(dry, flooded, basis.result(), influence, offset, sense, np.array(structure.reference_position))
