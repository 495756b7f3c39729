"""Where batches of scenarios fall short of whole runs, in words for the table's reader."""

from collections.abc import Sequence

from twin.scenario import Scenario
from twin.sweep.parameters import BEAM, CHOSEN, SWITCH


def batchable(scenario: Scenario) -> bool:
    """Whether scenarios of it can be evaluated in batches: neither worn tools nor a structure of the machine."""
    return scenario.structure is None and not any(tool.life_used for tool in scenario.tools.values())


def shortcomings(scenario: Scenario, keys: Sequence[str]) -> tuple[str, ...]:
    """What does not follow the batched ``keys``."""
    found = []
    vibrates = scenario.model.wall_error == "dynamic" and bool(scenario.machine.spindle_modes)
    if vibrates and any(BEAM.fullmatch(key) or key.startswith(CHOSEN) or _is_speed(key) for key in keys):
        found.append(
            "which cuts chatter, and how tools vibrate at their speed and stick-out, stays as in the run: walls may be "
            "some 20 um off (model.wall_error=static leaves vibration out; sweep.evaluate=run follows it)"
        )
    if any(BEAM.fullmatch(key) for key in keys):
        found.append("collisions are not looked for anew when a stick-out changes")
    return tuple(found)


def _is_speed(key: str) -> bool:
    match = SWITCH.fullmatch(key)
    return match is not None and match[2] == "speed"
