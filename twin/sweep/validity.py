"""Where batches of scenarios fall short of whole runs, in words for the table's reader."""

from collections.abc import Sequence

from twin.production.cost.economics import Economics
from twin.scenario import Scenario
from twin.sweep.parameters import BEAM, CHOSEN, SWITCH


def batchable(scenario: Scenario) -> bool:
    """Whether scenarios of it can be evaluated in batches: neither worn tools nor a structure of the machine."""
    return scenario.structure is None and not any(tool.life_used for tool in scenario.tools.values())


def shortcomings(scenario: Scenario, keys: Sequence[str], economics: Economics) -> tuple[str, ...]:
    """What does not follow the batched ``keys``, and what is not known."""
    found = []
    if scenario.material.name not in economics.materials:
        found.append(f"{economics.name} has no price of {scenario.material.name}: there is no cost of a part")
    elif scenario.wear is None:
        found.append("no law of tool wear is known for the material: lives of tools are those of the price list")
    vibrates = scenario.model.wall_error == "dynamic" and bool(scenario.machine.spindle_modes)
    if vibrates and any(BEAM.fullmatch(key) or key.startswith(CHOSEN) or _is_speed(key) for key in keys):
        found.append(
            "walls keep the vibration that they have in the run, whatever the speed and the stick-out; where a cut "
            "begins or ceases to chatter they may be some 20 um off: such rows have a warning"
        )
    if any(BEAM.fullmatch(key) for key in keys):
        found.append("collisions are not looked for anew when a stick-out changes")
    return tuple(found)


def _is_speed(key: str) -> bool:
    match = SWITCH.fullmatch(key)
    return match is not None and match[2] == "speed"
