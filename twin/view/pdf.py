"""A page of HTML as PDF, printed by Chromium."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from twin.errors import InputError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REMEDY = "apt-get install chromium, or print the page from any browser"
TIMEOUT = 120.0  # [s]


def write_pdf(page: Path, file: Path) -> None:
    """Print ``page`` to ``file``; whole or not at all.

    Raises:
        InputError: there is no Chromium, or it did not print in two minutes.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise InputError("no PDF: Chromium, which prints it, is not installed", remedy=REMEDY)
    with tempfile.TemporaryDirectory(prefix="twin-pdf-", ignore_cleanup_errors=True) as scratch:
        printed = Path(scratch) / "page.pdf"
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),  # Chromium refuses to be root with one
            f"--user-data-dir={scratch}/profile",
            "--no-pdf-header-footer",
            f"--print-to-pdf={printed}",
            page.resolve().as_uri(),
        ]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True) as child:
            try:
                child.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                raise InputError(f"no PDF: Chromium did not print within {TIMEOUT:.0f} s", file=page) from None
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)
        if not printed.is_file() or not printed.stat().st_size:
            raise InputError(f"no PDF: Chromium ended with {child.returncode}", file=page, remedy=REMEDY)
        temporary = file.with_name(f".{file.name}.partial")
        shutil.copyfile(printed, temporary)
        temporary.replace(file)
