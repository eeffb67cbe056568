"""What can't be read, and what the sources say."""

from dataclasses import replace

from shapenet.data.inspect.checks import files
from shapenet.data.inspect.finding import Severity
from shapenet.errors import Problem
from tests.data.inspect.conftest import ImageRecords


def test_unreadable_images_are_counted_and_the_first_ten_listed(evidence, noise):
    (finding,) = files.unreadable(evidence(ImageRecords(noise, damaged=range(12))))
    assert (finding.severity, finding.numbers) == (Severity.ERROR, {"unreadable": 12, "records": 200})
    assert finding.examples == tuple(f"pictures:{number}: picture {number} is damaged" for number in range(10))
    assert [found.severity for found in files.unreadable(evidence(ImageRecords(noise)))] == [Severity.OK]


def test_what_keeps_data_from_being_divided_is_an_error(evidence, noise):
    sound = evidence(ImageRecords(noise))
    problem = Problem("data/empty-split", "the val split is empty", hint="raise it")
    (finding,) = files.undividable(replace(sound, subject=replace(sound.subject, problems=(problem,))))
    assert (finding.severity, finding.code, finding.hint) == (Severity.ERROR, "data/empty-split", "raise it")
    assert list(files.undividable(sound)) == []


def test_what_a_source_warns_of_is_a_note(evidence, noise):
    records = ImageRecords(noise)
    assert list(files.reported(evidence(records))) == []
    records.warnings = ("two rows name one image",)
    (finding,) = files.reported(evidence(records))
    assert (finding.severity, finding.message) == (Severity.NOTE, "two rows name one image")
