"""The paths of a run directory, and how one is made."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

from shapenet.rundir.atomic import check_link, fsync_dir, machine_errors, make_folder, replace_link

LATEST = "latest"
"""Name of the link to the newest run, in the folder of all runs."""

EVALS = "eval"
"""Name of the folder of a run's evaluations."""

_MAX_NAME_BYTES = 80
_MAX_DIGEST_LENGTH = 8


@dataclass(frozen=True)
class RunDir:
    """One run's directory; every path in it is a property.

    Attributes:
        root: The directory, ``<runs>/<project>/<YYYYmmdd-HHMMSS>-<name>-<hash>``.
        made: The folders above it that were made for it, the deepest first.
    """

    root: Path
    made: tuple[Path, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def create(cls, runs_dir: Path, project: str, name: str, digest: str, now: datetime) -> RunDir:
        """Make a new, empty run directory.

        Args:
            runs_dir: Folder of all runs; made if need be.
            project: The project's name, in any characters.
            name: The experiment's name, in any characters.
            digest: Hexadecimal digest of the config; its first 8 characters are used.
            now: The time that the directory is named after, as the user's clock shows it.

        Returns:
            The directory; it ends in ``-2``, ``-3``, ... where the same second has one already.

        Raises:
            MachineError: It can't be made, or ``latest`` beside it can't become a link.
        """
        project_dir = runs_dir / safe_name(project)
        run_id = f"{now:%Y%m%d-%H%M%S}-{safe_name(name)}-{digest[:_MAX_DIGEST_LENGTH]}"
        with machine_errors(project_dir):
            check_link(runs_dir / LATEST)
            made = make_folder(project_dir)
            for number in count(1):
                root = project_dir / (run_id if number == 1 else f"{run_id}-{number}")
                try:
                    root.mkdir()
                except FileExistsError:
                    continue
                fsync_dir(project_dir)
                break
        return cls(root, made)

    def remove(self) -> None:
        """Remove the directory, and the folders above it that were made for it and are empty."""
        shutil.rmtree(self.root, ignore_errors=True)
        with suppress(OSError):
            for folder in self.made:
                folder.rmdir()

    @property
    def id(self) -> str:
        """The directory's own name."""
        return self.root.name

    @property
    def config(self) -> Path:
        """The config as the user wrote it."""
        return self.root / "config.yaml"

    @property
    def resolved_config(self) -> Path:
        """The complete config, which runs the experiment again by itself."""
        return self.root / "config.resolved.yaml"

    @property
    def run_json(self) -> Path:
        """The manifest."""
        return self.root / "run.json"

    @property
    def lock(self) -> Path:
        """Locked by the process that works on the run."""
        return self.root / "run.lock"

    @property
    def metrics(self) -> Path:
        """One JSON object per epoch and line."""
        return self.root / "metrics.jsonl"

    @property
    def model_text(self) -> Path:
        """The table of layers."""
        return self.root / "model.txt"

    @property
    def logs_dir(self) -> Path:
        """Folder of all logs."""
        return self.root / "logs"

    @property
    def train_log(self) -> Path:
        """Log of the training process."""
        return self.logs_dir / "train.log"

    @property
    def tensorboard_dir(self) -> Path:
        """TensorBoard's event files."""
        return self.logs_dir / "tensorboard"

    @property
    def data_dir(self) -> Path:
        """Folder of what is known about the data."""
        return self.root / "data"

    @property
    def split_csv(self) -> Path:
        """Which record is in which split."""
        return self.data_dir / "split.csv"

    @property
    def classes_json(self) -> Path:
        """Class names in label order."""
        return self.data_dir / "classes.json"

    @property
    def preview_png(self) -> Path:
        """A sheet of sample images."""
        return self.data_dir / "preview.png"

    @property
    def augmented_png(self) -> Path:
        """A sheet of sample images beside what augmentation makes of them; only where there is any."""
        return self.data_dir / "augmented.png"

    @property
    def checkpoints_dir(self) -> Path:
        """Folder of all checkpoints."""
        return self.root / "checkpoints"

    @property
    def best_dir(self) -> Path:
        """The checkpoint of the best epoch."""
        return self.checkpoints_dir / "best"

    @property
    def last_dir(self) -> Path:
        """The checkpoint of the last epoch."""
        return self.checkpoints_dir / "last"

    @property
    def all_evals_dir(self) -> Path:
        """Folder with one folder per evaluated split."""
        return self.root / EVALS

    def eval_dir(self, split: str) -> Path:
        """Folder of the evaluation on `split`, for example ``test``."""
        return self.all_evals_dir / safe_name(split)

    def eval_metrics(self, split: str) -> Path:
        """The figures of the evaluation on `split`, as JSON."""
        return self.eval_dir(split) / "metrics.json"


def safe_name(text: str) -> str:
    """`text` as a file name: letters, digits, ``-``, ``_``, ``+`` and ``.``, at most 80 bytes.

    Letters of every script stay; everything else becomes ``-``. The name never starts
    with a dot, is never empty and never that of the link to the newest run.
    """
    normal = unicodedata.normalize("NFC", text)
    name = re.sub(r"-{2,}", "-", re.sub(r"[^\w.+-]", "-", normal)).lstrip(".-").rstrip("-")
    name = name.encode(errors="ignore")[:_MAX_NAME_BYTES].decode(errors="ignore")
    return f"{name}_" if name == LATEST else name or "unnamed"


def update_latest(runs_dir: Path, run: RunDir) -> None:
    """Point ``<runs_dir>/latest`` at `run`, by a relative link that is replaced in one step.

    Raises:
        MachineError: Links can't be made there, or something else has that name.
    """
    replace_link(runs_dir / LATEST, os.path.relpath(run.root, runs_dir))
