"""What a run writes about itself: its configs, its manifest, its log, what its data is."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapenet.callbacks.base import Listener, Row
from shapenet.callbacks.best import BestEpoch
from shapenet.errors import DivergedError, MachineError, RunInterruptedError
from shapenet.experiment import Experiment
from shapenet.figure import png_of
from shapenet.interruption import signals_held
from shapenet.rundir.atomic import machine_errors, write_atomic
from shapenet.rundir.lock import RunLock
from shapenet.rundir.manifest import Best, ImageSpec, RunManifest, git_state, host_versions, write_manifest
from shapenet.rundir.paths import RunDir, update_latest
from shapenet.rundir.status import Status
from shapenet.training.balance import class_counts
from shapenet.training.names import task_text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from shapenet.data.augmentation.augmenter import Augmenter
    from shapenet.data.batches import Split
    from shapenet.data.dataset import Dataset

_LOG = logging.getLogger("shapenet")
_PREVIEW_IMAGES = 32
_TILE = 96
_AUGMENTED_IMAGES, _VERSIONS = 6, 7


class RunRecord(Listener):
    """Keeps ``run.json`` true while a run goes on.

    Args:
        run: The run directory.
        manifest: Its manifest so far.
        runs_dir: Folder of all runs, where ``latest`` points at the newest; None to leave that as it is.

    Attributes:
        run: The run directory.
        manifest: What ``run.json`` holds.
        fitting: Whether the first step has been taken.
        best: Which epoch is the best, once training knows what to monitor.
        held: Whether nothing is written yet: until a run really goes on, its files stay as they were.
    """

    def __init__(self, run: RunDir, manifest: RunManifest, runs_dir: Path | None) -> None:
        self.run = run
        self.manifest = manifest
        self._runs_dir = runs_dir
        self.fitting = False
        self.best: BestEpoch | None = None
        self.held = False
        self._waiting: dict[Path, str | bytes] = {}

    def update(self, **changes: Any) -> None:
        """Change fields of the manifest and write it."""
        self.manifest = self.manifest.changed(**changes)
        if not self.held:
            write_manifest(self.run.run_json, self.manifest)

    def write(self, path: Path, content: str | bytes) -> None:
        """Write a file of the run, or let it wait as long as changes are held."""
        if self.held:
            self._waiting[path] = content
        else:
            write_atomic(path, content)

    def release(self, **changes: Any) -> None:
        """Write the manifest with what was held and with more changes, and after it the files that waited."""
        self.held = False
        self.update(**changes)
        while self._waiting:
            write_atomic(*self._waiting.popitem())

    def end(self, status: Status, error: str | None = None) -> None:
        """Write how the run ended."""
        self.held = False
        self.update(status=status, ended_at=datetime.now(UTC), error=error)
        _LOG.info("%s%s", status, f": {error}" if error else "")

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Write how the block ended, once it has taken a step."""
        try:
            yield
        except BaseException as error:
            if self.fitting:
                with suppress(MachineError):  # what ended the run is told, not that the disk is still full
                    self.end(_status_after(error), str(error) or type(error).__name__)
            raise
        self.end("done")

    def steps_end(self, epoch: int, step: int, logs: Mapping[str, float]) -> None:
        """The run has begun to learn, so it stays whatever happens; it is the newest from now on."""
        if not self.fitting:
            self.fitting = True
            if self._runs_dir:
                update_latest(self._runs_dir, self.run)

    def epoch_end(self, row: Row) -> None:
        """Count the epoch and name the best."""
        self.update(epochs_done=int(row["epoch"]), best=best_in(self.best))
        _LOG.info("%s", json.dumps(dict(row)))


def best_in(best: BestEpoch | None) -> Best | None:
    """The best epoch so far as a manifest has it; None if there is none."""
    if best is None or best.row is None:
        return None
    figures: dict[str, float | None] = {name: value for name, value in best.row.items() if name != "epoch"}
    monitor, rising = best.monitor, tuple(sorted(best.rising))
    return Best(epoch=int(best.row["epoch"]), monitor=monitor, value=figures[monitor], metrics=figures, rising=rising)


@contextmanager
def recorded_run(experiment: Experiment, runs_dir: Path, command: Sequence[str]) -> Iterator[RunRecord]:
    """A new run directory, whose manifest says how the block ended.

    Where the block fails before the first step the directory goes again: nothing was learnt.

    Args:
        experiment: The experiment.
        runs_dir: Folder of all runs.
        command: The command line.

    Raises:
        MachineError: It can't be made.
    """
    now = datetime.now(UTC)
    config = experiment.config
    manifest = RunManifest(
        status="running", name=config.name, project=config.project, task=task_text(config), command=tuple(command),
        versions=host_versions(), git=git_state(Path.cwd()), seed=config.seed, started_at=now, pid=os.getpid(),
        host=socket.gethostname(),
    )  # fmt: skip
    with ExitStack() as stack:
        with signals_held(signal.SIGINT, signal.SIGTERM):  # what is made is sure to be removed
            run = RunDir.create(runs_dir, config.project, config.name, experiment.digest(), now.astimezone())
            record = RunRecord(run, manifest, runs_dir)
            stack.enter_context(_removed_unless_begun(record))
            stack.enter_context(RunLock(run.lock))
        with log_file(record.run), record.ending():
            _LOG.info("%s", " ".join(command))
            record.update()
            write_atomic(record.run.config, experiment.path.read_bytes())
            write_atomic(record.run.resolved_config, experiment.resolved())
            yield record


@contextmanager
def _removed_unless_begun(record: RunRecord) -> Iterator[None]:
    """Remove the run directory if the block fails before the first step."""
    try:
        yield
    except BaseException:
        if not record.fitting:
            record.run.remove()
        raise


def _status_after(error: BaseException) -> Status:
    """How a run that `error` ended says it ended."""
    if isinstance(error, RunInterruptedError | KeyboardInterrupt):
        return "interrupted"
    return "diverged" if isinstance(error, DivergedError) else "failed"


class _LogFile(logging.FileHandler):
    """The run's log; it stays behind where the disk is full, for what matters is told elsewhere."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """Pass over a line that can't be written, where logging would print a traceback."""


@contextmanager
def log_file(run: RunDir) -> Iterator[None]:
    """Send what shapenet logs to the run's log while the block lasts."""
    with machine_errors(run.train_log):
        run.logs_dir.mkdir(exist_ok=True)
        handler = _LogFile(run.train_log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = _LOG.level
    _LOG.addHandler(handler)
    _LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        _LOG.setLevel(level)
        _LOG.removeHandler(handler)
        with suppress(OSError):
            handler.close()


def record_data(record: RunRecord, dataset: Dataset) -> npt.NDArray[np.uint8]:
    """Write the split, the classes and a sheet of training images.

    Returns:
        The sheet, uint8 ``(height, width, 3)``.
    """
    import numpy as np

    from shapenet.data.inspect.sheet import titled
    from shapenet.data.inspect.view import viewable
    from shapenet.data.preview import contact_sheet

    run = record.run
    train = dataset.splits["train"]
    image = ImageSpec(shape=train.image_shape, dtype=train.image_dtype)
    counts = {name: class_counts(split, dataset.classes) for name, split in dataset.splits.items()}
    record.update(data_fingerprint=dataset.fingerprint, image=image, class_counts=counts)
    record.write(run.split_csv, dataset.split_table().encode(errors="surrogateescape"))
    record.write(run.classes_json, json.dumps(list(dataset.classes), ensure_ascii=False) + "\n")
    positions = _samples(train, _PREVIEW_IMAGES)
    captions = [dataset.classes[label] if dataset.classes else "" for label in train.labels[positions]]
    what = f"{len(positions):,} of {len(train):,} training images{', as many of each class' * bool(dataset.classes)}"
    images = contact_sheet(viewable(train.image_list(positions)), captions, tile=_tile(train))
    sheet = titled(images, (record.manifest.name, what))
    record.write(run.preview_png, png_of(sheet))
    return np.asarray(sheet, np.uint8)


def record_augmentation(record: RunRecord, dataset: Dataset, augmenter: Augmenter) -> None:
    """Write a sheet of training images beside what augmentation makes of them."""
    from shapenet.data.augmentation.samples import augmented_samples
    from shapenet.data.preview import contact_sheet

    train = dataset.splits["train"]
    positions = _samples(train, _AUGMENTED_IMAGES)
    images, captions = augmented_samples(augmenter, train, positions, dataset.classes, versions=_VERSIONS)
    sheet = contact_sheet(images, captions, columns=1 + _VERSIONS, tile=_tile(train))
    record.write(record.run.augmented_png, png_of(sheet))


def _tile(split: Split) -> int:
    """The multiple of an image's side that is nearest to 96; 96 for images that are large or vary in size."""
    sides = [side for side in split.image_shape[:2] if side is not None]
    side = max(sides, default=_TILE)
    return side * max(1, round(_TILE / side)) if side <= 128 else _TILE


def _samples(split: Split, count: int) -> npt.NDArray[np.int64]:
    """Positions of some images, as many of each class."""
    from shapenet.data.split import limit_balanced

    return limit_balanced(split.labels, count, seed=0)
