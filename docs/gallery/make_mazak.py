"""Draws mazak.png: the spindle temperature of each Mazak day, predicted from the other two and the first reading."""

import sys
from pathlib import Path

import numpy as np

import twin
from twin.view.first_order import TemperatureCurves, draw_temperature_days

HERE = Path(__file__).parent
sys.path.append(str(Path(twin.__file__).parents[1] / "tests" / "validation"))
from mazak_spindle import FILES, FULL_SPEED, STEP, TIMES, fitted, persistence, predicted, read_day  # noqa: E402


def main() -> None:
    days = [read_day(file) for file in FILES]
    curves = []
    for k, day in enumerate(days):
        others = days[:k] + days[k + 1 :]
        found = {name: predicted(fitted(others, modes, 1.0), day, 1.0)["free run"] for name, modes in TIMES.items()}
        found["persistence"] = persistence(others, day)["free run"]
        name = f"{day.name[:4]}-{day.name[4:6]}-{day.name[6:]}"
        speed = np.concatenate([day.speed[:1], day.speed]) * FULL_SPEED
        curves.append(TemperatureCurves(name, np.arange(len(day.reading)) * STEP, day.reading, found, speed))
    draw_temperature_days(curves).savefig(HERE / "mazak.png", dpi=85)


if __name__ == "__main__":
    main()
