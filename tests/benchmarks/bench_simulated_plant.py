"""How fast the simulated machine answers a controller: steps a second, and a recorded run at once."""

import time

import numpy as np

from hardware.plant import Command
from hardware.simulated.plant import Commands, simulated_machine
from twin.motion import servo_samples
from twin.scenario import load_scenario
from twin.simulate import machine

N_STEPS = 30_000


def main() -> None:
    scenario = load_scenario("scenario=freeform_pocket")
    machining = machine(scenario, lambda stage: None)
    program = machining.program
    blocks = list(servo_samples(program, machining.motion, scenario.controller))
    position, move = np.concatenate([b.commanded for b in blocks]), np.concatenate([b.move for b in blocks])
    speed = np.linalg.norm(np.diff(position, axis=0, prepend=position[:1]), axis=1) / 1e-3
    n = len(move)
    commands = Commands(1e-3, position, program.spindle[move], program.line[move], speed, np.zeros(n))
    for _ in range(2):  # the first compiles
        plant = simulated_machine(scenario, machining, nest=True)
        began = time.perf_counter()
        plant.run(commands)
        whole = time.perf_counter() - began
    plant = simulated_machine(scenario, machining, nest=True)
    taken = np.empty(N_STEPS)
    for k in range(N_STEPS):
        began = time.perf_counter()
        plant.step(Command(k, 1e-3, position[k], commands.spindle_speed[k], int(commands.line[k]), speed[k]))
        plant.readings()
        taken[k] = time.perf_counter() - began
    p50, p99 = np.percentile(taken, [50, 99]) * 1e6
    print(f"step by step  {N_STEPS / taken.sum():10,.0f} cycles/s (target 3,000), p50 {p50:.0f} us, p99 {p99:.0f} us")
    print(f"at once       {n / whole:10,.0f} cycles/s, {n:,} cycles, {len(plant.channels)} channels")


if __name__ == "__main__":
    main()
