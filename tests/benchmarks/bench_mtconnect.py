"""Rates of the MTConnect agent and source on this computer, each in a process of its own.

The agent observes every channel twice, as single value and as time series; the source reads all of it and uses one. The
reference, an agent and a client of 120 lines without checks, did 9,900 observations/s of single values and 30,000
values/s of time series. Run: python tests/benchmarks/bench_mtconnect.py
"""

import multiprocessing
import re
import resource
import threading
import time
import urllib.request

import numpy as np

from hardware.channel import Channel
from hardware.mtconnect import MtconnectSource
from hardware.mtconnect_options import ItemChannel, MtconnectOptions
from hardware.serve.mtconnect_agent import serve
from hardware.serve.mtconnect_options import MtconnectServerOptions

SECONDS = 8.0


class Machine:
    """``n`` forces that change with every row."""

    machine, run, program, tools, ended = "bench", "bench", "bench.nc", (), False

    def __init__(self, n: int, rate: float):
        self.period, self.begun, self.began = 1 / rate, time.time(), time.monotonic()
        self.channels = tuple(Channel(name=f"f{k}_n", unit="N") for k in range(n))

    def rows(self, first: int):
        number = np.arange(first, int((time.monotonic() - self.began) / self.period))
        wave = 100 * np.sin(number / 500)
        return self.begun + number * self.period, {c.name: wave + k for k, c in enumerate(self.channels)}


def agent(n: int, rate: float, publishing: float, pipe) -> None:
    """Serve until told to end; then say the processor time."""
    stop = threading.Event()
    options = MtconnectServerOptions(port=0, publishing=publishing, n_requests_per_second=1000, n_buffer=131_072)
    thread = threading.Thread(target=serve, args=(Machine(n, rate), options, stop, pipe.send))
    thread.start()
    pipe.recv()
    stop.set()
    thread.join()
    used = resource.getrusage(resource.RUSAGE_SELF)
    pipe.send(used.ru_utime + used.ru_stime)


def next_observation(url: str) -> int:
    """Number that the agent will give next."""
    with urllib.request.urlopen(f"{url}/current", timeout=10) as answer:
        return int(re.search(rb'nextSequence="(\d+)"', answer.read())[1])


def measure(title: str, n: int, rate: float, publishing: float, series: bool) -> None:
    """One row of the table."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=agent, args=(n, rate, publishing, theirs))
    process.start()
    url = ours.recv()
    channels = {f"f{k}_n": ItemChannel(item=f"f{k}_n" + ("_series" if series else "")) for k in range(n)}
    options = MtconnectOptions(url=url, channels=channels, duration=SECONDS, interval=0.05, n_observations=20_000)
    rows, lags = 0, []
    with MtconnectSource(options) as source:
        used = time.process_time()
        begun, before = time.monotonic(), next_observation(url)
        for block in source.blocks():
            rows += len(block)
            lags.append(time.time() - block.time[-1])
        wall = time.monotonic() - begun
        observed = next_observation(url) - before
        used = time.process_time() - used
    ours.send("end")
    spent = ours.recv()
    process.join()
    losses = source.losses
    rates = f"{observed / wall:>9,.0f} {rows * n / wall:>9,.0f} {losses.lost:>5} {np.median(lags) * 1e3:>8.0f}"
    print(f"{title:<28} {rates} {spent / wall:>9.2f} {used / wall:>10.2f}")


if __name__ == "__main__":
    print(f"{'':<28} {'observ./s':>9} {'values/s':>9} {'lost':>5} {'lag, ms':>8} {'agent CPU':>9} {'source CPU':>10}")
    measure("single values, 20 channels", 20, 1000, 0.001, False)
    measure("single values, 40 channels", 40, 1000, 0.001, False)
    measure("time series, 3 x 10 kHz", 3, 10_000, 0.1, True)
    measure("time series, 20 x 1 kHz", 20, 1000, 0.1, True)
    measure("time series, 20 x 10 kHz", 20, 10_000, 0.1, True)
