"""Clips: each event's stretch of the recordings as a file at Google Drive, sent when the event's day is done with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from vtrack_ray.drive.patience import Patience
from vtrack_ray.errors import ClipError, DriveForbidden, DriveSignedOut, VideoError, VideoUnreachable
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import DueClip, EventRow, VideoFilter
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.result import CLIP_FOLDER, ClipFile, Put, ResultFile
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.clip_name import clip_name
from vtrack_ray.pipeline.clip_upload import put_clip, reserve_clips
from vtrack_ray.pipeline.excerpt import Excerpt, excerpts
from vtrack_ray.pipeline.job import Job, job_on_file
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.place import PATIENCE, Place, reserve
from vtrack_ray.pipeline.time_limit import within
from vtrack_ray.settings import Settings

AGAIN = timedelta(hours=6)
"""How long what could not be cut is let be: files come back when a disk does, which takes a person."""
A_ROUND = 20
"""Clips that are tried, one after the other, before files of events are looked at again. Each is a job of its own, and
waits for its turn behind the samplings that wait already: these lose one place, and only now and then."""
_AHEAD = 500
"""Clips that a round looks at: of a recording that is gone, one is tried, and all others are let be."""
_LONGEST_S = 1800.0
"""A packing that long is none: a card was lost, or taken away for the night. Its clip would fill disks."""
_MOST_TOLD = 3


class Sent(NamedTuple):
    """What a round came to: clips that were sent, and whether more may be due."""

    clips: int
    are_more: bool


class Clips:
    """Keeps the clips in the folder up to date, if they are wanted there.

    As with files of events: a clip's id is kept before it is made, so each is there once; and one that somebody has
    changed or thrown away is let be. Of an event that is no more, the clip stays: it may be all that is left of it.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        launcher: Launcher,
        chronicle: Chronicle,
        now: Callable[[], datetime],
        patience: Patience = PATIENCE,
    ) -> None:
        self._settings = settings
        self._store = store
        self._launcher = launcher
        self._chronicle = chronicle
        self._now = now
        self._patience = patience
        self._zone = ZoneInfo(settings.TIME_ZONE)

    async def send(self, tried_before: datetime) -> Sent:
        """Sends some of what is due, the latest first; what could not be sent is due if it was tried before then.

        Raises DriveError; what was sent is recorded. A clip that can't be cut is told and holds up no other.
        """
        folder = await self._store(Ledger.results_folder)
        if folder is None or not folder.clips:
            return Sent(0, are_more=False)
        due = await self._due(tried_before)
        if not due:
            return Sent(0, are_more=False)
        place = Place.of(folder, self._settings, self._patience)
        under_way = _Round()
        sent = 0
        try:
            for day, of_day in groupby(due, lambda one: one.day):
                if not under_way.is_over:
                    sent += await self._send_day(place, day, list(of_day), under_way)
        finally:
            await self._tell(under_way)
        return Sent(sent, are_more=under_way.is_over or len(due) == _AHEAD)

    async def _due(self, tried_before: datetime) -> list[DueClip]:
        """Clips of events of days that are done with."""
        days = [day for day in await self._store(Ledger.event_days, self._settings.TIME_ZONE) if day.is_whole]
        due = await self._store(Ledger.clips_due, days, tried_before, _AHEAD)
        if all(one.clip for one in due):
            return due
        inherited = await self._store(Ledger.inherit_clips, days)
        return await self._store(Ledger.clips_due, days, tried_before, _AHEAD) if inherited else due

    async def _send_day(self, place: Place, day: date, due: Sequence[DueClip], under_way: _Round) -> int:
        home = await self._home(place, day)
        clips = {one.event.event_id: one.clip for one in due if one.clip}
        if new := [one.event.event_id for one in due if one.clip is None]:
            job = Job(label=f"clips:{day}", kind="results")
            ids = await self._launcher.run(job, reserve_clips, place, home, new)
            clips |= {clip.event_id: clip for clip in await self._store(Ledger.reserve_clips, ids)}
        sent = 0
        for one in due:
            if under_way.is_over:
                break
            became = await self._send(place, home, one, clips[one.event.event_id], under_way)
            if became is Put.HOMELESS:
                await self._store(Ledger.forget_result, home.result, home.file_id)
                break  # the next round makes another folder
            if became is Put.SENT and home.sent_at is None:
                at = self._now()
                await self._store(Ledger.record_result, home.result, home.file_id, "", at)
                home = replace(home, digest="", sent_at=at)
            sent += became is Put.SENT
        return sent

    async def _home(self, place: Place, day: date) -> ResultFile:
        """The folder of a day's clips: where it is, or is to be."""
        name = f"{CLIP_FOLDER}{day}"
        known = {one.result: one for one in await self._store(Ledger.results)}
        if name not in known:
            ids = await self._launcher.run(Job(label=f"clips:{day}", kind="results"), reserve, place, [name])
            known = {one.result: one for one in await self._store(Ledger.reserve_results, ids)}
        return known[name]

    async def _send(
        self, place: Place, home: ResultFile, one: DueClip, clip: ClipFile, under_way: _Round
    ) -> Put | None:
        """Sends a clip, and records it; None if that can't be done now."""
        event = one.event
        name = clip_name(event, self._zone)
        try:
            under_way.refuse_known(event)
            found = await self._excerpts(event)
            under_way.tried += 1
            job = job_on_file("clip", found[0].video.file)
            work = self._launcher.run(job, put_clip, place, home, clip, name, one.digest, found)
            became = await within(self._settings.TIMEOUT_SECONDS, job.watch, work)
        except VideoError as error:
            under_way.fail(one, error)
            return None
        except DriveForbidden as error:
            if isinstance(error, DriveSignedOut) or clip.sent_at is None:
                raise
            under_way.fail(one, error)  # it lies where the account may not write, and nothing else does
            return None
        if became is Put.LOST:
            await self._store(Ledger.forget_clip, event.event_id, clip.file_id)
        elif became is not Put.HOMELESS:
            await self._store(Ledger.record_clip, event, clip.file_id, one.digest, name, self._now())
        return became

    async def _excerpts(self, event: EventRow) -> list[Excerpt]:
        if event.duration_s > _LONGEST_S:
            raise ClipError(f"a packing of more than {_LONGEST_S / 60:.0f} minutes is taken for none")
        videos = await self._store(Ledger.videos, VideoFilter(video_ids=event.video_ids))
        profile = await self._store(Ledger.profile, event.camera_name) or Profile(camera_name=event.camera_name)
        return excerpts(event, {row.video_id: row for row in videos}, profile.clip_margin_s)

    async def _tell(self, under_way: _Round) -> None:
        """Records what could not be sent, and tells of what is new in it."""
        if under_way.reasons:
            await self._store(Ledger.record_clip_failures, under_way.reasons, self._now())
        if under_way.new:
            await self._chronicle.tell(OccurrenceKind.TROUBLE, under_way.told(), clips=len(under_way.new))


class _Round:
    """How many clips were tried in a round, and what could not be sent, by event."""

    def __init__(self) -> None:
        self.tried = 0
        self.reasons: dict[str, str] = {}
        self.new: list[str] = []
        self._unreachable: dict[tuple[str, ...], VideoError] = {}

    @property
    def is_over(self) -> bool:
        return self.tried >= A_ROUND

    def fail(self, one: DueClip, error: Exception) -> None:
        if isinstance(error, VideoUnreachable):
            self._unreachable[one.event.video_ids] = error
        reason = self.reasons[one.event.event_id] = str(error).rstrip(".")
        if one.clip is None or one.clip.reason is None:
            self.new.append(reason)

    def refuse_known(self, event: EventRow) -> None:
        """Raises why the event's videos could not be reached a moment ago: no job need look again."""
        if (error := self._unreachable.get(event.video_ids)) is not None:
            raise error

    def told(self) -> str:
        """A sentence for a person."""
        reasons = list(dict.fromkeys(self.new))
        more = f"; and {len(reasons) - _MOST_TOLD} more reasons" if len(reasons) > _MOST_TOLD else ""
        what = f"the clips of {len(self.new)} events" if len(self.new) > 1 else "the clip of an event"
        hours = AGAIN / timedelta(hours=1)
        said = "; ".join(reasons[:_MOST_TOLD])
        return f"{what} could not be sent, which is tried again every {hours:.0f} hours: {said}{more}"
