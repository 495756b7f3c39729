"""Factors and 100 solutions of the largest part of a machine by nested dissection, beside SciPy's SuperLU; wall time.

python tests/benchmarks/bench_cholesky.py [CELL_MM]
"""

import os
import sys
import time
from pathlib import Path
from unittest.mock import patch

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the twin sets it where it comes before NumPy

import numpy as np
import yaml
from scipy import sparse
from scipy.sparse.linalg import splu

from twin.config import build
from twin.thermal.finite_volume import elasticity
from twin.thermal.finite_volume.cholesky import GridCholesky
from twin.thermal.finite_volume.displacement import ElasticStructure
from twin.thermal.finite_volume.structure import Structure
from twin.thermal.finite_volume.voxels import voxelise

FILE = Path(__file__).resolve().parents[2] / "conf" / "structure" / "vmc_c_frame.yaml"


def largest_part(cell_mm: float) -> tuple[sparse.csr_array, np.ndarray]:
    """Stiffness of the largest part, and the places of its unknowns."""
    structure = build(Structure, yaml.safe_load(FILE.read_text()) | {"cell_mm": cell_mm}, "structure", file=FILE)
    with patch.object(elasticity, "GridCholesky") as factors:
        ElasticStructure(structure, voxelise(structure, None))
    return max((call.args for call in factors.call_args_list), key=lambda arguments: len(arguments[1]))


def super_lu(matrix: sparse.csr_array):
    options = {"SymmetricMode": True}
    return splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)


def main() -> None:
    matrix, place = largest_part(float(sys.argv[1]) if len(sys.argv) > 1 else 25)
    right = np.random.default_rng(0).normal(size=(len(place), 100))
    print(f"{len(place):,} unknowns")
    GridCholesky(sparse.csr_array(np.eye(2)), np.zeros((2, 3), int))  # compiles
    for name, factorise in (
        ("nested dissection", lambda: GridCholesky(matrix, place)),
        ("SuperLU", lambda: super_lu(matrix)),
    ):
        start = time.perf_counter()
        factors = factorise()
        half = time.perf_counter()
        wrong = abs(matrix @ factors.solve(right) - right).max()
        print(
            f"{name:18s} factors {half - start:7.2f} s, solutions {time.perf_counter() - half:6.2f} s, {wrong:.0e} off"
        )


if __name__ == "__main__":
    main()
