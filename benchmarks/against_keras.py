"""Whole-process time of `shapenet train` against benchmarks/keras_plain.py, on MNIST's PNGs.

Same images, same hold-out share, same model, same optimizer, same batch of 32, same epochs. Every
run of shapenet starts with an empty cache, so that it packs its store anew; the two take turns.
Promised ratios: at most 0.5 for mlp over 10 epochs, at most 0.95 for cnn over 3. Takes half an hour.

    make bench-against_keras    # SHAPENET_MNIST names the folder with train.csv, unless it is beside the repository
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from common import REPOSITORY, SHAPENET, Measured, measure, print_table
from mnist_files import find_mnist

CASES = {"mlp-3": ("mlp", 3, None), "mlp-10": ("mlp", 10, 0.5), "cnn-3": ("cnn", 3, 0.95)}
"""Model, epochs and the ratio that is promised."""

Run = tuple[Measured, float]
"""What a run took, and its final accuracy on the held-out images."""


def run_keras(model: str, epochs: int, csv: Path) -> Run:
    """The plain script."""
    script = REPOSITORY / "benchmarks" / "keras_plain.py"
    took = measure([sys.executable, script, "--model", model, "--epochs", str(epochs), "--csv", csv])
    return took, json.loads(took.output.splitlines()[-1])["val_accuracy"]


def run_shapenet(model: str, epochs: int, csv: Path) -> Run:
    """`shapenet train`, in an empty working directory and with an empty cache."""
    config = REPOSITORY / "configs" / "benchmarks" / f"mnist_{model}.yaml"
    with tempfile.TemporaryDirectory(prefix="shapenet-benchmark-") as name:
        folder = Path(name)
        overrides = ("-o", f"training.epochs={epochs}", "-o", f"data.source.csv.path={csv}")
        command = (*SHAPENET, "train", "--config", str(config), *overrides)
        took = measure(command, env={"SHAPENET_CACHE": str(folder / "cache")}, cwd=folder)
        lines = (folder / "runs" / "latest" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    if len(lines) != epochs:
        raise SystemExit(f"expected {epochs} epochs in metrics.jsonl, received {len(lines)}")
    return took, json.loads(lines[-1])["val_accuracy"]


def compare(model: str, epochs: int, csv: Path, repeats: int) -> dict[str, list[Run]]:
    """Both ways, `repeats` times each; who goes first alternates."""
    ways: list[tuple[str, Callable[[str, int, Path], Run]]] = [("keras", run_keras), ("shapenet", run_shapenet)]
    runs: dict[str, list[Run]] = {name: [] for name, _ in ways}
    for repeat in range(repeats):
        for name, way in ways if repeat % 2 == 0 else ways[::-1]:
            runs[name].append(way(model, epochs, csv))
            took, accuracy = runs[name][-1]
            print(f"  {model}, {epochs} epochs, {name}: {took.seconds:.1f} s, accuracy {accuracy:.4f}", flush=True)
    return runs


def summarize(case: str, runs: dict[str, list[Run]], promised: float | None) -> tuple[object, ...]:
    """One row of the table; the ratio of median times is its last but one."""
    seconds = {name: [took.seconds for took, _ in values] for name, values in runs.items()}
    accuracy = {name: statistics.mean(value for _, value in values) for name, values in runs.items()}
    memory = {name: max(took.peak_anonymous_bytes for took, _ in values) / 1e6 for name, values in runs.items()}
    columns: list[object] = [case]
    for name in ("keras", "shapenet"):
        spread = f"{min(seconds[name]):.1f}..{max(seconds[name]):.1f}"
        columns += [
            f"{statistics.median(seconds[name]):.1f} ({spread})",
            f"{accuracy[name]:.4f}",
            f"{memory[name]:.0f}",
        ]
    ratio = statistics.median(seconds["shapenet"]) / statistics.median(seconds["keras"])
    return (*columns, f"{ratio:.3f}", promised or "")


def main() -> int:
    """Print every time and the table; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES, action="append", help="may be given several times (default: all)")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    csv = find_mnist() / "train.csv"
    rows = []
    for case in arguments.case or CASES:
        model, epochs, promised = CASES[case]
        rows.append(summarize(case, compare(model, epochs, csv, arguments.repeats), promised))
    header = ("case", "keras s", "accuracy", "MB", "shapenet s", "accuracy", "MB", "ratio", "promised")
    print_table(header, rows)
    return int(any(row[-1] and float(str(row[-2])) > float(str(row[-1])) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
