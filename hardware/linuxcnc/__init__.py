"""A real LinuxCNC on the bench, its plant in the loop."""

from collections.abc import Mapping
from typing import Any

from hardware.source import Source
from twin.scenario import Scenario


def bench_source(options: Mapping[str, Any], scenario: Scenario) -> Source:
    """The bench that conf/bench/linuxcnc*.yaml describes, with the scenario's program.

    Raises:
        InputError: the options are wrong, the program cannot be read, or LinuxCNC or a compiler is not installed.
    """
    from pathlib import Path

    from hardware.linuxcnc.build import built
    from hardware.linuxcnc.options import LinuxcncOptions, check_options
    from hardware.linuxcnc.plants import plant_maker
    from hardware.linuxcnc.source import LinuxcncSource
    from twin.config import build
    from twin.errors import InputError

    chosen = build(LinuxcncOptions, options, "bench")
    check_options(chosen)
    other = None
    if chosen.program is not None:
        try:
            other = Path(chosen.program).read_text()
        except OSError as error:
            raise InputError(f"cannot read the program: {error.strerror}", file=chosen.program) from None
    make_plant = plant_maker(chosen, scenario, other)
    built()
    return LinuxcncSource(chosen, scenario, make_plant, scenario.program_text if other is None else other)
