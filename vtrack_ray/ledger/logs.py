"""The table of sampling logs, and the sums of them that a video's record shows."""

from __future__ import annotations

from collections.abc import Sequence

from vtrack_ray.ledger.claims import require_claim
from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.log_rows import log_of, parameters_of
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Span


class Logs(Database):
    """Queries about sampling logs."""

    def log_span(self, video_id: str, attempt: int, profile_digest: str, log: SamplingLog) -> None:
        """Stores the log of a span and the video's progress together; a repeat overwrites itself.

        Raises StaleAttempt, with nothing stored, if the video is not being sampled in that attempt.
        """
        if log.video_id != video_id:
            raise ValueError(f"a log of video {log.video_id} was given for video {video_id}")
        with self._changing() as transaction:
            require_claim(transaction, video_id, attempt)
            transaction.run("save_log", attempt=attempt, profile_digest=profile_digest, **parameters_of(log))
            transaction.run("sum_logs", video_id=video_id)

    def logs(self, video_ids: Sequence[str]) -> dict[str, list[SamplingLog]]:
        """The logs of each of these videos, by span and method; an empty list where there is none."""
        found: dict[str, list[SamplingLog]] = {video_id: [] for video_id in video_ids}
        with self._reading() as transaction:
            for row in transaction.run("logs", video_ids=video_ids):
                found[row["video_id"]].append(log_of(row))
        return found

    def keep_logs(self, video_id: str, profile_digest: str, method: Method, spans: Sequence[Span]) -> list[Span]:
        """Forgets the video's logs but those of exactly these spans, sampled like that; gives the spans kept.

        Second looks go too: they depend on all that was sampled.
        """
        with self._reading() as transaction:
            if not transaction.run("logged_spans", video_id=video_id):
                return []  # most were never begun before: nothing need be written for them
        with self._changing() as transaction:
            transaction.run(
                "keep_logs",
                video_id=video_id,
                profile_digest=profile_digest,
                method=str(method),
                starts_s=[span.start_s for span in spans],
                ends_s=[span.end_s for span in spans],
            )
            transaction.run("sum_logs", video_id=video_id)
            kept = transaction.run("logged_spans", video_id=video_id)
        return [Span(row["start_s"], row["end_s"]) for row in kept]
