"""Which samples of the surface a sweep looks at, and the pieces of path that could have made them."""

from dataclasses import dataclass, replace

import numpy as np

from twin.compiled import padded_rows
from twin.inspection import Plan
from twin.inspection.evaluate import FEWEST_SAMPLES, Group
from twin.stock import Cut
from twin.stock.cut import Surface
from twin.stock.deviation import Candidates, candidates_of

CELLS = 64  # zones along the longest side of the part
WIDTHS = (2, 4, 16)  # most samples have few candidates: they are kept apart from those that have many


@dataclass(frozen=True)
class Looked:
    """Samples of the summary, those of the features, and what made them.

    The deviations of the ``candidates``, one group after the other, fill places; the fields name places in them.
    """

    candidates: tuple[Candidates, ...]  # by their number; segments are places in ``segment``
    segment: np.ndarray  # (used,) rows of the toolpath
    sample: np.ndarray  # (place,) rows of the surface, -1 padding
    summary: np.ndarray  # (sample,) places of the summary's samples
    features: Plan  # thinned; its rows are places


def looked_at(cut: Cut, inspected: Plan, n_summary: int, n_feature: int) -> Looked:
    """Samples of ``cut`` for the summary and for the features of ``inspected``.

    Args:
        cut: the removed material.
        inspected: features over the whole surface.
        n_summary: samples of the summary, at most.
        n_feature: samples of one feature, at most.
    """
    summary, features = stratified(cut.surface, n_summary), thinned(inspected, n_feature)
    rows = np.unique(np.concatenate([summary, *(np.asarray(g.row).ravel() for g in features.groups.values())]))
    every = candidates_of(cut.provenance, rows)
    order = np.argsort(~np.isfinite(every.gap[: len(rows)]), axis=1, kind="stable")  # those that are none last
    count = np.isfinite(every.gap[: len(rows)]).sum(axis=1)
    groups, sample = [], []
    for low, width in zip((-1, *WIDTHS), WIDTHS, strict=False):
        mine = np.flatnonzero((count > low) & (count <= width))
        if mine.size:
            groups.append(_group(every, mine, order[mine, :width]))
            sample.append(padded_rows(rows[mine] + 1, len(groups[-1].gap)) - 1)
    segment, used = np.unique(np.concatenate([g.segment.ravel() for g in groups]), return_inverse=True)
    parts = np.split(used.astype(np.int32), np.cumsum([g.segment.size for g in groups])[:-1])
    groups = [replace(g, segment=part.reshape(g.segment.shape)) for g, part in zip(groups, parts, strict=True)]
    place = np.zeros(len(cut.surface.area), dtype=int)
    every_sample = np.concatenate(sample)
    place[every_sample[every_sample >= 0]] = np.flatnonzero(every_sample >= 0)
    moved = {kind: replace(group, row=place[group.row]) for kind, group in features.groups.items()}
    return Looked(tuple(groups), segment, every_sample, place[summary], replace(features, groups=moved))


def _group(every: Candidates, mine: np.ndarray, order: np.ndarray) -> Candidates:
    """The candidates ``order`` (row, place) of the samples ``mine``, padded to a power of two."""
    n_rows = 1 << max(len(mine) - 1, 1).bit_length()
    row = mine[:, None]

    def picked(values: np.ndarray, fill: float) -> np.ndarray:
        out = np.full((n_rows, *order.shape[1:], *values.shape[2:]), fill, values.dtype)
        out[: len(mine)] = values[row, order]
        return out

    return Candidates(
        segment=picked(every.segment, 0),
        along=picked(every.along, 0.0),
        gap=picked(every.gap, np.inf),
        normal=picked(every.normal, 0.0),
        unseen=padded_rows(every.unseen[mine], n_rows),
    )


def stratified(surface: Surface, n: int) -> np.ndarray:
    """``n`` machined samples spread as all of them are: every k-th in the order of zones (row,)."""
    machined = np.flatnonzero(surface.machined)
    if len(machined) <= n:
        return machined
    position = surface.position[machined]
    lower = position.min(axis=0)
    zone = ((position - lower) / (np.ptp(position, axis=0).max() / CELLS + 1e-12)).astype(int)
    order = np.lexsort((*zone.T, surface.family[machined]))
    return np.sort(machined[order[((np.arange(n) + 0.5) * len(machined) / n).astype(int)]])


def thinned(inspected: Plan, n: int) -> Plan:
    """The same features with at most ``n`` samples each, evenly chosen."""
    groups = {}
    for kind, group in inspected.groups.items():
        chosen = []
        for weight in np.asarray(group.weight):
            there = np.flatnonzero(weight > 0)
            chosen.append(there[:: max(1, -(-len(there) // n))] if len(there) > n else there)
        length = 1 << (max(FEWEST_SAMPLES, *(len(c) for c in chosen)) - 1).bit_length()
        column = np.zeros((len(chosen), length), dtype=int)
        some = np.zeros((len(chosen), length), dtype=bool)
        for i, own in enumerate(chosen):
            column[i, : len(own)], some[i, : len(own)] = own, True
        feature = np.arange(len(chosen))[:, None]
        groups[kind] = Group(
            row=np.where(some, np.asarray(group.row)[feature, column], 0),
            position=np.where(some[..., None], np.asarray(group.position)[feature, column], 0.0),
            normal=np.where(some[..., None], np.asarray(group.normal)[feature, column], 0.0),
            weight=np.where(some, np.asarray(group.weight)[feature, column], 0.0),
            size=np.asarray(group.size),
        )
    return replace(inspected, groups=groups)
