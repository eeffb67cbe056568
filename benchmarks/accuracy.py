"""What each config reaches on its test data: trained by `shapenet train`, judged by `shapenet eval`.

    make bench-accuracy                                      # all, three seeds each: hours on 2 cores
    make bench-accuracy ARGS="--case mnist_cnn --seeds 1"

Every finished run is noted in benchmarks/accuracy.jsonl, so that a table that was interrupted goes on where
it stopped; a config that changed is run anew, and --fresh runs everything anew. Test data is never part of
the training data: MNIST has its own 10,000 test images, shapes are drawn from another seed. Runs on a part of
the cores (taskset -c 1 make bench-accuracy) say so in the table.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from common import REPOSITORY, SHAPENET, Measured, measure, print_table
from mnist_files import find_mnist

from shapenet.experiment import load_experiment

FOLDER = REPOSITORY / "build" / "accuracy"
LATEST = FOLDER / "runs" / "latest"
RESULTS = REPOSITORY / "benchmarks" / "accuracy.jsonl"
FIRST_SEED = 7
MOST_SECONDS = 600
"""A run of any config may take so long on 2 cores."""


@dataclass(frozen=True)
class Case:
    """A config and what it promises.

    Attributes:
        metric: Name of the figure in the evaluation's ``metrics.json``.
        promised: What the mean over the seeds must reach; None promises nothing.
        after: The config that is trained first with the same seed, because this one begins with its weights.
    """

    metric: str = "accuracy"
    promised: float | None = None
    after: str | None = None

    def holds(self, mean: float) -> bool:
        """Whether `mean` keeps the promise."""
        return self.promised is None or mean >= self.promised


CASES = {
    "mnist_cnn": Case(promised=0.995),
    "shapes_cnn": Case(promised=0.999),
    "shapes_mlp": Case(),
    "shapes_fcn": Case(promised=0.99),
    "mnist_resnet": Case(promised=0.995),
    "mnist_vit": Case(promised=0.97),
    "mnist_mixer": Case(),
    "shapes_unet": Case("mean_iou", 0.88),
    "shapes_regression": Case("r2", 0.9),
    "shapes_denoising": Case("psnr", 27.0),
    "shapes_drawing": Case("psnr", 30.0),
    "shapes_multitask": Case("kind_accuracy", 0.98),
    "shapes_multilabel": Case("binary_accuracy", 0.99),
    "transfer/scratch": Case(),
    "transfer/finetune": Case(promised=0.9, after="transfer/pretrain"),
    "transfer/pretrain": Case(),
}
"""By the config's path below configs/, without its suffix."""


@dataclass(frozen=True)
class Row:
    """One run that ended well.

    Attributes:
        case: Its config.
        seed: Its seed.
        digest: Digest of the config with this seed.
        figures: The numbers of the evaluation's ``metrics.json``.
        seconds: Wall time of the training, start and end included.
        cores: How many cores it could use.
        epochs: How many it took.
    """

    case: str
    seed: int
    digest: str
    figures: dict[str, float]
    seconds: float
    cores: int
    epochs: int

    @property
    def value(self) -> float:
        """The figure that the case promises."""
        return self.figures[CASES[self.case].metric]


def finished_rows() -> list[Row]:
    """The runs of earlier calls."""
    if not RESULTS.exists():
        return []
    return [Row(**json.loads(line)) for line in RESULTS.read_text(encoding="utf-8").splitlines()]


def run_case(case: str, seed: int) -> Row:
    """Train and evaluate `case` with `seed`, unless that has been done with the same config."""
    digest = _digest(case, seed)
    done = next((row for row in finished_rows() if (row.case, row.seed, row.digest) == (case, seed, digest)), None)
    return done or _run(case, seed, digest)


def _digest(case: str, seed: int) -> str:
    """Eight hexadecimal digits that change with the config and the one before it, wherever the repository lies."""
    cases = [each for each in (CASES[case].after, case) if each]
    resolved = "".join(load_experiment(_config(each), [f"seed={seed}"]).resolved() for each in cases)
    return hashlib.sha256(resolved.replace(str(REPOSITORY), "").encode()).hexdigest()[:8]


def _config(case: str) -> Path:
    return REPOSITORY / "configs" / f"{case}.yaml"


def _run(case: str, seed: int, digest: str) -> Row:
    overrides = []
    if first := CASES[case].after:
        _train(first, seed, [])
        overrides = [f"init.run={LATEST.resolve()}"]
    took = _train(case, seed, overrides)
    measure([*SHAPENET, "eval"], cwd=FOLDER, poll_seconds=5)
    metrics = json.loads((LATEST / "eval" / "test" / "metrics.json").read_text(encoding="utf-8"))
    figures = {name: round(value, 6) for name, value in metrics.items() if isinstance(value, float)}
    epochs = len((LATEST / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    row = Row(case, seed, digest, figures, round(took.seconds, 1), len(os.sched_getaffinity(0)), epochs)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(row)) + "\n")
    print(f"  {case}, seed {seed}: {row.value:.4f} after {epochs} epochs, {row.seconds:.0f} s", flush=True)
    return row


def _train(case: str, seed: int, overrides: list[str]) -> Measured:
    values = [f"seed={seed}", *overrides]
    if "data/mnist/" in _config(case).read_text(encoding="utf-8"):
        values.append(f"data.source.csv.path={find_mnist() / 'train.csv'}")
    arguments = [argument for value in values for argument in ("-o", value)]
    return measure([*SHAPENET, "train", "--config", _config(case), *arguments], cwd=FOLDER, poll_seconds=5)


def table_line(case: str, runs: list[Row]) -> tuple[object, ...]:
    """The table's line of a config."""
    values = [row.value for row in runs]
    seconds = statistics.mean(row.seconds for row in runs)
    slow = " (too slow)" if seconds > MOST_SECONDS else ""
    promised = CASES[case].promised
    return (
        case, CASES[case].metric, f"{statistics.mean(values):.4f}", f"{min(values):.4f}..{max(values):.4f}",
        "" if promised is None else promised, len(runs), max(row.epochs for row in runs), f"{seconds:.0f}{slow}",
        min(row.cores for row in runs),
    )  # fmt: skip


def main() -> int:
    """Print every run and the table; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES, action="append", help="may be given several times (default: all)")
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds (default: 3)")
    parser.add_argument("--fresh", action="store_true", help="forget the runs of earlier calls")
    arguments = parser.parse_args()
    if arguments.fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
        RESULTS.unlink(missing_ok=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    cases = arguments.case or list(CASES)
    runs: dict[str, list[Row]] = {case: [] for case in cases}
    for seed in range(FIRST_SEED, FIRST_SEED + arguments.seeds):  # a table broken off has something of each config
        for case in cases:
            runs[case].append(run_case(case, seed))
    header = ("config", "metric", "mean", "spread", "promised", "seeds", "epochs", "seconds a run", "cores")
    print_table(header, [table_line(case, done) for case, done in runs.items()])
    return int(not all(CASES[case].holds(statistics.mean(row.value for row in done)) for case, done in runs.items()))


if __name__ == "__main__":
    sys.exit(main())
