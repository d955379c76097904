from __future__ import annotations

import pytest

from vtrack_ray.meaning.area import Area


@pytest.mark.parametrize(
    ("other", "common"),
    [
        (Area(10, 10, 20, 20), True),
        (Area(15, 15, 2, 2), True),
        (Area(29, 29, 5, 5), True),
        (Area(30, 10, 5, 5), False),
        (Area(10, 0, 5, 10), False),
    ],
)
def test_areas_overlap_where_they_have_a_pixel_in_common(other: Area, common: bool) -> None:
    area = Area(10, 10, 20, 20)
    assert area.overlaps(other) == other.overlaps(area) == common
