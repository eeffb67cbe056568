"""What each config reaches on its test data: trained by `shapenet train`, judged by `shapenet eval`.

    make bench-accuracy                                      # all, three seeds each: hours on 2 cores
    make bench-accuracy ARGS="--case mnist_cnn --seeds 1"

Every finished run is noted in build/accuracy/results.jsonl, so that a table that was interrupted goes on
where it stopped; a config that changed is run anew, and --fresh runs everything anew. Test data is never
part of the training data: MNIST has its own 10,000 test images, shapes are drawn from another seed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from dataclasses import asdict, dataclass

from common import REPOSITORY, SHAPENET, measure, print_table
from mnist_files import find_mnist

from shapenet.experiment import load_experiment

FOLDER = REPOSITORY / "build" / "accuracy"
RESULTS = FOLDER / "results.jsonl"
FIRST_SEED = 7
MOST_SECONDS = 600
"""A run of any config may take so long on 2 cores."""


@dataclass(frozen=True)
class Case:
    """A config and what it promises.

    Attributes:
        metric: Name of the figure in the evaluation's ``metrics.json``.
        promised: What the mean over the seeds must reach; None promises nothing.
        rising: Whether larger is better.
    """

    metric: str = "accuracy"
    promised: float | None = None
    rising: bool = True

    def holds(self, mean: float) -> bool:
        """Whether `mean` keeps the promise."""
        return self.promised is None or (mean >= self.promised if self.rising else mean <= self.promised)


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
    "transfer/pretrain": Case(),
    "transfer/finetune": Case(promised=0.9),
    "transfer/scratch": Case(),
}
"""By the config's path below configs/, without its suffix."""


@dataclass(frozen=True)
class Row:
    """One run that ended well."""

    case: str
    seed: int
    digest: str
    value: float
    seconds: float
    epochs: int


def finished_rows() -> list[Row]:
    """The runs of earlier calls."""
    if not RESULTS.exists():
        return []
    return [Row(**json.loads(line)) for line in RESULTS.read_text(encoding="utf-8").splitlines()]


def run_case(case: str, seed: int, rows: list[Row]) -> Row:
    """Train and evaluate `case` with `seed`, unless one of `rows` has done so with the same config."""
    config = REPOSITORY / "configs" / f"{case}.yaml"
    overrides = [f"seed={seed}"]
    if "data/mnist/" in config.read_text(encoding="utf-8"):
        overrides.append(f"data.source.csv.path={find_mnist() / 'train.csv'}")
    digest = load_experiment(config, overrides).digest()
    done = next((row for row in rows if (row.case, row.seed, row.digest) == (case, seed, digest)), None)
    if done:
        return done
    arguments = [argument for override in overrides for argument in ("-o", override)]
    took = measure([*SHAPENET, "train", "--config", config, *arguments], cwd=FOLDER)
    measure([*SHAPENET, "eval"], cwd=FOLDER)
    latest = FOLDER / "runs" / "latest"
    figures = json.loads((latest / "eval" / "test" / "metrics.json").read_text(encoding="utf-8"))
    epochs = len((latest / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    row = Row(case, seed, digest, figures[CASES[case].metric], round(took.seconds, 1), epochs)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(row)) + "\n")
    print(f"  {case}, seed {seed}: {row.value:.4f} after {epochs} epochs, {row.seconds:.0f} s", flush=True)
    return row


def table_line(case: str, runs: list[Row]) -> tuple[object, ...]:
    """The table's line of a config."""
    values = [row.value for row in runs]
    seconds = statistics.mean(row.seconds for row in runs)
    slow = " (too slow)" if seconds > MOST_SECONDS else ""
    promised = CASES[case].promised
    return (
        case, CASES[case].metric, f"{statistics.mean(values):.4f}", f"{min(values):.4f}..{max(values):.4f}",
        "" if promised is None else promised, len(runs), max(row.epochs for row in runs), f"{seconds:.0f}{slow}",
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
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows = finished_rows()
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.seeds)
    runs = {case: [run_case(case, seed, rows) for seed in seeds] for case in arguments.case or CASES}
    header = ("config", "metric", "mean", "spread", "promised", "seeds", "epochs", "seconds a run")
    print_table(header, [table_line(case, done) for case, done in runs.items()])
    return int(not all(CASES[case].holds(statistics.mean(row.value for row in done)) for case, done in runs.items()))


if __name__ == "__main__":
    sys.exit(main())
