"""Deviation maps of a sweep: every sample of the summary, for each scenario, in one NetCDF file a chunk."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from twin.sweep.evaluator import Evaluator
from twin.units import MM, UM

FOLDER = "maps"


def write_maps(folder: Path, chunk: int, rows: Sequence[int], evaluator: Evaluator, values: np.ndarray) -> Path:
    """Write the maps of ``rows``, whole or not at all; ``values`` (row, parameter) as the evaluator takes them."""
    import xarray as xr

    n_samples = len(evaluator.tables.position)
    deviation = np.empty((len(rows), n_samples), np.float32)
    first = 0
    for some in evaluator.maps(values):
        deviation[first : first + len(some)] = some / UM
        first += len(some)
    tables = evaluator.tables
    what = {"units": "µm", "long_name": "predicted deviation along the normal, > 0 material left"}
    found = xr.Dataset(
        {
            "deviation_um": (("row", "sample"), deviation, what),
            "position_mm": (("sample", "axis"), (tables.position / MM).astype(np.float32), {"units": "mm"}),
            "normal": (("sample", "axis"), tables.normal.astype(np.float32), {"units": "1"}),
        },
        coords={"row": list(rows), "axis": list("xyz")},
    )
    (folder / FOLDER).mkdir(exist_ok=True)
    file = folder / FOLDER / f"{chunk:06d}.nc"
    temporary = file.with_name(f".{file.name}.partial")
    found.to_netcdf(temporary, engine="h5netcdf", encoding={"deviation_um": {"zlib": True, "complevel": 1}})
    temporary.replace(file)
    return file
