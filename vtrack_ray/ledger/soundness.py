"""Soundness: what in a database breaks what has to hold in each. Knows no fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.video_rows import videos_of
from vtrack_ray.meaning.video import Video

_MOST_NAMED = 3

REBUILD = "`vtrack db rebuild` folds all events anew."
RESTORE = "`vtrack db restore FILE` puts a backup in its place; or `vtrack run --force` does its videos again."


class _Rule(NamedTuple):
    """What a query's rows break: a sentence with a place for how many and which, and what mends it."""

    query: str
    thing: str
    said: str
    remedy: str


_RULES = (
    _Rule(
        "unaccounted_videos", "video", "Examined, idle and unreadable seconds do not come to the duration of", RESTORE
    ),
    _Rule("missummed_videos", "video", "The record is not the sum of the sampling logs of", RESTORE),
    _Rule("orphan_logs", "video", "There are sampling logs, but no record, of", RESTORE),
    _Rule("orphan_events", "event", "A video that is not known is named by", REBUILD),
    _Rule("miscoded_events", "event", "Looking up by tracking code misses, or wrongly finds,", REBUILD),
    _Rule("stray_sights", "event", "Sights lie in other videos than the event itself, of", REBUILD),
    _Rule("unsettled_videos", "video", "Whether an event lies in it is recorded wrongly of", REBUILD),
)


class Concluded(NamedTuple):
    """A concluded video, and the digest of the packing profile that it was concluded with."""

    video: Video
    profile_digest: str | None


class Soundness(Database):
    """Queries about what has to hold."""

    def broken(self) -> Iterator[str]:
        """A sentence for each thing that does not hold, with how many it concerns and the first of them."""
        for rule in _RULES:
            with self._reading() as transaction:
                found = [str(next(iter(row.values()))) for row in transaction.run(rule.query)]
            if found:
                yield f"{rule.said} {_named(found, rule.thing)}. {rule.remedy}"

    def concluded(self) -> list[Concluded]:
        """The concluded videos, in the order in which they were."""
        with self._reading() as transaction:
            rows = transaction.run("concluded_videos")
        return [Concluded(video, row["profile_digest"]) for video, row in zip(videos_of(rows), rows, strict=True)]

    def unconcluded(self) -> list[Video]:
        """Videos whose samples may lie in stored events but not in the logs: to be done again, given up, or removed."""
        with self._reading() as transaction:
            rows = [*transaction.run("unconcluded_videos"), *transaction.run("removed_videos")]
        return videos_of(rows)


def _named(found: Sequence[str], thing: str) -> str:
    more = f", and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return f"{len(found)} {thing}{'s' if len(found) != 1 else ''}: {', '.join(found[:_MOST_NAMED])}{more}"
