"""Videos, pictures and clips over HTTP."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests.api.conftest import Client
from tests.conftest import TWO_CAMERAS


@pytest.fixture
def video(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/videos")["videos"][0]
    return found


def test_a_video_is_given_whole_and_in_ranges(client: Client, video: dict[str, Any]) -> None:
    path, content = f"/api/v1/videos/{video['video_id']}/file", Path(video["path"]).read_bytes()
    whole = client.ask("GET", path)
    assert (whole.status_code, whole.headers["Content-Type"]) == (200, "video/mp4")
    assert whole.content == content
    head = client.ask("HEAD", path)
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(len(content)))
    part = client.ask("GET", path, headers={**client.headers, "Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, content[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(content)}"
    onwards = client.ask("GET", path, headers={**client.headers, "Range": "bytes=100-"})
    assert (onwards.status_code, onwards.content) == (206, content[100 : 100 + 4 * 2**20])
    for asked in (f"bytes={len(content)}-", "bytes=-0"):
        beyond = client.ask("GET", path, headers={**client.headers, "Range": asked})
        assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(content)}")
        assert "none there" in beyond.json()["error"]
        stale = client.ask("HEAD", path, headers={**client.headers, "Range": asked, "If-Range": '"another"'})
        assert stale.status_code == 200
    for asked in ("bytes=9-5", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=x"):
        left_aside = client.ask("GET", path, headers={**client.headers, "Range": asked})
        assert (left_aside.status_code, left_aside.content) == (200, content), asked
    for named in ("ETag", "Last-Modified"):
        same = {**client.headers, "Range": "bytes=-77", "If-Range": whole.headers[named]}
        assert client.ask("GET", path, headers=same).content == content[-77:]


def test_a_picture_is_that_of_the_time_asked_for(client: Client, video: dict[str, Any]) -> None:
    path = f"/api/v1/videos/{video['video_id']}/picture"
    answer = client.ask("GET", path, params={"time_s": 2.0})
    assert answer.headers["Content-Type"] == "image/jpeg"
    shown = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_GRAYSCALE)
    with av.open(video["path"]) as container:
        stored = next(frame for frame in container.decode(video=0) if frame.time >= 2.0).to_ndarray(format="gray")
    assert shown.shape == stored.shape == (video["height"], video["width"])
    assert np.abs(shown.astype(int) - stored.astype(int)).mean() < 6
    small = client.ask("GET", path, params={"time_s": 2.0, "max_width": 160})
    assert cv2.imdecode(np.frombuffer(small.content, np.uint8), cv2.IMREAD_GRAYSCALE).shape == (90, 160)
    assert "no picture at that time" in client.refused("GET", path, 404, params={"time_s": 1e6})
    assert "time_s: " in client.refused("GET", path, 422, params={"time_s": "nan"})


def test_an_events_clip_holds_it_with_a_moment_around_it(client: Client) -> None:
    events = client.get("/api/v1/events")["events"]
    across = next(event for event in events if len(event["videos"]) == 2)
    within = next(event for event in events if len(event["videos"]) == 1 and event["start_s"] > 6)
    for event in (within, across):
        answer = client.ask("GET", f"/api/v1/events/{event['event_id']}/clip")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "video/mp4"), answer.text
        with av.open(io.BytesIO(answer.content), "r") as container:
            [stream] = container.streams.video
            assert stream.codec_context.name == "h264"
            pictures = sum(1 for _ in container.decode(stream))
        # Copied, it begins at a keyframe: they are 2 s apart.
        least, most = event["duration_s"] + 3, event["duration_s"] + 6 + 2 + 0.5
        assert least <= pictures / TWO_CAMERAS.recording.frame_rate <= most, event
    ranged = client.ask(
        "GET", f"/api/v1/events/{within['event_id']}/clip", headers={**client.headers, "Range": "bytes=0-9"}
    )
    assert (ranged.status_code, len(ranged.content)) == (206, 10)


def test_what_is_not_known_is_not_given(client: Client) -> None:
    for path in ("videos/x/file", "videos/x/picture", "events/x/clip", "videos/..%2F..%2Fetc%2Fpasswd/file"):
        client.refused("GET", f"/api/v1/{path}", 404)
