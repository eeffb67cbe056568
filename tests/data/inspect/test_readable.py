"""What can be read of a damaged source is a source of its own."""

import numpy as np
import pytest

from shapenet.data.inspect.readable import ReadableRecords, find_faults
from shapenet.data.inspect.subject import pack_readable
from shapenet.data.pack import open_packed
from shapenet.errors import DataError
from tests.data.inspect.conftest import FileRecords, ImageRecords


def test_every_fault_is_found(noise):
    faults = find_faults(ImageRecords(noise, damaged=[3, 64, 199]))
    assert {index: problem.message for index, problem in faults.items()} == {
        index: f"picture {index} is damaged" for index in (3, 64, 199)
    }


def test_the_others_keep_their_values_labels_and_names(noise):
    labels = np.arange(200) % 2
    readable = ReadableRecords(FileRecords(noise, labels, damaged=[0, 3], num_bytes=range(200)), [0, 3])
    assert len(readable) == 198
    read = readable.read(0, 5)
    np.testing.assert_array_equal(read["image"], noise[[1, 2, 4, 5, 6]])
    np.testing.assert_array_equal(read["label"], labels[[1, 2, 4, 5, 6]])
    assert readable.label_of()[:3].tolist() == [1, 0, 0]
    assert [readable.name_of(position) for position in range(3)] == ["1.png", "2.png", "4.png"]
    assert readable.columns["number"][:3] == ["1", "2", "4"]
    assert readable.file_bytes()[:3].tolist() == [1, 2, 4]


def test_file_sizes_are_unknown_where_the_source_does_not_know_them(noise):
    assert ReadableRecords(ImageRecords(noise), [1]).file_bytes() is None


def test_the_key_tells_what_is_left_out(noise):
    records = ImageRecords(noise)
    assert len({records.key, ReadableRecords(records, [1]).key, ReadableRecords(records, [2]).key}) == 3


def test_a_sound_source_is_packed_as_it_is(noise, tmp_path):
    records = ImageRecords(noise)
    assert pack_readable(records, lambda given: open_packed(given, tmp_path)) == (records, {})


def test_what_can_be_read_is_packed(noise, tmp_path):
    readable, faults = pack_readable(ImageRecords(noise, damaged=[7]), lambda given: open_packed(given, tmp_path))
    assert list(faults) == [7]
    np.testing.assert_array_equal(open_packed(readable, tmp_path)["image"], np.delete(noise, 7, axis=0))


def test_nothing_that_can_be_read_is_an_error(noise, tmp_path):
    with pytest.raises(DataError, match="is damaged"):
        pack_readable(ImageRecords(noise[:2], damaged=[0, 1]), lambda given: open_packed(given, tmp_path))
