"""Claims: which video is sampled next, and who may still answer about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from vtrack_ray.errors import StaleAttempt
from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.transaction import Transaction
from vtrack_ray.ledger.values import Claim
from vtrack_ray.ledger.video_rows import videos_of
from vtrack_ray.meaning.video import Video, VideoStatus


class Claims(Database):
    """Queries about claims. Every claim raises the video's attempt number."""

    def next_up(
        self,
        limit: int,
        at: datetime,
        camera_names: Sequence[str] | None = None,
        program_ids: Sequence[int] | None = None,
    ) -> list[str]:
        """Up to `limit` probed videos that are pending and whose retry time has come, by id, in the order to sample.

        Those of these cameras and of these programs alone, if given.

        Fair between cameras: each has its earliest video sampled before any has its second, counting those being
        sampled already; of equals, the camera that waited longest goes first.
        """
        with self._reading() as transaction:
            rows = transaction.run(
                "next_videos",
                limit=limit,
                at=at,
                camera_names=camera_names,
                program_ids=program_ids,
            )
            return [row["video_id"] for row in rows]

    def pending(self, video_ids: Sequence[str] | None = None) -> list[Video]:
        """The probed videos that are pending (of these; None: of all), whatever their retry time, in that order."""
        with self._reading() as transaction:
            return videos_of(transaction.run("pending_videos", video_ids=video_ids))

    def claim_video(self, video_id: str, at: datetime) -> Claim | None:
        """Claims that video if it is pending and probed, whatever its retry time."""
        with self._changing() as transaction:
            # Asked before, by nothing but the id: with more conditions, DuckDB would look at every row.
            if not any(row["is_claimable"] for row in transaction.run("claimable", video_id=video_id)):
                return None
            [row] = transaction.run("claim_video", video_id=video_id, at=at)
        [video] = videos_of([row])
        return Claim(video=video, attempt=row["attempt"])

    def release(self, video_id: str, attempt: int, reason: str, retry_at: datetime | None = None) -> None:
        """Gives a claim back, to be claimed again from `retry_at`; its logs stay. Raises StaleAttempt."""
        with self._changing() as transaction:
            require_claim(transaction, video_id, attempt)
            transaction.run("release_claim", video_id=video_id, reason=reason, retry_at=retry_at)

    def stale_claims(self, claimed_before: datetime | None = None) -> list[Claim]:
        """All claims, or those made before that instant, oldest first."""
        with self._reading() as transaction:
            rows = transaction.run("stale_claims", claimed_before=claimed_before)
        return [Claim(video=video, attempt=row["attempt"]) for video, row in zip(videos_of(rows), rows, strict=True)]

    def set_back(
        self,
        video_id: str,
        attempt: int | None,
        reason: str,
        at: datetime,
        pauses_s: Sequence[float],
        *,
        is_out_of_reach: bool = False,
    ) -> datetime | None:
        """Counts a failure of the video, and puts it back to be tried again; gives when.

        Its first failure asks for the first of the pauses, in seconds, the next one for the next. When there is none
        left, it is failed (see `out_of_reach`), and None is given. `attempt` None: it is pending, its time has come,
        and it can't even be claimed. Raises StaleAttempt if that is not how things stand. What was sampled of it stays.
        """
        with self._changing() as transaction:
            changed = transaction.run(
                "set_back_video",
                video_id=video_id,
                attempt=attempt,
                reason=reason,
                at=at,
                pauses_s=[float(pause_s) for pause_s in pauses_s],
                is_out_of_reach=is_out_of_reach,
            )
        if not changed:
            raise StaleAttempt(f"Video {video_id} is not in attempt {attempt}; its failure was refused: {reason}")
        retry_at: datetime = changed[0]["retry_at"]
        return retry_at if changed[0]["status"] == VideoStatus.PENDING else None

    def put_off(self, video_id: str, attempt: int | None, reason: str, retry_at: datetime) -> None:
        """Has the video wait until then, and counts no failure; `attempt` as in `set_back`. Raises StaleAttempt."""
        with self._changing() as transaction:
            if not transaction.run(
                "put_off_video", video_id=video_id, attempt=attempt, reason=reason, retry_at=retry_at
            ):
                raise StaleAttempt(f"Video {video_id} is not in attempt {attempt}; it was not put off: {reason}")

    def release_claims(self, claimed_before: datetime | None = None) -> int:
        """Gives back all claims, or those older than that, and says how many; their logs stay.

        The file has one owner: at its start and its stop, nobody works on any claim.
        """
        with self._changing() as transaction:
            return len(transaction.run("release_claims", claimed_before=claimed_before))


def require_claim(transaction: Transaction, video_id: str, attempt: int) -> None:
    """Raises StaleAttempt unless the video is being sampled in that attempt."""
    rows = transaction.run("standing", video_id=video_id)
    if not rows:
        raise StaleAttempt(f"Video {video_id} is no longer known: its file has changed. Attempt {attempt} was refused.")
    standing = rows[0]
    if (standing["status"], standing["attempt"]) != ("sampling", attempt):
        raise StaleAttempt(
            f"Video {video_id} is {standing['status']} in attempt {standing['attempt']}; "
            f"an answer of attempt {attempt} was refused."
        )
