"""A sample of what ``make chaos-disk`` does in full; a failure names its site, as KIND:N:ERRNO."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.disk import Harness, NoCompilerError, findings, sites


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    try:
        made = Harness(tmp_path_factory.mktemp("disk"))
    except NoCompilerError as error:
        pytest.skip(str(error))
    yield made
    made.close()


def test_faults_of_the_disk_end_a_run_with_a_message_and_leave_its_checkpoints_whole(harness: Harness) -> None:
    counts = harness.counts()
    assert all(counts[kind] for kind in ("write", "fsync", "rename", "open", "mkdir", "link"))
    assert list(findings(harness, sites(counts, 6, seed=1))) == []
