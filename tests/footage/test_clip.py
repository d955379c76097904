"""Clips on the clock that events have: what is cut shows what the recording shows at that time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.footage.clips import add_sound, make_clip
from vtrack_ray.errors import ClipError
from vtrack_ray.footage.clip import Part, cut
from vtrack_ray.footage.pictures import open_pictures
from vtrack_ray.meaning.span import Span


def joined(folder: Path, b_frames: int) -> Path:
    """Two recordings of two seconds in one file: its timestamps go back."""
    path = make_clip(folder / "clip.ts", pictures=50, b_frames=b_frames)
    path.write_bytes(path.read_bytes() * 2)
    return path


def after_sound(folder: Path, b_frames: int, suffix: str) -> Path:
    """Sound for ten seconds, and pictures from the sixth on."""
    return add_sound(
        folder / f"clip.{suffix}", make_clip(folder / "v.mkv", pictures=100, b_frames=b_frames, first=150), 10
    )


def shades(path: Path, span: Span) -> list[int]:
    with open_pictures(str(path)) as pictures:
        return [round(float(picture.luma().mean())) for picture in pictures.all(span)]


def cut_here(path: Path, *spans: Span, codec: str = "h264") -> list[int]:
    """What the clip of these stretches shows."""
    target = path.with_name("cut.mp4")
    cut([Part(path=str(path), start_s=span.start_s, end_s=span.end_s, codec=codec) for span in spans], target)
    assert {one.name for one in path.parent.iterdir()} <= {path.name, target.name, "v.mkv"}
    return shades(target, Span(0, 99))


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("kind", ["joined", "ts", "mp4"])
@pytest.mark.parametrize("start_s", [1.21, 2.81])
def test_a_clip_shows_what_the_recording_does(kind: str, b_frames: int, start_s: float, tmp_path: Path) -> None:
    path = joined(tmp_path, b_frames) if kind == "joined" else after_sound(tmp_path, b_frames, kind)
    from_keyframe = shades(path, Span(start_s - 0.02, start_s + 0.6))
    assert cut_here(path, Span(start_s, start_s + 0.6))[: len(from_keyframe)] == from_keyframe


@pytest.mark.parametrize(("codec", "suffix", "b_frames"), [("h264", "avi", 2), ("wmv2", "wmv", 0)])
def test_pictures_keep_their_order_where_packets_do_not_tell_it(
    codec: str, suffix: str, b_frames: int, tmp_path: Path
) -> None:
    path = make_clip(tmp_path / f"clip.{suffix}", pictures=100, codec=codec, b_frames=b_frames)
    found, wanted = cut_here(path, Span(1.0, 1.48), codec=codec), shades(path, Span(0.8, 1.68))
    in_a_row = [wanted[number : number + len(found)] for number in range(len(wanted) - len(found))]
    assert len(found) >= 10
    assert any(found == pytest.approx(shown, abs=3) for shown in in_a_row)


def test_a_stretch_without_pictures_is_left_out_and_alone_refused(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", pictures=50)
    beyond = Span(3, 4)
    assert cut_here(path, Span(0.4, 1), beyond) == cut_here(path, Span(0.4, 1))
    with pytest.raises(ClipError, match="no picture"):
        cut_here(path, beyond)
