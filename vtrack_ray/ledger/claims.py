"""Claims: which video is sampled next, and who may still answer about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from vtrack_ray.errors import StaleAttempt
from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.queries import one_or_more
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
        claims = self.claim_videos([video_id], at)
        return claims[0] if claims else None

    def claim_videos(self, video_ids: Sequence[str], at: datetime) -> list[Claim]:
        """Claims those of the videos that are pending and probed, whatever their retry time; in that order."""
        with self._changing() as transaction:
            # Asked before, by nothing but the id: with more conditions, DuckDB would look at every row.
            found = transaction.run("claimable", **one_or_more("video_id", "video_ids", video_ids))
            claimable = [row["video_id"] for row in found if row["is_claimable"]]
            rows = transaction.run("claim_videos", video_ids=claimable, at=at) if claimable else []
        claims = {
            row["video_id"]: Claim(video=video, attempt=row["attempt"], is_begun=row["is_begun"])
            for video, row in zip(videos_of(rows), rows, strict=True)
        }
        return [claims[video_id] for video_id in video_ids if video_id in claims]

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

    def put_off(
        self, video_id: str, attempt: int | None, reason: str, retry_at: datetime, *, is_lost: bool = False
    ) -> None:
        """Has the video wait until then, and counts no failure; `attempt` as in `set_back`. Raises StaleAttempt.

        `is_lost`: whoever worked on it was lost, and that is counted.
        """
        with self._changing() as transaction:
            if not transaction.run(
                "put_off_video", video_id=video_id, attempt=attempt, reason=reason, retry_at=retry_at, is_lost=is_lost
            ):
                raise StaleAttempt(f"Video {video_id} is not in attempt {attempt}; it was not put off: {reason}")

    def release_claims(self, claimed_before: datetime | None = None, *, are_lost: bool = False) -> int:
        """Gives back all claims, or those older than that, and says how many; their logs stay.

        The file has one owner: at its start and its stop, nobody works on any claim. `are_lost`: it was not given up
        in good order, and that is counted for each video.
        """
        with self._changing() as transaction:
            return len(transaction.run("release_claims", claimed_before=claimed_before, are_lost=are_lost))


def require_claim(transaction: Transaction, video_id: str, attempt: int) -> None:
    """Raises StaleAttempt unless the video is being sampled in that attempt."""
    if refusals := stale_attempts(transaction, [(video_id, attempt)]):
        raise refusals[video_id, attempt]


def stale_attempts(
    transaction: Transaction, attempts: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], StaleAttempt]:
    """Those of some videos' attempts in which they are not being sampled, each with what there is to say of it."""
    ids = list(dict.fromkeys(video_id for video_id, _ in attempts))
    rows = transaction.run("standing", **one_or_more("video_id", "video_ids", ids))
    standing = {row["video_id"]: (row["status"], row["attempt"]) for row in rows}
    return {
        (video_id, attempt): StaleAttempt(_refused(video_id, attempt, standing.get(video_id)))
        for video_id, attempt in attempts
        if standing.get(video_id) != ("sampling", attempt)
    }


def _refused(video_id: str, attempt: int, standing: tuple[str, int] | None) -> str:
    if standing is None:
        return f"Video {video_id} is no longer known: its file has changed. Attempt {attempt} was refused."
    status, latest = standing
    return f"Video {video_id} is {status} in attempt {latest}; an answer of attempt {attempt} was refused."
