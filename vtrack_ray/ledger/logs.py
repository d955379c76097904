"""The table of sampling logs, and the sums of them that a video's record shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from operator import attrgetter
from typing import NamedTuple

from vtrack_ray.ledger.claims import require_claim
from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.log_rows import coverage_of, log_of, parameters_of
from vtrack_ray.ledger.queries import one_or_more
from vtrack_ray.ledger.transaction import Transaction
from vtrack_ray.ledger.values import STAGES
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Coverage, Span, Stretch, covered_s


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
            parts = _parts(transaction, video_id)
            of_span = (log.span, log.method)
            transaction.run(
                "save_log",
                is_repeat=True if of_span in parts else None,
                attempt=attempt,
                profile_digest=profile_digest,
                **parameters_of(log),
            )
            parts[of_span] = _Part(attempt, profile_digest, log.coverage, log.pictures, log.seconds)
            _set_sums(transaction, video_id, list(parts.values()))

    def logs(self, video_ids: Sequence[str]) -> dict[str, list[SamplingLog]]:
        """The logs of each of these videos, by span and method; an empty list where there is none."""
        found: dict[str, list[SamplingLog]] = {video_id: [] for video_id in video_ids}
        with self._asking() as transaction:
            for row in transaction.run("logs", **one_or_more("video_id", "video_ids", video_ids)):
                found[row["video_id"]].append(log_of(row))
        return {video_id: sorted(logs, key=attrgetter("span", "method")) for video_id, logs in found.items()}

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
            parts = _parts(transaction, video_id)
            _set_sums(transaction, video_id, list(parts.values()))
        return [span for span, _ in parts]


class _Part(NamedTuple):
    """What a log adds to its video's record."""

    attempt: int
    profile_digest: str
    coverage: Sequence[Stretch]
    pictures: int
    seconds: Mapping[str, float]


def _parts(transaction: Transaction, video_id: str) -> dict[tuple[Span, Method], _Part]:
    """What all logs of a video add to its record, by span and method."""
    return {
        (Span(row["start_s"], row["end_s"]), Method(row["method"])): _Part(
            row["attempt"], row["profile_digest"], coverage_of(row), row["pictures"], row["seconds"]
        )
        for row in transaction.run("log_outlines", video_id=video_id)
    }


def _set_sums(transaction: Transaction, video_id: str, parts: Sequence[_Part]) -> None:
    """Brings a video's record up to date with its logs: in SQL, the sums take three times as long to plan."""
    coverage = [stretch for part in parts for stretch in part.coverage]
    transaction.run(
        "set_sums",
        video_id=video_id,
        profile_digest=max(parts, key=attrgetter("attempt")).profile_digest if parts else None,
        pictures=sum(part.pictures for part in parts),
        **{f"{kind}_s": covered_s(coverage, kind) for kind in Coverage},
        **{f"{stage}_s": fsum(part.seconds.get(stage, 0.0) for part in parts) for stage in STAGES},
    )
