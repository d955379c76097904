"""The table of sampling logs, and the sums of them that a video's record shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import fsum
from operator import attrgetter
from typing import Any, NamedTuple

from vtrack_ray.errors import StaleAttempt
from vtrack_ray.ledger.claims import stale_attempts
from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.log_rows import coverage_of, log_of, row_of
from vtrack_ray.ledger.queries import Written, one_or_more
from vtrack_ray.ledger.transaction import Row, Transaction
from vtrack_ray.ledger.values import STAGES
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Coverage, Span, Stretch, covered_s


class Logs(Database):
    """Queries about sampling logs."""

    def log_span(self, video_id: str, attempt: int, profile_digest: str, log: SamplingLog) -> None:
        """Stores the log of a span and the video's progress together; a repeat overwrites itself.

        Raises StaleAttempt, with nothing stored, if the video is not being sampled in that attempt.
        """
        [refusal] = self.log_spans([(video_id, attempt, profile_digest, log)])
        if refusal:
            raise refusal

    def log_spans(self, answers: Sequence[tuple[str, int, str, SamplingLog]]) -> list[StaleAttempt | None]:
        """Does for each of these what `log_span` does, all in one transaction: for many, a tenth of the work.

        Gives what refused each of them, if anything did.
        """
        for video_id, _, _, log in answers:
            if log.video_id != video_id:
                raise ValueError(f"a log of video {log.video_id} was given for video {video_id}")
        with self._changing() as transaction:
            refusals = stale_attempts(transaction, [(video_id, attempt) for video_id, attempt, *_ in answers])
            accepted = [answer for answer in answers if answer[:2] not in refusals]
            if accepted:
                _save(transaction, accepted)
        return [refusals.get((video_id, attempt)) for video_id, attempt, *_ in answers]

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
            parts = _parts(transaction, [video_id])
            _set_sums(transaction, parts)
        return [span for span, _ in parts[video_id]]


class _Part(NamedTuple):
    """What a log adds to its video's record."""

    attempt: int
    profile_digest: str
    coverage: Sequence[Stretch]
    pictures: int
    seconds: Mapping[str, float]


_Parts = dict[str, dict[tuple[Span, Method], _Part]]
"""What all logs of some videos add to their records, by video, and by span and method."""


def _save(transaction: Transaction, answers: Sequence[tuple[str, int, str, SamplingLog]]) -> None:
    """Stores logs, and brings their videos' records up to date."""
    parts = _parts(transaction, list(dict.fromkeys(video_id for video_id, *_ in answers)))
    new: dict[tuple[str, Span, Method], Row] = {}
    repeated: dict[tuple[str, Span, Method], Row] = {}
    for video_id, attempt, profile_digest, log in answers:
        of_span = (log.span, log.method)
        rows = repeated if of_span in parts[video_id] and (video_id, *of_span) not in new else new
        rows[video_id, *of_span] = {**row_of(log), "attempt": attempt, "profile_digest": profile_digest}
        parts[video_id][of_span] = _Part(attempt, profile_digest, log.coverage, log.pictures, log.seconds)
    if new:
        transaction.run("save_logs", is_repeat=None, **_columns(list(new.values())))
    if repeated:
        transaction.run("save_logs", is_repeat=True, **_columns(list(repeated.values())))
    _set_sums(transaction, parts)


def _columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _parts(transaction: Transaction, video_ids: Sequence[str]) -> _Parts:
    """What the logs that are stored add to the records of these videos."""
    parts: _Parts = {video_id: {} for video_id in video_ids}
    for row in transaction.run("log_outlines", **one_or_more("video_id", "video_ids", video_ids)):
        parts[row["video_id"]][Span(row["start_s"], row["end_s"]), Method(row["method"])] = _Part(
            row["attempt"], row["profile_digest"], coverage_of(row), row["pictures"], row["seconds"]
        )
    return {video_id: dict(sorted(of_video.items())) for video_id, of_video in parts.items()}


def _set_sums(transaction: Transaction, parts: _Parts) -> None:
    """Brings videos' records up to date with their logs: in SQL, the sums take three times as long to plan."""
    sums = [{"video_id": video_id, **_sums(list(of_video.values()))} for video_id, of_video in parts.items()]
    transaction.run(
        "set_sums", sums=json.dumps(sums), video_id=Written(sums[0]["video_id"]) if len(sums) == 1 else None
    )


def _sums(parts: Sequence[_Part]) -> Row:
    coverage = [stretch for part in parts for stretch in part.coverage]
    return {
        "profile_digest": max(parts, key=attrgetter("attempt")).profile_digest if parts else None,
        "pictures": sum(part.pictures for part in parts),
        **{f"{kind}_s": covered_s(coverage, kind) for kind in Coverage},
        **{f"{stage}_s": fsum(part.seconds.get(stage, 0.0) for part in parts) for stage in STAGES},
    }
