"""Synthetic tools, toolpaths and engagements for the tests of twin.cutting."""

import jax.numpy as jnp
import numpy as np

from twin.cutting import Contact, Cutters, CuttingCoefficients, Loads, contact, cutters, loads
from twin.machine.tool import Tool
from twin.program.program import Toolpath
from twin.stock.cut import Engagement

OMEGA = 500.0  # [rad/s]
ALUMINIUM = CuttingCoefficients(ktc=750e6, krc=250e6, kac=200e6, kte=15e3, kre=20e3, kae=2e3)


def make_tool(**changes) -> Tool:
    """A flat end mill of 20 mm with 4 teeth and 30 degrees of helix."""
    values = dict(number=1, name="test", kind="flat", diameter=20e-3, n_teeth=4, flute_length=50e-3, stick_out=60e-3)
    return Tool(**(values | {"helix": np.radians(30)} | changes))


def make_path(direction, *, spindle=OMEGA, tool=1, axis=(0.0, 0.0, 1.0), rapid=False) -> Toolpath:
    """One straight segment of 1 mm along each row of ``direction`` (segment, 3)."""
    travel = np.atleast_2d(np.asarray(direction, dtype=float))
    n = len(travel)
    axes = np.broadcast_to(np.asarray(axis, dtype=float), (n, 3))
    row = np.arange(n)
    return Toolpath(
        start=np.zeros((n, 3)),
        end=1e-3 * travel / np.linalg.norm(travel, axis=1)[:, None],
        axis_start=axes,
        axis_end=axes,
        rapid=np.full(n, rapid),
        feed=np.full(n, 0.01),
        tool=np.broadcast_to(tool, n),
        spindle=np.broadcast_to(np.asarray(spindle, dtype=float), n),
        coolant=np.zeros(n, dtype=np.int8),
        line=row + 10,
        move=row,
        fraction=np.tile([0.0, 1.0], (n, 1)),
    )


def make_engagement(depth, arcs, n=1, n_slices=16) -> Engagement:
    """The same ``arcs`` [(start, end), ...] in every slice of ``n`` segments."""
    arc = np.full((n, n_slices, 2, 2), np.nan)
    for k, (start, end) in enumerate(arcs):
        arc[:, :, k] = start, end
    return Engagement(np.full(n, depth), arc, np.zeros(n, dtype=bool), np.zeros(n))


def make_contact(tool, depth, arcs, direction=(1.0, 0.0, 0.0), **path) -> tuple[Contact, Cutters]:
    mills = cutters([tool])
    toolpath = make_path(direction, **path)
    return contact(make_engagement(depth, arcs, toolpath.n_segments), toolpath, mills), mills


def feed_for(tool, per_tooth, spindle=OMEGA) -> float:
    """Feed [m/s] of a feed per tooth [m]."""
    return per_tooth * tool.n_teeth * abs(spindle) / (2 * np.pi)


def loads_of(
    tool, depth, arcs, per_tooth, coefficients=ALUMINIUM, direction=(1.0, 0.0, 0.0), spindle=OMEGA, **path
) -> Loads:
    """Loads of one segment (or of one per row of ``direction``)."""
    touch, mills = make_contact(tool, depth, arcs, direction, spindle=spindle, **path)
    n = len(touch.depth)
    feed = jnp.full(n, feed_for(tool, per_tooth, spindle))
    return loads(touch, feed, jnp.full(n, float(spindle)), mills, coefficients)
