"""Rates of the MQTT source: `python tests/benchmarks/bench_mqtt.py [messages]`.

A mosquitto and a publisher in processes of their own on this computer. paho alone, counting messages, reads beside it
as the reference (quality 0, 20 numbers a message).
"""

import json
import multiprocessing
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

N_CHANNELS = 20
REST = 5000  # messages after which the publisher waits for its queue


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def payload(kind: str, k: int, rows: int) -> bytes:
    from hardware.mqtt_payload import BinaryBlock, pack_block

    if kind == "json":
        return json.dumps({"time_s": k / 1000, "n": k} | {f"v{c}": float(k) for c in range(N_CHANNELS)}).encode()
    values = np.repeat(np.arange(k * rows, (k + 1) * rows, dtype=float)[:, None], N_CHANNELS, axis=1)
    return pack_block(BinaryBlock(k * rows, ((k + 1) * rows - 1) / 1000, 0.001, values))


def publish(port: int, kind: str, messages: int, rows: int, rate: float, quality: int) -> None:
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    ready = [payload(kind, k, rows) for k in range(messages)]
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()
    begun = time.perf_counter()
    for k, data in enumerate(ready):
        sent = client.publish("bench", data, quality)
        if rate:
            time.sleep(max(begun + (k + 1) / rate - time.perf_counter(), 0))
        elif k % REST == REST - 1:
            sent.wait_for_publish(60)
    sent.wait_for_publish(60)
    client.loop_stop()
    client.disconnect()


def alone(port: int, messages: int, started: threading.Event, quality: int) -> tuple[int, float, str]:
    """paho counting: messages, seconds from the first to the last."""
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    times: list[float] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda c, u, m: times.append(time.perf_counter())
    client.on_subscribe = lambda *a: started.set()
    client.connect("127.0.0.1", port)
    client.subscribe("bench", quality)
    client.loop_start()
    end = time.perf_counter() + 60
    while len(times) < messages and time.perf_counter() < end and not (times and time.perf_counter() - times[-1] > 3):
        time.sleep(0.05)
    client.loop_stop()
    return len(times), times[-1] - times[0], ""


def ours(port: int, kind: str, rows: int, started: threading.Event, quality: int) -> tuple[int, float, str]:
    """Our source: messages that came out as samples, seconds from the first to the last."""
    from hardware.mqtt import MqttSource
    from hardware.mqtt_options import BlockOptions, MqttOptions, TopicChannel

    names = [f"v{c}_n" for c in range(N_CHANNELS)]
    chosen: dict = {"channels": {name: TopicChannel(topic="bench", key=name[:-2]) for name in names}}
    if kind == "binary":
        chosen = {"blocks": BlockOptions(topic="bench", columns=names), "period": 0.001}
    options = MqttOptions(url=f"mqtt://127.0.0.1:{port}", silence=3.0, quality_of_service=quality, **chosen)
    times: list[float] = []
    samples = 0
    with MqttSource(options) as source:
        started.set()
        for block in source.blocks():
            times.append(time.perf_counter())
            samples += len(block)
    return samples // rows, times[-1] - times[0], f"lost {source.losses.lost}"


def measured(port: int, name: str, kind: str, messages: int, rows: int, quality: int, work) -> None:
    context = multiprocessing.get_context("spawn")
    started = threading.Event()
    sender = context.Process(target=publish, args=(port, kind, messages, rows, 0.0, quality), daemon=True)

    def begin() -> None:
        started.wait(20)
        sender.start()

    thread = threading.Thread(target=begin)
    thread.start()
    cpu, begun = time.process_time(), time.perf_counter()
    got, seconds, said = work(started)
    used = (time.process_time() - cpu) / (time.perf_counter() - begun)
    thread.join()
    sender.join(60)
    print(
        f"{name:46s} {got / seconds:10,.0f} messages/s {got * rows * N_CHANNELS / seconds:14,.0f} values/s   "
        f"{got} of {messages}   cpu {used:4.2f}   {said}",
        flush=True,
    )


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mosquitto.conf"
        file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 1000000\n")
        broker = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(file)], stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        try:
            for kind, rows, count in (("json", 1, messages), ("binary", 1, messages), ("binary", 100, messages // 10)):
                for quality in (0, 1):
                    name = f"{kind}, {rows} x {N_CHANNELS} numbers, quality {quality}"
                    least = count if quality == 0 else count // 4
                    measured(
                        port, name + ", paho alone", kind, least, rows, quality,
                        lambda started, n=least, q=quality: alone(port, n, started, q),
                    )  # fmt: skip
                    measured(
                        port, name + ", our source", kind, least, rows, quality,
                        lambda started, k=kind, r=rows, q=quality: ours(port, k, r, started, q),
                    )  # fmt: skip
        finally:
            broker.terminate()
            broker.wait()


if __name__ == "__main__":
    main()
