"""The figures of a data set."""

import json

import numpy as np
import pytest

from shapenet.data.inspect.summary import Span, summarize
from tests.data.inspect.conftest import ImageRecords


def test_figures_of_a_whole_set(evidence, noise):
    images = noise[[*range(100), 3, 3]]
    summary = summarize(evidence(ImageRecords(images, [0] * 90 + [1] * 12, extra={"angle": np.zeros(102, np.float32)})))
    assert (summary.num_images, summary.num_duplicates, summary.splits) == (102, 2, {})
    assert (summary.totals, summary.counts) == ((90, 12), {"all": (90, 12)})
    assert (summary.height, summary.width) == (Span(12, 12.0, 12), Span(12, 12.0, 12))
    assert {name: field.dtype for name, field in summary.fields.items()} == {
        "image": "uint8", "label": "int64", "angle": "float32",
    }  # fmt: skip
    assert summary.mean[0] == pytest.approx(images.mean() / 255, rel=1e-12)
    assert summary.deviation[0] == pytest.approx(images.std() / 255, rel=1e-12)
    assert summary.num_bytes > images.nbytes


def test_figures_of_splits_add_up(evidence, noise):
    summary = summarize(evidence(train=ImageRecords(noise[:60], [0, 1] * 30), val=ImageRecords(noise[50:80], [0] * 30)))
    assert summary.splits == {"train": 60, "val": 30}
    assert (summary.totals, summary.num_duplicates, len(summary.stores)) == ((60, 30), 10, 2)
    pixels = noise[[*range(60), *range(50, 80)]] / 255
    assert summary.mean[0] == pytest.approx(pixels.mean(), rel=1e-12)
    assert summary.deviation[0] == pytest.approx(pixels.std(), rel=1e-12)


def test_json_holds_all_of_it(evidence, noise):
    summary = summarize(evidence(ImageRecords(noise)))
    read = json.loads(json.dumps(summary.to_json()))
    assert set(read) == set(vars(summary))
    assert read["fields"]["image"] == {"dtype": "uint8", "shape": [12, 12, 1]}
