"""NIST plates inspected: predicted against measured by feature and plate, and what a fitted law of opening explains.

Run: ``python tests/validation/nist_inspection.py [--picture FILE.png]``; minutes. The twin as it stands is measured by
the virtual CMM; nothing in it is fitted. Then three numbers are fitted on plates 1, 10 and 16, to the eight holes of
4 mm that are milled from the solid with the 1/8 in tool T5, both laboratories:

- ``tool``: change of every diameter, as the true diameter of T5 makes (not recorded);
- ``opening``: by how much a hole opens, in diameter, at 12,000 rpm where the twin says that T5 chatters;
- ``power``: of the law that carries it to other cuts, once in the spindle speed, ``opening (12,000 / S)^power``, once
  in the feed per tooth, ``opening (f / f of plate 10)^power``. Plates 10 and 16 cannot tell the two apart, 11 can.

Three numbers meet the means of three plates exactly: only the plates that were not fitted test a law.

Where the twin says that T5 does not chatter, the opening is nothing: that is its own prediction, from stick-out and
spindle, and decides which plates open. The laws are then shown on plates 2, 8, 11, 13, 19, which they have not seen.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from scipy.optimize import least_squares

from twin.config import build
from twin.inspect_run import surface_of
from twin.inspection.callout import Callout
from twin.inspection.cmm import Cmm
from twin.inspection.probing import probe
from twin.inspection.virtual_cmm import read
from twin.measured import Measured, measured
from twin.resources import shared_folder
from twin.scenario import load_scenario
from twin.simulate import simulate
from twin.units import MM, RPM, UM

FITTED, SHOWN = (1, 10, 16), (2, 8, 11, 13, 19)
PLATES = (1, 2, 8, 19, 10, 11, 13, 16)
LONG = (10, 11, 13, 16)
ROW = ("hole_70_5", "hole_60_5", "hole_50_5")
HOLES = (*ROW, "hole_5_45", "hole_5_35", "hole_5_25", "hole_107_51", "hole_107_31")
GROUPS = {  # title, tool, features, characteristic
    "4 mm holes, T5": (HOLES, "diameter"),
    "4 mm slot ends, T5": (("slot_27_end_50", "slot_27_end_64", "slot_35_end_50", "slot_35_end_64"), "diameter"),
    "4.5 mm holes, T5, spotted first": (("screw_101_5", "screw_101_65", "screw_18_5", "screw_18_65"), "diameter"),
    "3 mm holes, T1": (("hole_24_25", "hole_35_30", "hole_45_25"), "diameter"),
    "10 mm hole, T4": (("hole_107_41",), "diameter"),
    "length and width, T3": (("length", "width"), "thickness"),
}
FLOOR = 10 * UM  # what two laboratories differ by
FASTEST = 12000 * RPM


@dataclass(frozen=True)
class Plate:
    number: int
    speed: float  # [rad/s] of T5 in the holes
    feed: float  # [m] per tooth
    margin: float  # median chatter margin of T5 in the holes
    predicted: dict[tuple[str, str], float]  # [m] deviation from nominal, by feature and characteristic
    uncertainty: float  # [m] of a diameter, of the CMM
    report: Measured

    @property
    def chatters(self) -> bool:
        return self.margin < 1

    def deviation(self, name: str, characteristic: str, nominal: float) -> np.ndarray:
        """(laboratory,) [m] measured."""
        return self.report.of(name, characteristic) - nominal


def plate(number: int, cmm: Cmm) -> Plate:
    scenario = load_scenario("scenario=nist_plate", f"scenario.plate={number}")
    result = simulate(scenario)
    callouts = tuple(Callout(n, c) for names, c in GROUPS.values() for n in names)
    probed = probe(scenario.features, surface_of(result), result["surface"]["deviation_um"].values * UM, cmm)
    reading = read(scenario.features, callouts, probed, cmm, scenario.material.expansion, draws=250)
    segments = result["segments"]
    centres = np.array([f.centre[:2] for f in scenario.features if f.name in HOLES]) / MM
    middle = (segments["start_mm"].values + segments["end_mm"].values)[:, :2] / 2
    near = np.linalg.norm(middle[:, None] - centres[None], axis=2).min(axis=1) < 2.0
    cut = near & (segments["removed_mm3"].values > 0) & (segments["tool"].values == 5)
    speed = float(np.median(segments["spindle_speed_rpm"].values[cut])) * RPM
    along = float(np.median(segments["feed_mm_min"].values[cut])) * MM / 60
    report = measured("nist_plate", number)
    assert report is not None
    return Plate(
        number=number,
        speed=speed,
        feed=along / (speed / (2 * np.pi) * scenario.tools[5].n_teeth),
        margin=float(np.nanmedian(segments["chatter_margin"].values[cut])),
        predicted={
            (c.feature, c.characteristic): v for c, v in zip(callouts, reading.value - reading.nominal, strict=True)
        },
        uncertainty=float(np.median(reading.monte_carlo[: len(HOLES)])),
        report=report,
    )


def nominal(name: str) -> float:
    """[m] of a feature of the groups."""
    known = {
        "length": 120.0,
        "width": 71.16,
        "hole_107_41": 10.0,
        "hole_24_25": 3.0,
        "hole_35_30": 3.0,
        "hole_45_25": 3.0,
    }
    return known.get(name, 4.5 if name.startswith("screw") else 4.0) * MM


Law = Callable[[np.ndarray, Plate], float]


def by_speed(x: np.ndarray, p: Plate) -> float:
    """Change of a hole's diameter [m] by tool and opening."""
    return x[0] + (x[1] * (FASTEST / p.speed) ** x[2] if p.chatters else 0.0)


def by_feed(x: np.ndarray, p: Plate) -> float:
    """The same, in the feed per tooth."""
    return x[0] + (x[1] * (p.feed / 38.1e-6) ** x[2] if p.chatters else 0.0)


def residuals(x: np.ndarray, law: Law, plates: list[Plate]) -> np.ndarray:
    """Predicted minus measured [m], (plate hole laboratory,): a group's mean counts for each of its holes."""
    return np.concatenate(
        [p.predicted[n, "diameter"] + law(x, p) - p.deviation(n, "diameter", nominal(n)) for p in plates for n in HOLES]
    )


def fit(law: Law, plates: list[Plate]) -> tuple[np.ndarray, np.ndarray]:
    """Parameters and standard errors.

    The standard errors are those of the scatter from hole to hole, 8 holes a plate as independent. How much plates
    scatter cannot be seen with as many numbers as plates.
    """
    found = least_squares(lambda x: residuals(x * [UM, UM, 1], law, plates) / UM, [-10.0, 100.0, 1.0])
    left = found.fun.reshape(-1, 2).mean(axis=1)  # both laboratories measured the same hole
    curvature = found.jac.T @ found.jac / 2
    variance = np.sum(left**2) / (len(left) - 3)
    return found.x * [UM, UM, 1], np.sqrt(np.diag(np.linalg.inv(curvature)) * variance) * [UM, UM, 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, metavar="FILE.png")
    options = parser.parse_args()
    cmm = build(Cmm, yaml.safe_load((shared_folder("conf") / "cmm" / "standard.yaml").read_text()), "cmm")
    plates = {n: plate(n, cmm) for n in PLATES}
    as_it_stands(plates)
    print(f"\nuncertainty of the virtual CMM, one diameter: {plates[1].uncertainty / UM:.1f} um; ", end="")
    apart = [p.deviation(n, "diameter", 0.0) for p in plates.values() if p.number not in LONG for n in HOLES]
    difference = np.diff(apart, axis=1)
    print(f"laboratories on short tools: {difference.mean() / UM:+.1f} +/- {difference.std() / UM:.1f} um")
    fits = {}
    for name, law in (("spindle speed", by_speed), ("feed per tooth", by_feed)):
        x, error = fit(law, [plates[n] for n in FITTED])
        fits[name] = (law, x)
        print(f"\nlaw in the {name}, fitted on plates {', '.join(map(str, FITTED))}:")
        for what, value, e, unit in zip(("tool", "opening", "power"), x, error, (UM, UM, 1), strict=True):
            print(f"  {what:8s} {value / unit:+8.2f} +/- {e / unit:.2f} {'um' if unit == UM else ''}")
        shown(law, x, plates)
    other_features(plates, *fits["spindle speed"])
    if options.picture:
        draw(plates, fits, options.picture)


def as_it_stands(plates: dict[int, Plate]) -> None:
    print("deviation from nominal, mean over the features [um]: mtc_nikon, nist_mitutoyo | predicted, nothing fitted")
    print(
        f"{'plate':>5s} {'tools':6s} {'rpm':>6s} {'um/tooth':>8s} {'margin':>6s} "
        + " ".join(f"{g:>32s}" for g in GROUPS)
    )
    for p in plates.values():
        cells = []
        for names, characteristic in GROUPS.values():
            both = np.array([p.deviation(n, characteristic, nominal(n)) for n in names]) / UM
            means = [f"{v[np.isfinite(v)].mean():+.0f}" if np.isfinite(v).any() else "-" for v in both.T]
            predicted = np.mean([p.predicted[n, characteristic] for n in names]) / UM
            cells.append(f"{', '.join(means)} | {predicted:+.0f}")
        tools = "long" if p.number in LONG else "short"
        print(
            f"{p.number:5d} {tools:6s} {p.speed / RPM:6.0f} {p.feed / UM:8.1f} {p.margin:6.2f} "
            + " ".join(f"{c:>32s}" for c in cells)
        )


def shown(law: Law, x: np.ndarray, plates: dict[int, Plate]) -> None:
    print(
        f"  {'plate':>5s} {'':6s} {'measured':>8s} {'spread':>7s} {'predicted':>9s} {'off':>6s} {'as it stands':>12s}"
    )
    off = {}
    for p in sorted(plates.values(), key=lambda p: (p.number not in FITTED, p.number)):
        both = np.array([p.deviation(n, "diameter", nominal(n)) for n in HOLES])
        plain = np.mean([p.predicted[n, "diameter"] for n in HOLES])
        value = plain + law(x, p)
        off[p.number] = value - both.mean()
        kind = "fitted" if p.number in FITTED else "shown"
        spread = both.mean(axis=1).std() / UM
        print(
            f"  {p.number:5d} {kind:6s} {both.mean() / UM:+8.0f} {spread:7.0f} {value / UM:+9.0f} "
            f"{off[p.number] / UM:+6.0f} {(plain - both.mean()) / UM:+12.0f}"
        )
    rms = np.sqrt(np.mean([off[n] ** 2 for n in SHOWN])) / UM
    print(f"  plates not seen: rms of the mean {rms:.0f} um; as it stands {rms_as_it_stands(plates) / UM:.0f} um")


def rms_as_it_stands(plates: dict[int, Plate]) -> float:
    """Of the mean of the holes [m], plates that were not fitted."""
    off = [
        np.mean([plates[n].predicted[h, "diameter"] - plates[n].deviation(h, "diameter", nominal(h)) for h in HOLES])
        for n in SHOWN
    ]
    return float(np.sqrt(np.mean(np.square(off))))


def other_features(plates: dict[int, Plate], law: Law, x: np.ndarray) -> None:
    """What the law does not say: the holes among themselves, and the other features of the same tool."""
    print("\nopening by the law, and how others move against the short plates 1, 2, 8 [um], mean of the laboratories:")
    titles = ("row y = 5", "other 5", "slot ends", "4.5 mm", "3 mm", "10 mm")
    print(f"  {'plate':>5s} {'law':>5s} " + " ".join(f"{t:>9s}" for t in titles))
    sets = (ROW, HOLES[3:], *(GROUPS[g][0] for g in list(GROUPS)[1:5]))

    def mean(number: int, names: tuple[str, ...]) -> float:
        return float(np.nanmean([plates[number].deviation(n, "diameter", nominal(n)) for n in names]))

    for number in LONG:
        moves = [mean(number, s) - np.mean([mean(n, s) for n in (1, 2, 8)]) for s in sets]
        cells = " ".join(f"{m / UM:+9.0f}" for m in moves)
        print(f"  {number:5d} {(law(x, plates[number]) - x[0]) / UM:5.0f} {cells}")


def draw(plates: dict[int, Plate], fits: dict[str, tuple[Law, np.ndarray]], file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.4), layout="constrained")
    axes = figure.subplots()
    order = list(plates)
    for i, number in enumerate(order):
        p = plates[number]
        both = np.array([p.deviation(n, "diameter", nominal(n)) for n in HOLES]) / UM
        for k, (colour, name) in enumerate((("#c55a11", "mtc_nikon"), ("#e0a05a", "nist_mitutoyo (means of 3 and 5)"))):
            spread = np.linspace(-0.06, 0.06, len(HOLES)) - 0.25 + 0.15 * k
            axes.scatter(i + spread, both[:, k], s=13, color=colour, label=f"measured, {name}" if i == 0 else None)
        plain = np.array([p.predicted[n, "diameter"] for n in HOLES]) / UM
        axes.plot(
            [i - 0.34, i + 0.34],
            [plain.mean()] * 2,
            color="#8a8a8a",
            linewidth=2,
            label="predicted, nothing fitted" if i == 0 else None,
        )
        for (name, (law, x)), marker, place in zip(fits.items(), ("s", "^"), (0.1, 0.25), strict=True):
            value = plain.mean() + law(x, p) / UM
            filled = "#1f4e79" if name == "spindle speed" else "#5b9bd5"
            seen = number in FITTED
            axes.plot(
                i + place,
                value,
                marker,
                ms=8,
                mec=filled,
                mfc="white" if seen else filled,
                label=f"law in the {name}" if i == 1 else None,
            )
    axes.axhspan(-FLOOR / UM, FLOOR / UM, color="k", alpha=0.12, label="floor: 0.01 mm between laboratories")
    axes.axhline(0, color="k", linewidth=0.5)
    labels = [
        f"{n}\n{'long' if n in LONG else 'short'}\n{plates[n].speed / RPM:,.0f} rpm\n{plates[n].feed / UM:.0f} µm/tooth"
        for n in order
    ]
    axes.set_xticks(range(len(order)), labels, fontsize=8)
    axes.set_ylabel("deviation of the 4 mm holes / µm")
    axes.set_title(
        "Eight holes of 4 mm on eight NIST plates. Hollow: fitted on this plate; filled: not seen", fontsize=10
    )
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    figure.savefig(file, dpi=100)


if __name__ == "__main__":
    main()
