"""The view in a window, and what it says where there is none to be had."""

import ctypes.util
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict

import matplotlib
import numpy as np
import pytest
from PIL import ImageGrab

from twin.commands import view
from twin.errors import InputError
from twin.view.apart import Order, carry_out, stage_of
from twin.view.picture import GL_REMEDY


@pytest.fixture
def display():
    """A screen without a monitor: the X server Xvfb, which chooses its own number and opens no port."""
    if not shutil.which("Xvfb") and not os.environ.get("CI"):
        pytest.skip("needs the package xvfb, which CI installs")
    seen, told = os.pipe()
    command = ["Xvfb", "-displayfd", str(told), "-screen", "0", "1300x900x24", "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, pass_fds=[told], stderr=subprocess.DEVNULL) as server:
        os.close(told)
        with os.fdopen(seen) as pipe:
            number = pipe.readline().strip()
        yield f":{number}"
        server.terminate()


@pytest.mark.gl
def test_the_window_shows_the_part(two_coloured, display):
    environment = {**os.environ, "DISPLAY": display}
    wanted = (np.array(matplotlib.colormaps["RdBu_r"](75 / 100)[:3]) * 255).round()
    command = [sys.executable, "-m", "twin.view.apart"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, text=True) as window:
        assert window.stdin
        window.stdin.write(json.dumps(asdict(Order(str(two_coloured)))))
        window.stdin.close()
        for _ in range(120):
            screen = np.asarray(ImageGrab.grab(xdisplay=display).convert("RGB"), float)
            count = int((np.abs(screen - wanted).max(axis=-1) <= 2).sum())
            if count > 5_000 or window.poll() is not None:
                break
            time.sleep(0.5)
        window.kill()
    assert count > 5_000, f"only {count} pixels of +25 um"


@pytest.mark.gl
def test_keys_do_what_they_say(two_coloured):
    from twin.view.desktop import Window
    from twin.view.stage.loaded import load_run
    from twin.view.stage.stage import Stage

    window = Window(Stage(load_run(two_coloured)))
    stage = window.stage
    names = list(stage.fields)
    window.step(1)
    assert stage.field == names[1] == "deviation_thermal_um"
    window.step(-2)
    assert stage.field == names[-1]  # round the end
    window.step(1)
    window.next_section()
    assert (stage.section.axis, stage.section.at) == ("x", pytest.approx(30.0, abs=0.01))
    window.next_section(), window.next_section(), window.next_section()
    assert stage.section is None
    window.toggle("path")
    assert stage.machining.shown["path"]
    before = window.speed
    window.faster(1)
    assert window.speed > before
    window.play()
    assert window.playing and stage.time == 0.0
    time.sleep(0.05)
    window.tick()
    assert 0.05 * window.speed <= stage.time < stage.run.duration
    stage.seek(stage.run.duration)
    window.tick()
    assert not window.playing and stage.panels[0].fine
    stage.pick((30.0, 20.0, -2.0))
    assert "line 6" in window._numbers.input and "G1 X70 F1200" in window._numbers.input
    stage.plotter.close()


def test_no_display_is_one_clear_error(small_run, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(InputError, match="no display.*--web.*--screenshot"):
        view.main([str(small_run)])


@pytest.mark.skipif(bool(ctypes.util.find_library("OSMesa")), reason="with OSMesa installed this window class works")
def test_without_gl_the_package_is_named(small_run, monkeypatch):
    """VTK told to use a GL library that is not there ends its process; the user reads which package to install."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkOSOpenGLRenderWindow")
    with pytest.raises(InputError) as caught:
        carry_out(Order(str(small_run), host="127.0.0.1"))
    assert GL_REMEDY in str(caught.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--screenshot", "part.jpeg"], "cannot write 'part.jpeg'.*FILE.png"),
        (["--movie", "film.avi"], "FILE.mp4 or FILE.gif"),
        (["--section", "y60"], "'y60' is not a section.*y=60"),
        (["--field", "by_source"], "by_source is a picture"),
    ],
)
def test_bad_words_are_one_clear_error(small_run, words, told):
    with pytest.raises(InputError, match=told):
        view.main([str(small_run), *words])


def test_nothing_measured_is_one_clear_error(small_run):
    with pytest.raises(InputError, match="nothing was measured.*second run"):
        stage_of(Order(str(small_run), compare=True), window=False)
