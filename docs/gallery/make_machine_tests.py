"""Draws circular_test.png, r_test.png and error_field.png: tests of two machines by their standards."""

from pathlib import Path

import jax

from twin.machine_tests.settings import MachineTest
from twin.view.machine_test import run_and_draw

HERE = Path(__file__).parent


def main() -> None:
    """The 3-axis machining centre on a circle, the trunnion machine under the R-test and in its work volume."""
    jax.config.update("jax_enable_x64", True)
    for name, settings in {
        "circular_test": MachineTest(test="circular"),
        "r_test": MachineTest(machine="five_axis_trunnion", test="rtest"),
        "error_field": MachineTest(test="volume"),
    }.items():
        run_and_draw(settings).picture.save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
