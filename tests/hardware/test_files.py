"""Files of measured signals as sources: units, rates, gaps, names."""

import numpy as np
import pytest
from asammdf import MDF
from asammdf import Signal as MdfSignal
from nptdms import ChannelObject, TdmsWriter

from hardware.channel import Channel, Quality, check_block
from hardware.files import ROWS, file_source
from hardware.recording import Header, Recorder, open_recording
from twin.errors import InputError

N = 2 * ROWS + 500


def tdms(file, *channels):
    with TdmsWriter(file) as writer:
        for name, values, period, unit in channels:
            properties = {"wf_increment": period, "unit_string": unit}
            writer.write_segment([ChannelObject("g", name, values, properties)])
    return file


def read(source):
    with source:
        blocks = list(source.blocks())
        for block in blocks:
            check_block(block, source.channels)
    return blocks


def joined(blocks, name):
    return np.concatenate([block.values[name] for block in blocks])


def test_units_become_ours_and_slow_channels_are_held(tmp_path):
    ticks = np.arange(N, dtype=float)
    file = tdms(tmp_path / "a.tdms", ("Force X", ticks, 1e-3, "kN"), ("T", ticks[: N // 10], 1e-2, "°C"))
    source = file_source(file)
    assert source.channels == (Channel(name="force_x_n", unit="N"), Channel(name="t_degc", unit="°C"))
    assert (source.clock.period_s, source.clock.origin) == (1e-3, "start")
    blocks = read(source)
    assert [block.first for block in blocks] == [0, ROWS, 2 * ROWS]
    assert (joined(blocks, "force_x_n") == 1000 * ticks).all()
    assert (joined(blocks, "t_degc") == ticks // 10).all()
    assert np.allclose(np.concatenate([block.time for block in blocks]), ticks * 1e-3)
    assert (np.concatenate([block.quality for block in blocks]) == Quality.GOOD).all()


def test_after_a_channel_has_ended_samples_are_bad(tmp_path):
    file = tdms(tmp_path / "a.tdms", ("a", np.arange(100.0), 1e-3, "N"), ("b", np.arange(50.0), 1e-3, "N"))
    (block,) = read(file_source(file))
    assert np.isnan(block.values["b_n"][51:]).all() and (block.quality[:50] == Quality.GOOD).all()
    assert (block.quality[51:] == Quality.BAD).all()


def test_a_gap_of_an_mdf4_recording_is_a_jump(tmp_path):
    number = np.concatenate([np.arange(100), np.arange(150, 300)])
    content = MDF(version="4.10")
    content.append([MdfSignal(number.astype(float), number * 1e-3, name="x", unit="m")])
    content.save(tmp_path / "a.mf4", overwrite=True)
    content.close()
    blocks = read(file_source(tmp_path / "a.mf4"))
    assert [(block.first, len(block)) for block in blocks] == [(0, 100), (150, 150)]
    assert (joined(blocks, "x_m") == number).all()


def test_a_dynoware_export_with_chosen_channels(tmp_path):
    file = tmp_path / "a.txt"
    rows = "".join(f"{k / 10000:.4f}\t{k}\t{-k}\n" for k in range(100) if k not in (40, 41))
    file.write_text("Sampling rate [Hz]:\t10000\nTime\tFx\tFy\n[s]\t[kN]\t[N]\n" + rows)
    chosen = {"force_x_n": {"channel": "Fx", "sensor": "9257B", "serial_number": "123", "uncertainty": 2.0}}
    source = file_source(file, chosen)
    assert source.channels == (
        Channel(name="force_x_n", unit="N", sensor="9257B", serial_number="123", uncertainty=2.0),
    )
    blocks = read(source)
    assert [(block.first, len(block)) for block in blocks] == [(0, 40), (42, 58)]
    assert joined(blocks, "force_x_n")[-1] == 99000


def test_a_file_becomes_a_recording(tmp_path):
    source = file_source(tdms(tmp_path / "a.tdms", ("Fx", np.arange(1000.0), 1e-3, "N")))
    with Recorder(
        tmp_path / "a.arrows", source.channels, source.clock, Header(source="a.tdms", started="")
    ) as recorder:
        for block in source.blocks():
            recorder.append(block)
    assert (joined(list(open_recording(tmp_path / "a.arrows").blocks()), "fx_n") == np.arange(1000)).all()


def test_what_does_not_fit_is_said(tmp_path):
    file = tdms(tmp_path / "a.tdms", ("Fx", np.arange(10.0), 1e-3, "N"), ("fx", np.arange(10.0), 1e-3, "N"))
    wrong = [
        (None, "two channels would be called fx_n"),
        ({"force_n": {"channel": "Fz"}}, "there is no channel 'Fz'"),
        ({"x_mm": {"channel": "Fx"}}, "channel x_mm is in m, the source gives N"),
        ({"force_n": {"channel": "Fx", "factor": 2.0}}, "factor 2 is stated"),
        ({"force_n": {"chanel": "Fx"}}, "unknown key channels.force_n.chanel"),
    ]
    for chosen, says in wrong:
        with pytest.raises(InputError) as caught:
            file_source(file, chosen)
        assert says in str(caught.value)
    assert file_source(tmp_path / "a.csv") is None


def test_times_that_do_not_rise_are_refused(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("Time\tFx [N]\n0\t1\n1\t1\n1\t1\n".replace("Time", "Time [s]"))
    with pytest.raises(InputError, match="time 1 s of sample 2 does not rise"):
        read(file_source(file))
