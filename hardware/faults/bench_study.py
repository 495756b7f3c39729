"""Faults put into the machine behind a real controller: runs of the health check, recorded on the LinuxCNC bench.

What :mod:`hardware.faults.study` does with commands of the twin's own time law, here with those of LinuxCNC at 1 kHz:
controller, lock-step, recorder and reader are in the loop, and ``twin faults`` judges the files. The machine behind the
controller is simulated: no metal is cut.
"""

from functools import partial
from pathlib import Path

from hardware.bench import RECORDING, bench_options, record
from hardware.faults.study import BELT, CHECKED, SCATTER
from hardware.linuxcnc.options import LinuxcncOptions, check_options
from hardware.linuxcnc.source import LinuxcncSource
from hardware.simulated.hidden import hidden_scenario
from hardware.simulated.options import Fault, PlantOptions
from hardware.simulated.plant import SimulatedPlant
from twin.config import build
from twin.errors import InputError
from twin.prediction import Machining
from twin.scenario import Scenario, load_scenario
from twin.simulate import machine

WORDS = (*CHECKED, "controller=linuxcnc")  # what `twin faults` is told of the recordings
TIME_FACTOR = 50.0  # as fast as the plant answers


class FaultBench:
    """A machine with hidden parameters behind LinuxCNC.

    Args:
        seed: of the hidden parameters.
    """

    def __init__(self, seed: int):
        self._seed = seed
        self.scenario = load_scenario(*WORDS)
        self.machining = machine(self.scenario, lambda stage: None)
        _, plain = bench_options(["bench=linuxcnc", f"bench.time_factor_ratio={TIME_FACTOR:g}"], None)
        self._options = build(LinuxcncOptions, plain, "bench")
        check_options(self._options)

    def record(self, file: Path, number: int, *faults: Fault) -> Path:
        """Run the health check once; return the recording.

        Args:
            file: that is written; one that is there is kept, and nothing runs.
            number: of the run: noise of the sensors, and how friction, heat and belt are that day.
            faults: that the machine has from the start.

        Raises:
            InputError: the run did not reach its end.
        """
        if file.exists():
            return file
        plant = PlantOptions(seed=self._seed, noise_seed=number, belt=BELT, daily_scatter=SCATTER, faults=faults)
        make = partial(_plant, self.scenario, self.machining, plant)
        source = LinuxcncSource(self._options, self.scenario, make, self.scenario.program_text)
        folder = file.with_suffix(".part")
        folder.mkdir(parents=True)
        progress = record(source, folder, "linuxcnc", self.scenario, compare=False)
        if not progress.finished:
            raise InputError(f"the health check did not reach its end: {progress.why}", file=progress.recording)
        (folder / RECORDING).rename(file)
        folder.rmdir()
        return file


def _plant(scenario: Scenario, machining: Machining, options: PlantOptions) -> SimulatedPlant:
    """In the plant's own process."""
    simulated, _ = hidden_scenario(scenario, options.seed)
    return SimulatedPlant(simulated, machining, options)
