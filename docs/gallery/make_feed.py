"""Draws feed.png: feeds of the rib panel's program before and after `twin optimise`."""

import tempfile
from pathlib import Path

from PIL import Image

from twin.advice.job import run_optimise

HERE = Path(__file__).parent
WIDTH = 1000  # small enough for a page


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = run_optimise(["scenario=rib_panel_7075"], outputs=Path(folder))
        with Image.open(run / "advice.png") as picture:
            size = (WIDTH, round(WIDTH * picture.height / picture.width))
            small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    small.quantize(method=Image.Quantize.FASTOCTREE).save(HERE / "feed.png", optimize=True)


if __name__ == "__main__":
    main()
