"""One job of `twin robust`: a scenario in, a folder with probabilities, capabilities and what to tighten out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from twin.errors import InputError
from twin.inspection.tolerance import ToleranceRow
from twin.runs import RECORD, find_run, new_run
from twin.scenario import Scenario, load_scenario
from twin.settings import of_group, read_settings, split_words
from twin.sweep.evaluator import evaluator_of
from twin.sweep.parameters import Parameter
from twin.sweep.robustness import Judged, Robustness, capability, probability, robustness, share_by_group, tightening
from twin.sweep.scatter import ScatterRow, Source, ToolSetting, sources_of
from twin.units import UM
from twin.view.robustness import draw_robustness
from twin.workpiece.residual_stress import release_words

GROUP = "robustness"
FEW = 64  # samples of the summary, which nobody asks for here
FARTHEST = 6.0  # standard deviations that are ever drawn
OF_FEATURES = "feature."
ASSUMED = "conf/robustness: "  # limits that the scenario itself does not give


@dataclass(frozen=True, kw_only=True)
class RobustnessConfig:
    """conf/robustness: how parts are drawn, and what they have to keep."""

    n_samples: int
    """Parts that are drawn."""
    seed: int
    """Of the draw."""
    scatter: tuple[ScatterRow, ...]
    """What scatters beside what material and machine state themselves."""
    tool_setting: ToolSetting | None = None
    """Read by `twin inspect` alone: another diameter would be another part to cut."""
    tolerances: tuple[ToleranceRow, ...]
    """Limits of what the scenario's own tolerances leave open; the first row that fits decides."""


@dataclass(frozen=True)
class RobustRun:
    """A finished job."""

    folder: Path
    title: str
    found: Robustness
    left_out: tuple[str, ...]  # scatter that the evaluator cannot vary
    unjudged: tuple[str, ...]  # characteristics without limits
    release: str  # what is done about residual stress

    @property
    def n_assumed(self) -> int:
        """Characteristics whose limits are not the scenario's own."""
        return sum(source.startswith(ASSUMED) for source in self.found.judged.source)


def run_robust(
    words: Sequence[str], *, outputs: Path, conf: Path | None = None, say: Callable[[str], None] = lambda stage: None
) -> RobustRun:
    """Draw parts of a scenario, or of the scenario of a finished run, and write what came out.

    Args:
        words: ``key=value`` of the scenario, ``robustness=NAME`` and ``robustness.KEY=value``; or first the name of
            a run, whose own words then come before.
        outputs: folder for run folders.
        conf: folder of further groups.
        say: is told each stage as it begins.

    Raises:
        InputError: bad input of any kind; nothing is left behind.
    """
    chosen, changes, plain = split_words(words, (GROUP,))
    mine, overrides = of_group(changes, GROUP)
    if plain:
        overrides = [*overrides_of(plain, outputs), *overrides]
    settings = read_settings(RobustnessConfig, GROUP, chosen.get(GROUP, "standard"), mine, conf)
    say("composing the scenario")
    scenario = load_scenario(*overrides, conf=conf)
    sources, left_out = sources_of(scenario, settings.scatter)
    parameters = bounds_of(sources)
    evaluator = evaluator_of(overrides, parameters, conf=conf, say=say, n_summary=FEW, with_chatter=False)
    judged, columns, unjudged = limits_of(evaluator.results, scenario.tolerances, settings.tolerances)
    say(f"drawing {settings.n_samples:,} parts with {len(sources)} causes of scatter")
    found = robustness(
        lambda values: evaluator(values)[:, columns],
        [parameter.key for parameter in parameters],
        evaluator.base,
        sources,
        judged,
        settings.n_samples,
        settings.seed,
    )
    with new_run(outputs, f"{scenario.part.name}_robust") as (folder, final):
        (folder / "config.yaml").write_text(yaml.safe_dump(scenario.config, sort_keys=False, allow_unicode=True))
        write_tables(found, folder)
        _write_summary(scenario, found, settings, words, folder / "robustness.json")
        draw_robustness(found, scenario.part.title, folder)
    return RobustRun(final, scenario.part.title, found, left_out, unjudged, release_words(scenario.config))


def overrides_of(names: Sequence[str], outputs: Path) -> list[str]:
    """Words that a finished run was made with.

    Raises:
        InputError: several names, or no such run.
    """
    if len(names) > 1:
        raise InputError(f"{' '.join(names)}: one run at a time", remedy="name one run, or key=value")
    return list(json.loads((find_run(names[0], outputs) / RECORD).read_text())["overrides"])


def bounds_of(sources: Sequence[Source]) -> tuple[Parameter, ...]:
    """Every key that a source moves, with the values between which it may be drawn."""
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    base: dict[str, float] = {}
    for source in sources:
        ends = np.sort(source.values(np.array([-FARTHEST, FARTHEST])), axis=0) - source.base
        for key, middle, down, up in zip(source.keys, source.base, *ends, strict=True):
            base[key] = middle
            low[key], high[key] = low.get(key, 0.0) + down, high.get(key, 0.0) + up
    return tuple(Parameter(key, base[key] + low[key], base[key] + high[key]) for key in base)


def limits_of(
    results: Sequence[str], drawn: Sequence[ToleranceRow], assumed: Sequence[ToleranceRow]
) -> tuple[Judged, list[int], tuple[str, ...]]:
    """Characteristics that a row gives limits [um], their columns in ``results``, and the names of the others.

    Args:
        results: names of columns.
        drawn: limits of the part's own drawing.
        assumed: limits of whatever those leave open.

    Raises:
        InputError: no characteristic has a limit.
    """
    judged, columns, unjudged = [], [], []
    for column, name in enumerate(results):
        if not name.startswith(OF_FEATURES):
            continue
        feature, _, characteristic = name.removeprefix(OF_FEATURES).removesuffix("_um").rpartition(".")
        row = next((row for row in (*drawn, *assumed) if row.fits(feature, characteristic)), None)
        if row is None or (row.lower is None and row.upper is None):
            unjudged.append(f"{feature}.{characteristic}")
            continue
        lower = -np.inf if row.lower is None else row.lower / UM
        upper = np.inf if row.upper is None else row.upper / UM
        judged.append(
            (f"{feature}.{characteristic}", lower, upper, row.source if row in drawn else f"{ASSUMED}{row.source}")
        )
        columns.append(column)
    if not judged:
        raise InputError("no characteristic has a tolerance", remedy="see conf/robustness, or declare features")
    names, least, most, sources = zip(*judged, strict=True)
    return Judged(names, np.array(least), np.array(most), sources), columns, tuple(unjudged)


def write_tables(found: Robustness, folder: Path) -> None:
    """Write robustness.parquet (one row a characteristic), sources.parquet (one row a source) and samples.parquet."""
    judged = found.judged
    chance, cpk = probability(found.good), capability(found.values, judged)
    leading = [found.sources[row].name for row in np.argmax(found.share, axis=1)]
    columns = {
        "name": judged.name,
        "lower_um": np.where(np.isinf(judged.lower), np.nan, judged.lower),
        "upper_um": np.where(np.isinf(judged.upper), np.nan, judged.upper),
        "limits_from": judged.source,
        "nominal_um": found.nominal,
        "mean_um": found.mean,
        "deviation_um": found.deviation,
        "probability_ratio": chance[:, 0],
        "probability_low_ratio": chance[:, 1],
        "probability_high_ratio": chance[:, 2],
        "cpk_ratio": cpk[:, 0],
        "cpk_low_ratio": cpk[:, 1],
        "cpk_high_ratio": cpk[:, 2],
        "linear_ratio": found.explained,
        "dominated_by": leading,
        **{f"share_{group.replace(' ', '_')}_ratio": share for group, share in share_by_group(found).items()},
    }
    pq.write_table(pa.table({key: list(v) for key, v in columns.items()}), folder / "robustness.parquet")
    better = tightening(found)
    pq.write_table(
        pa.table(
            {
                "source": [found.sources[row].name for row in better.row],
                "group": [found.sources[row].group for row in better.row],
                "origin": [found.sources[row].origin for row in better.row],
                "share_ratio": better.share,
                "probability_if_halved_ratio": better.probability,
                "probability_if_halved_and_centred_ratio": better.centred,
                "least_cpk_if_halved_ratio": better.least_cpk,
            }
        ),
        folder / "sources.parquet",
    )
    drawn = {f"z {source.name}": found.z[:, column] for column, source in enumerate(found.sources)}
    drawn |= {f"{name}_um": found.values[:, column] for column, name in enumerate(judged.name)}
    pq.write_table(pa.table(drawn), folder / "samples.parquet", compression="zstd")


def _write_summary(
    scenario: Scenario, found: Robustness, settings: RobustnessConfig, words: Sequence[str], file: Path
) -> None:
    whole, better = probability(found.good_part), tightening(found)
    record = {
        "scenario": scenario.part.name,
        "words": list(words),
        "n_samples": settings.n_samples,
        "seed": settings.seed,
        "n_sources": len(found.sources),
        "n_characteristics": len(found.judged.name),
        "n_limits_assumed": sum(source.startswith(ASSUMED) for source in found.judged.source),
        "probability_part_in_tolerance_ratio": [float(value) for value in whole],
        "least_cpk_ratio": float(capability(found.values, found.judged)[:, 0].min()),
        "tighten_first": [found.sources[row].name for row in better.row[:5]],
    }
    file.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
