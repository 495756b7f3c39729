"""Clockwise turns around a convex boss, as the scripts of the scenarios write them. Lengths in millimetres."""

import numpy as np
from nc_writer import Writer

OVERLAP = 2.0  # of a finishing turn


def around(nc: Writer, polygon: np.ndarray, distance: float, feed: float, overlap: float = 0.0) -> None:
    """Once clockwise around ``polygon`` (vertex, 2; clockwise) at ``distance``, from :func:`start` and back to it."""
    first, along, outward = start(polygon, distance)
    following = np.roll(polygon, -1, axis=0)
    directions = (following - polygon) / np.linalg.norm(following - polygon, axis=1, keepdims=True)
    normals = np.stack([-directions[:, 1], directions[:, 0]], axis=1)
    for k in range(len(polygon)):
        nc.line(feed, following[k] + distance * normals[k])
        nc.arc(feed, following[k] + distance * normals[(k + 1) % len(polygon)], following[k], code="G2")
    nc.line(feed, first + overlap * along)


def start(polygon: np.ndarray, distance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Point beside the middle of the first edge, the direction of the turn there, and away from the boss."""
    edge = polygon[1] - polygon[0]
    along = edge / np.linalg.norm(edge)
    outward = np.array([-along[1], along[0]])
    return (polygon[0] + polygon[1]) / 2 + distance * outward, along, outward


def finish(nc: Writer, polygon: np.ndarray, distance: float, level: float, clear: float, feed: float) -> None:
    """One turn at ``level`` with a tangential quarter circle in and out, :data:`OVERLAP` longer than the outline."""
    first, along, outward = start(polygon, distance)
    lead = 2 * distance
    centre = first + lead * outward
    begin = centre - lead * along
    nc.rapid(X=begin[0], Y=begin[1])
    nc.rapid(Z=clear)
    nc.line(feed, z=level)
    nc.arc(feed, first, centre)
    around(nc, polygon, distance, feed, OVERLAP)
    nc.arc(feed, centre + (lead + OVERLAP) * along, centre + OVERLAP * along)
    nc.rapid(Z=clear)


def rough(
    nc: Writer, polygon: np.ndarray, distances: np.ndarray, levels: tuple[float, ...], clear: float, feed: float
) -> None:
    """Turns at ``distances`` from the outermost, which begins beside the stock, inwards, level by level."""
    for level in levels:
        first, _, _ = start(polygon, distances[0])
        nc.rapid(X=first[0], Y=first[1])
        nc.rapid(Z=clear)
        nc.line(feed, z=level)
        for distance in distances:
            nc.line(feed, start(polygon, distance)[0])
            around(nc, polygon, distance, feed)
        nc.rapid(Z=clear)
