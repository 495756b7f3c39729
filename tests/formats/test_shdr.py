"""SHDR text to channels."""

import gzip

import numpy as np
import pytest

from twin.errors import InputError
from twin.formats.shdr import parse_shdr, read_shdr

TEXT = """* PONG 10000
2017-02-01T13:59:35.0937500Z|Block_Number|12
2017-02-01T13:59:35.5937500Z|Xpos|1.5|Ypos|-2|mode|AUTOMATIC

2017-02-01T13:59:36.0937500Z|Block_Number|
2017-02-01T13:59:36.0937500Z|system|FAULT|E42|1|LOW|oil pressure
13
2017-02-01T13:59:37.0937500Z@12.5|Block_Number|14
2017-02-01T13:59:38Z|Xpos|UNAVAILABLE|Ypos|3|mode|MANUAL
"""


def test_channels_times_and_values():
    log = parse_shdr(TEXT, file="log")
    block = log["Block_Number"]
    np.testing.assert_allclose(block.time, [0.0, 1.0, 2.0], atol=1e-9)
    np.testing.assert_array_equal(block.value, [12, np.nan, 14])
    np.testing.assert_array_equal(log["Ypos"].value, [-2, 3])
    assert list(log["mode"].text) == ["AUTOMATIC", "MANUAL"]
    assert log.start == np.datetime64("2017-02-01T13:59:35.093750")


def test_condition():
    channel = parse_shdr(TEXT)["system"]
    assert list(channel.text) == ["FAULT"] and list(channel.note) == ["oil pressure"]


def test_event_holds_until_the_next():
    block = parse_shdr(TEXT)["Block_Number"]
    np.testing.assert_array_equal(block.at(np.array([-0.1, 0.0, 0.9, 1.0, 99.0])), [-1, 0, 0, 1, 2])


def test_broken_row_is_counted_and_passed_over():
    assert parse_shdr(TEXT).unreadable == (7,)


def test_gzip_and_plain_read_alike(tmp_path):
    plain, packed = tmp_path / "a.shdr", tmp_path / "a.shdr.gz"
    plain.write_text(TEXT)
    packed.write_bytes(gzip.compress(TEXT.encode()))
    for name, channel in read_shdr(plain).channels.items():
        np.testing.assert_array_equal(channel.text, read_shdr(packed)[name].text)


def test_missing_file_channel_and_content(tmp_path):
    with pytest.raises(InputError, match=r"nothing.shdr: cannot read"):
        read_shdr(tmp_path / "nothing.shdr")
    with pytest.raises(InputError, match="no channel Zpos.*Xpos"):
        parse_shdr(TEXT)["Zpos"]
    with pytest.raises(InputError, match="no row"):
        parse_shdr("hello\n", file="x")


@pytest.mark.data
def test_recorded_logs(data_dir):
    log = read_shdr(data_dir / "nist_plates" / "plate_01.shdr.gz")
    assert len(log["Block_Number"].time) == 2636  # rows with this key, counted with grep
    assert np.nanmax(log["Block_Number"].value) <= 4161  # lines of the program
    spindle = read_shdr(data_dir / "nist_mazak_spindle" / "Mazak01-20161129-20161130.shdr.gz")
    assert np.all(np.diff(spindle["Stemp"].time) >= 0)
    okuma = read_shdr(data_dir / "okuma_shdr" / "okuma.shdr.gz")
    assert set(okuma["system"].text) <= {"NORMAL", "WARNING", "FAULT", "UNAVAILABLE"}
