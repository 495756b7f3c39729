"""Writes pocket2k.nc and pocket50k.nc.gz: a freeform pocket in a block of 100 x 80 x 25 mm, metric, G0 and G1 only.

    python scenarios/freeform_pocket/generate.py [folder]

The block is centred in X and Y, its top is Z 0. T1, a D10 flat end mill, roughs eight levels of 2 mm in a zigzag
of 4 mm steps, 0.5 mm above the floor; T2, a D10 ball, finishes the floor in rows 0.5 mm apart.
"""

import gzip
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RADIUS = 5.0
SAFE = 5.0
ALLOWANCE = 0.5
LEFT, RIGHT, FRONT, BACK = -35.0, 35.0, -25.0, 25.0  # of the tool's centre
ROUGH_STEP, FINISH_STEP = 4.0, 0.5
PLUNGE, ROUGH, FINISH = 300.0, 1200.0, 1500.0


@dataclass(frozen=True)
class Block:
    """A target position [mm], its tool, and the feed [mm/min]; feed 0 is a rapid."""

    position: tuple[float, float, float]
    tool: int
    feed: float


def floor(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height of the pocket's floor [mm]."""
    return -11.0 + 3.0 * np.sin(2 * np.pi * x / 60) * np.cos(2 * np.pi * y / 50)


def slope(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives of :func:`floor` along X and Y."""
    kx, ky = 2 * np.pi / 60, 2 * np.pi / 50
    return 3 * kx * np.cos(kx * x) * np.cos(ky * y), -3 * ky * np.sin(kx * x) * np.sin(ky * y)


def clearance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Lowest tip of the flat end mill that keeps the allowance over the floor below its disc."""
    angle, radius = np.linspace(0, 2 * np.pi, 73)[:-1], np.linspace(0, RADIUS, 11)
    dx, dy = ((radius[:, None] * f(angle)).ravel() for f in (np.cos, np.sin))
    return np.max(floor(x[..., None] + dx, y[..., None] + dy), axis=-1) + ALLOWANCE


def roughing(step: float) -> list[Block]:
    """Level by level, with a point every ``step`` mm where the floor is in the way."""
    rows = np.append(np.arange(FRONT, BACK + 1e-9, ROUGH_STEP), BACK)
    blocks = [Block((LEFT, FRONT, SAFE), 1, 0.0)]
    for level in -np.arange(2, 17, 2.0):
        blocks.append(Block((LEFT, FRONT, SAFE), 1, 0.0))
        feed = PLUNGE
        for number, y in enumerate(rows):
            x = np.linspace(LEFT, RIGHT, round((RIGHT - LEFT) / step) + 1)[:: 1 if number % 2 == 0 else -1]
            z = np.maximum(level, clearance(x, np.full_like(x, y)))
            kept = np.ones(len(x), bool)
            kept[1:-1] = (np.abs(z[1:-1] - z[:-2]) >= 1e-9) | (np.abs(z[1:-1] - z[2:]) >= 1e-9)
            for px, pz in zip(x[kept], z[kept], strict=True):
                blocks.append(Block((px, y, pz), 1, feed))
                feed = ROUGH
        blocks.append(Block((*blocks[-1].position[:2], SAFE), 1, 0.0))
    return blocks


def finishing(n_points: int) -> list[Block]:
    """Rows along X of ``n_points`` contact points; the tool stays inside the walls."""
    blocks = [Block((LEFT, FRONT, SAFE), 2, 0.0)]
    feed = PLUNGE
    for number, row in enumerate(np.arange(FRONT, BACK + 1e-9, FINISH_STEP)):
        x = np.linspace(LEFT, RIGHT, n_points)[:: 1 if number % 2 == 0 else -1]
        y = np.full_like(x, row)
        sx, sy = slope(x, y)
        normal = np.stack([-sx, -sy, np.ones_like(sx)], axis=-1)
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        tip = np.stack([x, y, floor(x, y) - RADIUS], axis=-1) + RADIUS * normal
        tip[:, 0], tip[:, 1] = np.clip(tip[:, 0], LEFT, RIGHT), np.clip(tip[:, 1], FRONT, BACK)
        for px, py, pz in tip:
            blocks.append(Block((px, py, pz), 2, feed))
            feed = FINISH
    return [*blocks, Block((*blocks[-1].position[:2], SAFE), 2, 0.0)]


def text(blocks: list[Block]) -> str:
    """The NC program."""
    lines = ["%", "O0001", "G21 G90 G17 G94"]
    tool, code, feed = 0, "", 0.0
    for block in blocks:
        if block.tool != tool:
            lines += ["M5", f"T{block.tool} M6", "S12000 M3"]
            tool, code, feed = block.tool, "", 0.0
        wanted = "G1" if block.feed else "G0"
        x, y, z = (round(float(v), 4) for v in block.position)
        words = f"X{x:.4f} Y{y:.4f} Z{z:.4f}"
        if block.feed and block.feed != feed:
            words, feed = f"{words} F{block.feed:.0f}", block.feed
        lines.append(words if wanted == code else f"{wanted} {words}")
        code = wanted
    return "\n".join([*lines, "M5", "M30", "%"]) + "\n"


def main(folder: Path) -> None:
    (folder / "pocket2k.nc").write_text(text(roughing(7.0) + finishing(15)))
    fine = text(roughing(0.7) + finishing(440))
    (folder / "pocket50k.nc.gz").write_bytes(gzip.compress(fine.encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
