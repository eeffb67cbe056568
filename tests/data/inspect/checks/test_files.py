"""What can't be read, and what the sources say."""

from dataclasses import replace

from shapenet.data.inspect.checks import files
from shapenet.data.inspect.finding import Severity
from shapenet.errors import Place, Problem
from tests.data.inspect.conftest import ImageRecords


def with_subject(found, **changes):
    return replace(found, subject=replace(found.subject, **changes))


def test_unreadable_images_are_counted_and_the_first_ten_listed(evidence, noise):
    faults = tuple(Problem("data/x", f"fault {number}", Place("list.csv", number)) for number in range(12))
    sound = evidence(ImageRecords(noise))
    (finding,) = files.unreadable(with_subject(sound, faults=faults, num_records=212))
    assert (finding.severity, finding.numbers) == (Severity.ERROR, {"unreadable": 12, "records": 212})
    assert finding.examples == tuple(f"list.csv:{number}: fault {number}" for number in range(10))
    assert [found.severity for found in files.unreadable(sound)] == [Severity.OK]


def test_what_keeps_data_from_being_divided_is_an_error(evidence, noise):
    sound = evidence(ImageRecords(noise))
    problem = Problem("data/empty-split", "the val split is empty", hint="raise it")
    (finding,) = files.undividable(with_subject(sound, problems=(problem,)))
    assert (finding.severity, finding.code, finding.hint) == (Severity.ERROR, "data/empty-split", "raise it")
    assert list(files.undividable(sound)) == []


def test_what_a_source_warns_of_is_a_note(evidence, noise):
    sound = evidence(ImageRecords(noise))
    (finding,) = files.reported(with_subject(sound, warnings=("two rows name one image",)))
    assert (finding.severity, finding.message) == (Severity.NOTE, "two rows name one image")
    assert list(files.reported(sound)) == []
