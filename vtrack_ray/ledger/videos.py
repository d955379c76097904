"""The table of videos: what was probed, looked through, put back or given up, and how far all of it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from vtrack_ray.errors import StaleAttempt
from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.transaction import Transaction, rows_json
from vtrack_ray.ledger.values import (
    STAGES,
    Backlog,
    Filterable,
    Progress,
    Skipped,
    VideoFilter,
    VideoRow,
)
from vtrack_ray.ledger.video_rows import file_of, paths_of, record_of, videos_of
from vtrack_ray.meaning.filters import Refusal
from vtrack_ray.meaning.video import FoundFile, Header, Video, VideoStatus


class Videos(Database):
    """Queries about videos."""

    def sources(self) -> list[str]:
        """The sources that files were found in, in alphabetical order."""
        with self._reading() as transaction:
            return [row["source"] for row in transaction.run("sources")]

    def unprobed(
        self,
        video_ids: Sequence[str] | None = None,
        at: datetime | None = None,
        limit: int | None = None,
        *,
        of_programs: bool | None = None,
    ) -> list[FoundFile]:
        """Pending files (of these; None: of all) whose header was not read yet; those of programs, then by camera.

        Those alone whose retry time has come by then, if an instant is given; and those alone that a program asks for,
        or that none does, if that is said.
        """
        with self._reading() as transaction:
            rows = transaction.run("unprobed_videos", video_ids=video_ids, at=at, limit=limit, of_programs=of_programs)
            return [file_of(row) for row in rows]

    def set_header(self, video_id: str, header: Header) -> None:
        """Records what a probe told. Raises StaleAttempt if the file was replaced meanwhile."""
        with self._changing() as transaction:
            changed = transaction.run(
                "set_header",
                video_id=video_id,
                started_at=header.started_at,
                start_basis=str(header.start_basis),
                duration_s=header.duration_s,
                width_px=header.width_px,
                height_px=header.height_px,
                codec=header.codec,
            )
            if not changed:
                raise StaleAttempt(f"Video {video_id} is no longer known: its file has changed since it was found.")

    def unsurveyed(
        self, camera_name: str, at: datetime | None = None, *, after: Video | None = None, limit: int | None = None
    ) -> list[Video]:
        """Probed videos of the camera not looked through for a trigger card, by start; none that were given up, or put
        off beyond that instant. A page is at most `limit` of those that come after a video."""
        with self._asking() as transaction:
            rows = transaction.run(
                "unsurveyed_videos",
                camera_name=camera_name,
                at=at,
                after_start=after.started_at if after else None,
                after_path=after.path if after else None,
                limit=limit,
            )
        return videos_of(rows)

    def mark_surveyed(self, video_id: str) -> None:
        """Records that the video was looked through for a trigger card."""
        with self._changing() as transaction:
            transaction.run("mark_surveyed", video_id=video_id)

    def forget_survey(self, camera_name: str) -> None:
        """Has all of the camera's videos looked through for a trigger card once more, when they are next asked for."""
        with self._changing() as transaction:
            transaction.run("forget_survey", camera_name=camera_name)

    def fail(
        self,
        video_id: str,
        attempt: int | None,
        status: VideoStatus,
        reason: str,
        at: datetime,
        *,
        is_out_of_reach: bool = False,
    ) -> None:
        """Gives the video up as failed, timed out or skipped, with the reason (see `out_of_reach`).

        `attempt` None: it is neither being sampled nor concluded. Raises StaleAttempt if that is not how things stand.
        """
        if not status.is_final or status in (VideoStatus.DONE, VideoStatus.NO_ACTIVITY):
            raise ValueError(f"a video does not fail as {status}")
        with self._changing() as transaction:
            if not transaction.run(
                "fail_video",
                video_id=video_id,
                attempt=attempt,
                status=str(status),
                reason=reason,
                at=at,
                is_out_of_reach=is_out_of_reach,
            ):
                raise StaleAttempt(f"Video {video_id} is not in attempt {attempt}; its {status} was refused: {reason}")

    def out_of_reach(self) -> list[str]:
        """The videos that failed for nothing but that their files were out of reach when they were last tried."""
        with self._reading() as transaction:
            return [row["video_id"] for row in transaction.run("out_of_reach")]

    def reopen(
        self,
        video_ids: Sequence[str],
        reason: str | None = None,
        *,
        statuses: Sequence[VideoStatus] | None = None,
        keep_logs: bool = False,
    ) -> list[str]:
        """Makes the videos (only those in `statuses`, if given) pending again; gives their ids.

        Their logs go, unless `keep_logs` says that what was sampled of them still holds. Their events stay until they
        are concluded anew.
        """
        with self._changing() as transaction:
            chosen = transaction.run("videos_in_statuses", video_ids=video_ids, statuses=statuses)
            return _reopen(transaction, [row["video_id"] for row in chosen], reason, keep_logs=keep_logs)

    def reopen_stale_profile(self, camera_name: str, digest: str, video_ids: Sequence[str] | None = None) -> list[str]:
        """Reopens the camera's videos (of these; None: of all) that were concluded with another profile.

        Gives the ids of the videos reopened, whose logs are gone.
        """
        stale = {"camera_name": camera_name, "digest": digest, "video_ids": video_ids}
        with self._reading() as transaction:
            if not transaction.run("stale_profile_videos", **stale):
                return []  # as is usual: it takes no commit
        with self._changing() as transaction:
            rows = transaction.run("stale_profile_videos", **stale)
            return _reopen(transaction, [row["video_id"] for row in rows], "its packing profile has changed")

    def neighbours(self, camera_name: str, after: datetime, before: datetime) -> list[Video]:
        """Concluded videos of the camera that overlap [after, before], by start and path."""
        [found] = self.neighbours_in([(camera_name, after, before)])
        return found

    def neighbours_in(self, stretches: Sequence[tuple[str, datetime, datetime]]) -> list[list[Video]]:
        """For each of these stretches of cameras' time what `neighbours` gives, in one question."""
        asked = [
            {"place": place, "camera_name": camera_name, "after": after, "before": before}
            for place, (camera_name, after, before) in enumerate(stretches)
        ]
        with self._asking() as transaction:
            rows = transaction.run("neighbours", stretches=rows_json(asked))
        found: list[list[Video]] = [[] for _ in stretches]
        for video, row in zip(videos_of(rows), rows, strict=True):
            found[row["place"]].append(video)
        return [sorted(videos, key=attrgetter("started_at", "file.path")) for videos in found]

    def video(self, video_id: str) -> VideoRow | None:
        """The video's record, if it is known."""
        found = self.videos(VideoFilter(video_ids=(video_id,)))
        return found[0] if found else None

    def videos(self, video_filter: VideoFilter | None = None) -> list[VideoRow]:
        """The records that pass the filter, by camera, start and path; unprobed ones last."""
        wanted = video_filter or VideoFilter()
        after = wanted.after
        with self._reading() as transaction:
            rows = transaction.run(
                "videos",
                video_ids=wanted.video_ids,
                sources=wanted.sources or None,
                cameras=wanted.cameras or None,
                statuses=wanted.statuses or None,
                since=wanted.since,
                until=wanted.until,
                after_camera=after.camera_name if after else None,
                after_start=after.started_at if after else None,
                after_unprobed=True if after and not after.started_at else None,
                after_path=after.path if after else None,
                limit=wanted.limit,
            )
        return [record_of(row) for row in rows]

    def picture_size(self, camera_name: str) -> tuple[int, int] | None:
        """Width and height, in pixels, of the pictures of the camera's newest video whose header tells them."""
        with self._reading() as transaction:
            rows = transaction.run("picture_size", camera_name=camera_name)
        return (rows[0]["width_px"], rows[0]["height_px"]) if rows else None

    def unfinished(self, limit: int) -> dict[VideoStatus, list[str]]:
        """Where at most so many videos are that are being done or wait to be, by status; the former come first.

        In the order of `videos`.
        """
        with self._asking() as transaction:
            found: dict[str, list[str]] = dict(transaction.tuples("unfinished_videos", limit=limit))
        return {status: found.get(status, []) for status in (VideoStatus.SAMPLING, VideoStatus.PENDING)}

    def paths(self, video_ids: Sequence[str]) -> dict[str, str]:
        """Where those of these videos are that are known, by their identities."""
        with self._asking() as transaction:
            return paths_of(transaction, video_ids)

    def has_unfinished(self) -> bool:
        """Whether any video waits to be done or is being done."""
        with self._reading() as transaction:
            return bool(transaction.run("any_unfinished"))

    def filterable(
        self,
        video_ids: Sequence[str] | None = None,
        *,
        are_skipped: bool = False,
        after_id: str | None = None,
        limit: int | None = None,
    ) -> list[Filterable]:
        """What filters judge: videos of known start that wait or are skipped, and that no program asks for, by id.

        Those of these, if given, or those that are skipped alone; a page is at most `limit` of those that come after
        an id.
        """
        with self._reading() as transaction:
            rows = transaction.run(
                "filterable_videos",
                video_ids=video_ids,
                are_skipped=are_skipped or None,
                after_id=after_id,
                limit=limit,
            )
        refusals = [Refusal(row.pop("skipped_by"), row.pop("reason")) for row in rows]
        return [
            Filterable(**row, refusal=refusal if refusal.filter_name else None)
            for row, refusal in zip(rows, refusals, strict=True)
        ]

    def cameras_waiting(self, at: datetime, *, of_programs: bool) -> list[str]:
        """The cameras of which videos that programs ask for, or others, wait to be sampled, in alphabetical order."""
        with self._reading() as transaction:
            return [row["camera_name"] for row in transaction.run("cameras_waiting", at=at, of_programs=of_programs)]

    def apply_filters(self, skipped: Sequence[Skipped], taken_up: Sequence[str], at: datetime) -> None:
        """Skips some videos, and has others that were skipped wait again; what was sampled of them stays."""
        with self._changing() as transaction:
            if skipped:
                transaction.run("skip_videos", videos=rows_json(one._asdict() for one in skipped), at=at)
            still = transaction.run("videos_in_statuses", video_ids=taken_up, statuses=[VideoStatus.SKIPPED])
            if still:
                _reopen(transaction, [row["video_id"] for row in still], None, keep_logs=True)

    def backlog(self) -> list[Backlog]:
        """What is still to be done, by camera."""
        with self._reading() as transaction:
            return [Backlog(**row) for row in transaction.run("backlog")]

    def progress(self, video_ids: Sequence[str] | None = None) -> Progress:
        """How far these videos are; None: all of them."""
        with self._reading() as transaction:
            rows = {row["status"]: row for row in transaction.run("progress", video_ids=video_ids)}
        return Progress(
            videos={status: rows[status]["videos"] if status in rows else 0 for status in VideoStatus},
            duration_s={status: rows[status]["duration_s"] if status in rows else 0.0 for status in VideoStatus},
            examined_s=sum(row["examined_s"] for row in rows.values()),
            idle_s=sum(row["idle_s"] for row in rows.values()),
            unreadable_s=sum(row["unreadable_s"] for row in rows.values()),
            pictures=sum(row["pictures"] for row in rows.values()),
            seconds={stage: sum(row[f"{stage}_s"] for row in rows.values()) for stage in STAGES},
        )

    def counts(self) -> dict[VideoStatus, int]:
        """The number of videos in each status."""
        with self._asking() as transaction:
            found: dict[str, int] = dict(transaction.tuples("video_counts"))
        return {status: found.get(status, 0) for status in VideoStatus}


def _reopen(
    transaction: Transaction, video_ids: Sequence[str], reason: str | None, *, keep_logs: bool = False
) -> list[str]:
    if not keep_logs:
        transaction.run("delete_logs", video_ids=video_ids)
        transaction.run("clear_sums", video_ids=video_ids)
    transaction.run("reopen_videos", video_ids=video_ids, reason=reason)
    return list(video_ids)
