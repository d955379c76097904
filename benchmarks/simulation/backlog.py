"""A backlog that nobody worked for: rows of videos that wait, and of others that were done before, put in by hand."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from itertools import islice

from benchmarks.simulation.recordings import BEGIN, Recordings
from vtrack_ray.ledger.ledger import Ledger

_AT_ONCE = 100_000
_CAMERAS = 200

_HEADERS = """
    UPDATE file_list
    SET started_at = strptime(path[-19:-5], '%Y%m%d_%H%M%S'), start_basis = 'name', duration_s = 600,
        width_px = 1920, height_px = 1080, codec = 'h264'
    WHERE started_at IS NULL
"""

_DONE = (
    """
    CREATE OR REPLACE TEMP TABLE done AS
    SELECT
      format('old{:04d}', number % $cameras) AS camera_name,
      $begin::TIMESTAMP + to_seconds(600 * (number // $cameras)) AS started_at,
      format('/former/old{:04d}/{}.mp4', number % $cameras, number // $cameras) AS path,
      md5(path)[:16] AS video_id
    FROM range($first, $last) AS numbers(number)
    """,
    """
    INSERT INTO file_list BY NAME
    SELECT video_id, '/former' AS source, path, camera_name, 21800000 AS size_bytes, 0 AS modified_ns, started_at,
      'name' AS start_basis, 600 AS duration_s, 1920 AS width_px, 1080 AS height_px, 'h264' AS codec, 'done' AS status,
      1 AS attempt, 'former' AS profile_digest, true AS surveyed, 300 AS examined_s, 300 AS idle_s, 0.2 AS index_s,
      1.8 AS coarse_s, 1.3 AS refine_s, 300 AS pictures, started_at AS added_at, started_at AS claimed_at,
      started_at AS finished_at
    FROM done
    """,
    """
    INSERT INTO processed_logs BY NAME
    SELECT video_id, 0 AS start_s, 600 AS end_s, 'cascade' AS method, 1 AS attempt, 'former' AS profile_digest,
      '[]' AS samples, '[]' AS coverage, 300 AS pictures, '{"index": 0.2}' AS seconds, '[]' AS notes
    FROM done
    """,
    """
    CREATE OR REPLACE TEMP TABLE packed AS
    SELECT *, started_at + to_seconds(110 * place + 20) AS begun_at, format('{}{}', video_id, place) AS code,
      md5(code)[:16] AS event_id
    FROM done, range(5) AS places(place)
    """,
    """
    INSERT INTO events BY NAME
    SELECT event_id, camera_name, begun_at AS started_at, begun_at + to_seconds(50) AS ended_at,
      110 * place + 20 AS start_s, 110 * place + 70 AS end_s, 50 AS duration_s,
      [video_id] AS video_ids, [code] AS tracking_codes, 'complete' AS status,
      to_json([
        {
          'code': code, 'symbology': 'QRCode', 'video_id': video_id, 'time_s': 110.0 * place + 25 + ordinal,
          'seen_us': epoch_us(begun_at + to_seconds(5 + ordinal)), 'x': 700, 'y': 400, 'width': 120, 'height': 120,
          'decoder': 'zxing', 'fused_s': []
        }
        for ordinal in range(3)
      ])::VARCHAR AS sights
    FROM packed
    """,
    "INSERT INTO event_codes SELECT lower(code), event_id FROM packed",
    """
    INSERT INTO history BY NAME
    SELECT (SELECT coalesce(max(occurrence_id), 0) FROM history) + row_number() OVER () AS occurrence_id,
      $now::TIMESTAMP AS happened_at, 'done' AS kind, camera_name, video_id, 1 AS attempt,
      path || ': done' AS text, '{"footage_s": 600.0, "work_s": 3.3, "events": 5.0}' AS figures
    FROM done
    """,
)


def add_waiting(ledger: Ledger, recordings: Recordings) -> None:
    """Has all recordings wait, their headers read."""
    files = recordings.files()
    while some := list(islice(files, _AT_ONCE)):
        ledger.register(some, BEGIN)
    with closing(ledger._connection.cursor()) as cursor:
        cursor.execute(_HEADERS)
        cursor.execute("CHECKPOINT")


def add_done(ledger: Ledger, videos: int, now: datetime) -> None:
    """Has so many videos of other cameras be done, with five events each; of their logs, the samples are left out."""
    values: dict[str, object] = {
        "cameras": _CAMERAS,
        "begin": BEGIN.replace(tzinfo=None),
        "now": now.replace(tzinfo=None),
    }
    with closing(ledger._connection.cursor()) as cursor:
        for first in range(0, videos, _AT_ONCE):
            values |= {"first": first, "last": min(videos, first + _AT_ONCE)}
            for statement in _DONE:
                cursor.execute(statement, {name: value for name, value in values.items() if f"${name}" in statement})
        cursor.execute("CHECKPOINT")
