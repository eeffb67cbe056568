"""Going on in a run that has nothing left to do, and in one that had not come far enough to be the newest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shapenet.callbacks.checkpoint import remove_others
from shapenet.errors import RunInterruptedError
from shapenet.rundir.manifest import read_manifest, write_manifest
from shapenet.rundir.paths import RunDir
from shapenet.training.fit import train
from shapenet.training.reporter import Reporter
from shapenet.training.resume import resume_run

from .conftest import experiment_in, train_in


def go_on(run: RunDir) -> None:
    resumption = resume_run(run)
    train(resumption.experiment, run.root.parents[1], ("again",), Reporter(), resumption)


def test_a_run_that_was_killed_before_links_led_to_its_last_checkpoint(tmp_path: Path) -> None:
    """All is saved, so nothing is trained; what the process had yet to do is done."""
    run = train_in(tmp_path, "training.epochs=1").run
    write_manifest(run.run_json, read_manifest(run.run_json).changed(status="running"))
    linked = [link.readlink() for link in (run.last_dir, run.best_dir)]
    run.last_dir.unlink()
    run.best_dir.unlink()
    (run.checkpoints_dir / ".tmp-best-1").symlink_to("epoch-0001")
    with run.metrics.open("a") as file:
        file.write('{"epoch": 2, "lo')
    go_on(run)
    assert [link.readlink() for link in (run.last_dir, run.best_dir)] == linked
    assert not list(run.root.rglob(".tmp-*"))
    assert len(run.metrics.read_text().splitlines()) == 1
    assert read_manifest(run.run_json).status == "done"


def test_links_lead_elsewhere_before_what_they_led_to_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed in between leaves no link that leads nowhere."""
    run = train_in(tmp_path, "training.epochs=1").run
    write_manifest(run.run_json, read_manifest(run.run_json).changed(status="running"))
    later = run.checkpoints_dir / "epoch-0002"  # the best weights of an epoch that is done again
    shutil.copytree(run.best_dir.resolve(), later)
    (later / "state.npz").unlink()
    run.best_dir.unlink()
    run.best_dir.symlink_to(later.name)
    led_to: list[str] = []

    def noted(folder: Path, names: set[str]) -> list[Path]:
        led_to.append(run.best_dir.resolve().name)
        return remove_others(folder, names)

    monkeypatch.setattr("shapenet.training.saved.remove_others", noted)
    go_on(run)
    assert led_to == ["epoch-0001"]
    assert not later.exists()


def test_latest_leads_to_a_run_that_goes_on(tmp_path: Path) -> None:
    class Interrupting(Reporter):
        def step(self, *_: object) -> None:
            raise RunInterruptedError(2, "interrupted")

    experiment = experiment_in(tmp_path, "training.epochs=1")
    with pytest.raises(RunInterruptedError):
        train(experiment, tmp_path / "runs", (), Interrupting())
    latest = tmp_path / "runs/latest"
    run = RunDir(latest.resolve())
    latest.unlink()  # as where it was killed before its first step
    go_on(run)
    assert latest.resolve() == run.root
