"""Sums, histograms and percentiles against the plain way to compute them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracer.analyze.cube import Cube
from tracer.analyze.histogram import BUCKETS, Histograms, buckets_of, middle_of, percentile

cells = st.lists(st.tuples(st.integers(0, 5), st.integers(-(2**40), 2**40), st.integers(0, 9)), max_size=50)


@given(st.lists(cells, max_size=5))
def test_a_cube_sums_like_a_dictionary(batches: list[list[tuple[int, int, int]]]) -> None:
    cube, expected = Cube(2), dict[int, list[int]]()
    for rows in batches:
        table = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        cube.add(table[0], table[1:])
        for key, first, second in rows:
            a, b = expected.get(key, [0, 0])
            expected[key] = [a + first, b + second]
    assert dict(cube.cells()) == expected


@given(st.lists(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), max_size=50), max_size=5))
def test_truth_values_count_as_one(batches: list[list[tuple[int, bool, bool]]]) -> None:
    cube, expected = Cube(3), dict[int, list[int]]()
    for rows in batches:
        keys = np.array([key for key, *_ in rows], np.int64)
        cube.add(keys, [np.array([row[at] for row in rows], np.bool_) for at in (1, 2)], 1)
        for key, first, second in rows:
            _, a, b = expected.get(key, [0, 0, 0])
            expected[key] = [0, a + first, b + second]
    assert dict(cube.cells()) == expected


def test_a_cube_grows_beyond_its_first_room() -> None:
    cube = Cube(1)
    cube.add(np.arange(1009), np.ones((1, 1009), dtype=np.int64))
    cube.add(np.arange(1009), np.ones((1, 1009), dtype=np.int64))
    assert dict(cube.cells()) == {key: [2] for key in range(1009)}


@given(st.integers(-5, 2**63 - 1))
def test_the_middle_of_a_bucket_is_within_a_hundredth_of_its_values(value: int) -> None:
    bucket = int(buckets_of(np.array([value]))[0])
    assert 0 <= bucket < BUCKETS
    assert abs(middle_of(bucket) - max(value, 0)) <= max(value, 0) * 0.008


def test_buckets_are_in_the_order_of_their_values_and_none_is_skipped() -> None:
    middles = np.array([middle_of(bucket) for bucket in range(BUCKETS)])
    assert (np.diff(middles) > 0).all()
    assert (buckets_of(middles) == np.arange(BUCKETS)).all()


@given(st.lists(st.integers(0, 127), min_size=1), st.sampled_from([0.5, 0.99, 1.0]))
def test_percentiles_of_small_times_are_exact(values: list[int], share: float) -> None:
    histograms = Histograms()
    histograms.add(np.zeros(len(values), dtype=np.int64), np.array(values))
    rank = max(1, int(np.ceil(share * len(values))))
    assert percentile(histograms.of([0]), share) == sorted(values)[rank - 1]


def test_histograms_of_keys_are_kept_apart_and_add_up() -> None:
    histograms = Histograms()
    for key in range(23):
        histograms.add(np.full(3, key), np.array([key, key, key]))
    assert percentile(histograms.of([7]), 0.5) == 7
    assert int(histograms.of([7, 11, 99]).sum()) == 6
    assert percentile(histograms.of([99]), 0.5) == 0
