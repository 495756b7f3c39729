"""How long compensation takes: a program of 50,000 moves rewritten, tables applied to a million places.

Run: ``python tests/benchmarks/bench_compensation.py``. The field of errors is a formula that costs next to nothing.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from twin.compensation.controls import write_tables
from twin.compensation.rewrite import compensate
from twin.compensation.settings import CompensationSettings
from twin.scenario import load_scenario
from twin.simulate import read_program

sys.path.append(str(Path(__file__).resolve().parents[1] / "compensation"))
from compensation_cases import LENGTH, TRAVEL, machine_case

N_PLACES = 1_000_000


def against(move: np.ndarray, fraction: np.ndarray, tip: np.ndarray) -> np.ndarray:
    """Of 20 µm, bending over 60 mm (point, 3) [m]."""
    return 2e-5 * np.sin(tip[:, [1, 2, 0]] / 0.06)


def main() -> None:
    for name in ("pocket2k.nc", "pocket50k.nc.gz"):
        scenario = load_scenario("scenario=freeform_pocket", f"scenario.program={name}")
        began = time.process_time()
        program = read_program(scenario)
        read = time.process_time() - began
        began = time.process_time()
        made = compensate(
            program,
            against,
            lambda text, scenario=scenario: read_program(replace(scenario, program_text=text)),
            tolerance=5e-7,
            shortest=1e-3,
            resolution=1e-7,
        )
        seconds = time.process_time() - began
        print(
            f"{name:16} {program.n_moves:6} moves -> {made.program.n_moves:6} in {seconds:5.2f} s, read in {read:.2f} s"
        )
    case = machine_case()
    rng = np.random.default_rng(0)
    places = np.column_stack([rng.uniform(*TRAVEL[axis], N_PLACES) for axis in "XYZ"])
    for name in ("siemens_cec", "heidenhain_com", "fanuc_pitch", "isg_csv"):
        written = write_tables(case, CompensationSettings(format=name, source="benchmark", resolution=1e-6))
        arguments = places, np.full(N_PLACES, LENGTH), np.zeros(N_PLACES)
        written.applied(*arguments)
        began = time.process_time()
        written.applied(*arguments)
        print(f"{name:16} {N_PLACES / (time.process_time() - began):12,.0f} places/s")


if __name__ == "__main__":
    main()
