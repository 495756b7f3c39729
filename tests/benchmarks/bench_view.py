"""The view on the default part, drawn without a graphics card: how soon it opens, how many frames a second.

python tests/benchmarks/bench_view.py [RUN]
"""

import os
import sys
import time
from pathlib import Path

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

from twin.job import run_scenario
from twin.resources import outputs_folder
from twin.view.stage.loaded import load_run
from twin.view.stage.stage import Section, Stage

WANTED = {"opens, after the run is loaded": (3.0, "s, at most"), "playing": (15.0, "frames/s, at least")}
FRAMES = 60


def per_second(frame, n: int = FRAMES) -> float:
    """Frames a second of ``frame(k)``, which changes what is seen."""
    frame(0)
    begin = time.perf_counter()
    for k in range(n):
        frame(k)
    return n / (time.perf_counter() - begin)


def main() -> None:
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
    else:
        folder = run_scenario(["scenario=rib_panel_7075"], outputs=outputs_folder(), picture=False)
    begin = time.perf_counter()
    run = load_run(folder)
    loaded = time.perf_counter()
    stage = Stage(run)
    stage.picture()
    opened = time.perf_counter()
    rows = [("reads the run", loaded - begin, "s"), ("opens, after the run is loaded", opened - loaded, "s")]
    begin = time.perf_counter()
    stage.seek(0.5 * run.duration)
    rows.append(("first moment within the machining", time.perf_counter() - begin, "s"))

    def play(k: int) -> None:
        stage.seek(run.duration * (0.2 + 0.6 * k / FRAMES))
        stage.plotter.render()

    def turn(k: int) -> None:
        stage.panels[0].renderer.camera.Azimuth(1.0)
        stage.plotter.render()

    stage.fine(False)
    used = time.process_time()
    rows.append(("playing", per_second(play), "frames/s"))
    rows.append(("of the processors, all threads", (time.process_time() - used) / (FRAMES + 1), "s/frame"))
    stage.seek(run.duration)
    rows.append(("turning, while the mouse moves", per_second(turn), "frames/s"))
    stage.fine(True)
    rows.append(("turning, in full detail", per_second(turn, 10), "frames/s"))
    for name, change in (
        ("another colour, in full detail", lambda: stage.colour("force_n")),
        ("a section, in full detail", lambda: stage.cut(Section("y", 60.0))),
        ("a point and its history", lambda: stage.pick((60.0, 40.0, -27.0))),
    ):
        begin = time.perf_counter()
        change()
        stage.plotter.render()
        rows.append((name, time.perf_counter() - begin, "s"))
    print(f"{run.part.n_cells:,} facets, {stage.panels[0].meshes.coarse.n_cells:,} while it moves, 1280 x 800 pixels")
    for name, value, unit in rows:
        limit, words = WANTED.get(name, (None, ""))
        print(f"{name:36} {value:7.2f} {unit:9}" + (f"  wanted: {limit:g} {words}" if limit else ""))


if __name__ == "__main__":
    main()
