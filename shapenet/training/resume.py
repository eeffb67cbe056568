"""Going on in a run: what may have changed, which checkpoint is whole, and how its state comes back."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shapenet.callbacks.base import Row
from shapenet.callbacks.metrics_log import cut_metrics
from shapenet.errors import Place, RunError
from shapenet.experiment import Experiment, experiment_of_run, resolved_values
from shapenet.rundir.atomic import machine_errors
from shapenet.rundir.find import iterate_runs
from shapenet.rundir.leftovers import remove, unfinished
from shapenet.rundir.lock import RunLock
from shapenet.rundir.manifest import Device, Resumed, RunManifest, host_versions, read_manifest
from shapenet.rundir.paths import LATEST, RunDir
from shapenet.rundir.reading import check_contained, read_regular
from shapenet.training.differences import Changes, differences, flat, listed
from shapenet.training.init import with_found_run
from shapenet.training.memory import halvings
from shapenet.training.record import RunRecord, best_in, log_file
from shapenet.training.saved import Saved, begin_anew, newest_whole, take_back

_LOG = logging.getLogger("shapenet")
_INEXACT = (
    "the whole state is back, but training is not deterministic here, so that the last digits may differ from "
    "those of a run that nobody disturbed"
)


@dataclass
class Resumption:
    """A run to go on in.

    Attributes:
        run: Its directory.
        experiment: Its config, changes included.
        allow_changed: Go on although something differs from what the run began with.
        changes: What differs, as far as it is known.
        saved: Where it goes on.
        command: The command line.
    """

    run: RunDir
    experiment: Experiment
    allow_changed: bool
    changes: Changes = field(default_factory=dict)
    saved: Saved = field(default_factory=Saved)
    command: Sequence[str] = ()

    @property
    def begins(self) -> bool:
        """Whether nothing was saved, so that the training begins with its first step."""
        return self.saved.folder is None

    @property
    def is_over(self) -> bool:
        """Whether there is nothing to be done any more."""
        stopped = self.saved.values.get("stopped") and not self.saved.changed
        return bool(stopped) or self.saved.position.epochs_done >= self.experiment.config.training.epochs

    def best_row(self, monitor: str) -> Row | None:
        """The best epoch so far, unless another value decides now."""
        row: Row | None = self.saved.values.get("best")
        return row if row and monitor in row else None

    def check(self, changes: Changes) -> None:
        """Refuse changes unless they are allowed.

        Raises:
            RunError: Names each field that differs.
        """
        self.changes.update(changes)
        self.saved = replace(self.saved, changed=self.saved.changed | changes.keys())
        if not changes or self.allow_changed:
            return
        raise RunError(
            "run/changed",
            f"the run began with other values:{listed(changes)}",
            place=Place(str(self.run.root)),
            hint="--allow-changed goes on with the new ones and records it; a new run leaves this one as it is",
        )

    def check_data(self, manifest: RunManifest, fingerprint: str) -> None:
        """Refuse data that is not what the run began with, unless that is allowed.

        Raises:
            RunError: It differs.
        """
        before = manifest.data_fingerprint
        self.check({"data": (before, fingerprint)} if before not in (None, fingerprint) else {})

    def check_device(self, manifest: RunManifest, device: Device) -> None:
        """Refuse another kind of device, or another precision, unless that is allowed.

        Raises:
            RunError: It differs.
        """
        names = ("kind", "num", "precision", "deterministic")
        before = {} if manifest.device is None else {name: getattr(manifest.device, name) for name in names}
        now = {name: getattr(device, name) for name in before}
        self.check(differences(_under("device", before), _under("device", now)))

    def tidy(self) -> None:
        """Take the run's files back to the checkpoint, also where nothing is left to be done after it.

        Raises:
            MachineError: The disk refuses.
        """
        for left in unfinished(self.run.root):
            remove(left)
        take_back(self.run.checkpoints_dir, self.saved)
        cut_metrics(self.run.metrics, self.saved.position.epochs_done)

    def go_on(self, record: RunRecord, warn: Callable[[str], None]) -> None:
        """Record that the run goes on, and take its files back to the checkpoint: what came after it is done again.

        Nothing may refuse to go on any more. First of all it is recorded, with what was changed: a process that is
        killed in between leaves a run that knows of it. As long as checkpoints may have counted other steps, the
        record names the step in which the run was, which `_changed_since` goes by.

        Args:
            record: The run, whose device is known.
            warn: Is told if the numbers won't be those of a run that nobody disturbed.

        Raises:
            MachineError: The disk refuses.
        """

        def tell(text: str) -> None:
            _LOG.warning("%s", text)
            warn(text)

        position = self.saved.position
        if self.saved.anew:
            tell(f"a step is not what it was: epoch {position.epoch} begins anew, with the weights so far")
        exact = record.manifest.device.deterministic if record.manifest.device else None
        before = record.manifest.resumed
        entry = Resumed(at=datetime.now(UTC), epoch=position.epochs_done + 1, step=position.step or 0,
                        command=tuple(self.command), changes=dict(self.changes), exact=exact)  # fmt: skip
        if self.changes:
            record.write(self.run.resolved_config, self.experiment.resolved())
        record.release(
            status="running", pid=os.getpid(), host=socket.gethostname(), ended_at=None, error=None,
            epochs_done=position.epochs_done, best=best_in(record.best), versions=host_versions(),
            resumed=(*before, entry),
        )  # fmt: skip
        self.tidy()
        if self.saved.anew:
            self.saved = begin_anew(self.saved)
            record.update(resumed=(*before, entry.model_copy(update={"step": 0})))
        _LOG.info("goes on after %s", self.saved.position)
        if exact is False:
            tell(_INEXACT)


def resume_run(
    run: RunDir, overrides: Sequence[str] = (), *, allow_changed: bool = False, trust: bool = False
) -> Resumption:
    """Look at a run to go on in; nothing is changed yet.

    Args:
        run: The run.
        overrides: Changes of its config, ``dotted.key=value``.
        allow_changed: Go on although config, versions, data or device differ.
        trust: Run the plug-ins that its config names, although this user has not run them before.

    Raises:
        RunError: It differs, or its plug-ins are not trusted, or it ended before it had a config; or it is on
            JAX, or something in it leads out of it.
        MachineError: It can't be read.
        ConfigError: A change is wrong.
    """
    with machine_errors(run.root):
        check_contained(run.root)
    manifest = read_manifest(run.run_json)
    if not run.resolved_config.is_file():
        hint = "shapenet runs gc removes it; begin a new one: shapenet train --config CONFIG"
        message = "the run ended before it had a config"
        raise RunError("run/no-config", message, place=Place(str(run.root)), hint=hint)
    before = experiment_of_run(run.resolved_config, trust=trust)
    experiment = experiment_of_run(run.resolved_config, overrides, trust=trust) if overrides else before
    check_backend(run.root, before, experiment)
    changes = {
        **differences(flat(resolved_values(before.config)), flat(resolved_values(experiment.config))),
        **differences(_under("versions", manifest.versions), _under("versions", host_versions())),
    }
    resumption = Resumption(run, experiment, allow_changed)
    resumption.check(changes)
    return resumption


def check_backend(path: Path, *experiments: Experiment) -> None:
    """Refuse JAX: what goes on in the middle of an epoch wraps what TensorFlow runs.

    Args:
        path: The run or the config, to be named.
        experiments: What may be on JAX.

    Raises:
        RunError: One of them is.
    """
    if any(experiment.config.runtime.backend == "jax" for experiment in experiments):
        message = "a run on JAX can't go on: only TensorFlow's can"
        hint = "begin a new run; init: {run: ...} begins with this one's weights"
        raise RunError("run/backend", message, place=Place(str(path)), hint=hint)


@contextmanager
def resumed_run(
    resumption: Resumption, runs_dir: Path, command: Sequence[str], warn: Callable[[str], None]
) -> Iterator[RunRecord]:
    """The run's directory, locked; its manifest says how the block ended, once it has taken a step.

    Args:
        resumption: The run; is told where it goes on, and by which command.
        runs_dir: Folder of all runs.
        command: The command line.
        warn: Is told of checkpoints that are damaged.

    Raises:
        RunError: Another process works on it.
    """
    run = resumption.run
    with RunLock(run.lock), log_file(run):
        above = run.root.absolute().parents[1]
        has_latest = above == runs_dir.absolute() or (above / LATEST).is_symlink()  # or else it stands by itself
        record = RunRecord(run, read_manifest(run.run_json), above if has_latest else None)
        record.held = True
        _LOG.info("%s", " ".join(command))
        saved = newest_whole(run, warn)
        changed = _changed_since(saved, record.manifest) | resumption.changes.keys()
        resumption.saved = replace(saved, changed=changed)
        resumption.command = command
        with record.ending():
            yield record


def _changed_since(saved: Saved, manifest: RunManifest) -> frozenset[str]:
    """What was changed when the run went on from a checkpoint before, or from a later one: it knows nothing of that."""
    at = saved.position.epochs_done + 1, saved.steps
    return frozenset(name for one in manifest.resumed if (one.epoch, one.step) >= at for name in one.changes)


def newest_like(experiment: Experiment, runs_dir: Path) -> RunDir | None:
    """The newest run of the very same config in the same project; None if there is none.

    A run whose memory did not suffice has smaller batches by now, and is one too.

    Args:
        experiment: The experiment.
        runs_dir: Folder of all runs.
    """
    resolved = {one.resolved().encode() for one in halvings(with_found_run(experiment, runs_dir))}
    found: list[tuple[datetime, RunDir]] = []
    for run in iterate_runs(runs_dir):
        with suppress(RunError, OSError):
            if read_regular(run.resolved_config, run.root) in resolved:
                found.append((read_manifest(run.run_json).started_at, run))
    return max(found, key=lambda one: (one[0], one[1].id))[1] if found else None


def _under(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{section}.{name}": value for name, value in values.items()}
