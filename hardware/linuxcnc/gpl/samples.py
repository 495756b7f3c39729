#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every row of the servo-rate samplers, as doubles, to a file descriptor.

usage: samples.py DESCRIPTOR TYPES [TYPES ...]   (TYPES: one letter a pin, a sampler after the other)

A row is the number of the sample and the pins of all samplers. What the ring lost shows as a jump of the number.
"""

import os
import struct
import sys
import time

import hal

PAUSE = 0.001  # [s] when there is nothing to read
MOST = 256  # rows of one write


def main(descriptor: int, kinds: list[str]) -> None:
    component = hal.component("twin-samples")
    streams = [hal.stream(component, hal.sampler_base + i, kind) for i, kind in enumerate(kinds)]
    component.ready()
    row = struct.Struct(f"={1 + sum(map(len, kinds))}d")
    while True:
        rows: list[bytes] = []
        while len(rows) < MOST and all(stream.readable for stream in streams):
            values = [value for stream in streams for value in stream.read()]
            numbers = {stream.sampleno for stream in streams}
            if len(numbers) > 1:
                sys.exit(f"samplers out of step: {numbers}")
            rows.append(row.pack(numbers.pop(), *values))
        if rows:
            data = memoryview(b"".join(rows))
            while data:
                data = data[os.write(descriptor, data) :]
        else:
            time.sleep(PAUSE)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), sys.argv[2:])
    except (BrokenPipeError, KeyboardInterrupt):
        pass
