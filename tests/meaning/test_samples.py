from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.sample import Sample, Sight, Trigger
from vtrack_ray.meaning.samples import Samples

NUMBERS = st.floats(0, 1e9)
TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
_PIXELS = st.integers(-(2**31), 2**31 - 1)
_SIGHTS = st.builds(
    Sight,
    code=TEXTS,
    symbology=TEXTS,
    area=st.builds(Area, _PIXELS, _PIXELS, _PIXELS, _PIXELS),
    decoder=TEXTS,
    fused_s=st.lists(NUMBERS, max_size=2).map(tuple),
)
_SAMPLES = st.builds(
    Sample,
    time_s=NUMBERS,
    trigger=st.none() | st.sampled_from(Trigger),
    sights=st.none() | st.lists(_SIGHTS, max_size=3).map(tuple),
    hand=st.none() | st.booleans(),
)
SAMPLES = st.lists(_SAMPLES, max_size=5).map(Samples)


@given(SAMPLES)
def test_what_is_written_is_read_again_exactly(samples: Samples) -> None:
    assert Samples(json=samples.json) == samples
    assert Samples(json=samples.json).json == samples.json


@given(SAMPLES)
def test_what_was_written_with_nothing_left_out_is_read_as_well(samples: Samples) -> None:
    assert Samples(json=json.dumps(whole(samples))) == samples


def whole(samples: Samples) -> list[dict[str, object]]:
    """As samples were written at first."""
    return [
        {"trigger": None, "hand": None, "looked": "sights" in row, "sights": [], **row}
        for row in json.loads(samples.json)
    ]


@given(SAMPLES)
def test_another_process_gets_the_same(samples: Samples) -> None:
    received = pickle.loads(pickle.dumps(samples))  # noqa: S301
    assert list(received) == list(samples)
    assert hash(received) == hash(samples)


def test_what_nobody_looks_at_is_passed_on_unread() -> None:
    unreadable = "this is read by nobody"
    received = pickle.loads(pickle.dumps(Samples(json=unreadable)))  # noqa: S301
    assert received.json == unreadable
    with pytest.raises(ValueError, match="Expecting value"):
        len(received)


def test_samples_are_a_sequence() -> None:
    first, second = Sample(time_s=0.0, trigger=Trigger.ON), Sample(time_s=1.0, hand=False)
    samples = Samples([first, second])
    assert (samples[0], samples[-1:], len(samples), first in samples) == (first, (second,), 2, True)
    assert samples != [first, second]
    assert repr(samples) == f"Samples(({first!r}, {second!r}))"
