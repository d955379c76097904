from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.text import restored, storable

ANY = st.text(st.characters(exclude_categories=())) | st.lists(st.sampled_from("\0\x1a\udce9e9é0")).map("".join)


@given(ANY)
def test_any_text_can_be_stored_and_restored(text: str) -> None:
    stored = storable(text)
    assert "\0" not in stored
    stored.encode("utf-8")
    assert restored(stored) == text


def test_ordinary_text_is_stored_as_it_is() -> None:
    assert storable("bàn gói 1/2026-11-01.mp4") == "bàn gói 1/2026-11-01.mp4"
