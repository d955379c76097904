"""A shop: a database with events, and a folder at Google Drive that they are sent to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.drive.contents import FOLDER, Item
from tests.drive.server import Google
from tests.ledger.examples import NOON, claimed, conclusion, header, refolded
from vtrack_ray.drive.account import Account, Purpose, account_path, keep_account
from vtrack_ray.drive.client import Drive
from vtrack_ray.drive.folder import make_folder
from vtrack_ray.drive.patience import Patience
from vtrack_ray.footage.origin import reading_by
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.event import Event
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.clips import AGAIN, Clips
from vtrack_ray.pipeline.launcher import Launcher, LocalLauncher, LocalStore
from vtrack_ray.pipeline.observer import Nobody
from vtrack_ray.pipeline.results import Results
from vtrack_ray.settings import Settings

IMPATIENT = Patience(tries=4, unit_s=0.001, most_s=2.0)


@dataclass
class Shop:
    google: Google
    account: Account
    ledger: Ledger
    settings: Settings
    folder: str
    now: datetime = NOON

    def send(self, store: Any = None) -> int:
        """Sends files of events."""
        store = store or LocalStore(self.ledger)
        results = Results(self.settings, store, LocalLauncher(), lambda: datetime.now(UTC), IMPATIENT)
        return asyncio.run(results.send())

    def send_clips(self, store: Any = None, launcher: Launcher | None = None) -> int:
        """Sends a round of clips."""
        store = store or LocalStore(self.ledger)
        chronicle = Chronicle(store, Nobody(), lambda: self.now)
        clips = Clips(self.settings, store, launcher or LocalLauncher(), chronicle, lambda: self.now, IMPATIENT)
        with reading_by(self.settings):
            return asyncio.run(clips.send(self.now - AGAIN)).clips

    def want_clips(self) -> None:
        folder = self.ledger.results_folder()
        assert folder
        self.ledger.choose_results_folder(replace(folder, clips=True), NOON)

    def happen(self, *events: Event, name: str = "a.mp4") -> None:
        """A video is concluded with these events."""
        claim = claimed(self.ledger, name)
        self.ledger.conclude(claim.video.video_id, claim.attempt, conclusion(), refolded(*events))

    def record(self, file: FoundFile, minute: float = 0) -> str:
        """A minute of a camera's, concluded without an event; the video's identity."""
        self.ledger.register([file], NOON)
        self.ledger.set_header(file.video_id, header(minute))
        claim = self.ledger.claim_video(file.video_id, NOON)
        assert claim
        nothing = refolded(after=minute, until=minute, camera_name=file.camera_name)
        self.ledger.conclude(file.video_id, claim.attempt, conclusion(), nothing)
        return file.video_id

    def files(self) -> list[Item]:
        """Those in the folder, by name; of those of one name, the earlier first."""
        return sorted(self.google.contents.children[self.folder].values(), key=lambda item: (item.name, item.id))

    def names(self) -> list[str]:
        return [item.name for item in self.files()]

    def clips(self) -> list[Item]:
        """Those in folders within that one, by name; of those of one name, the earlier first."""
        folders = [item.id for item in self.files() if item.mime_type == FOLDER]
        items = [item for folder in folders for item in self.google.contents.children[folder].values()]
        return sorted(items, key=lambda item: (item.name, item.id))

    def clip_names(self) -> list[str]:
        return [item.name for item in self.clips()]

    def make_own(self, file_id: str, done: str, content: bytes) -> None:
        """Somebody does that to a file: it is "changed", "trashed" or "deleted"."""
        match done:
            case "changed":
                self.google.contents.replace(file_id, content)
            case "trashed":
                self.google.contents.trash(file_id)
            case "deleted":
                self.google.contents.delete(file_id)

    def uploads(self) -> int:
        return sum(one.query.get("uploadType") == "resumable" for one in self.google.asked("POST", "/upload/")) + sum(
            one.query.get("uploadType") == "resumable" for one in self.google.asked("PATCH", "/upload/")
        )


Opening = Callable[[Path], Shop]


def opened_shop(path: Path, google: Google, person: Account) -> Shop:
    ledger = Ledger.open(path)
    settings = Settings(DB=path, DRIVE_ENDPOINT=google.address, TIME_ZONE="Asia/Ho_Chi_Minh", DRIVE_RETRY_SECONDS=0.001)
    keep_account(account_path(path), person)
    with Drive(person, Purpose.RESULTS, google.address) as drive:
        folder = make_folder(drive, "Results", path.stem)
    ledger.choose_results_folder(folder, NOON)
    return Shop(google, person, ledger, settings, folder.folder_id)


class Killed(Exception):
    """The process ends here."""


class Mortal(LocalStore):
    """Ends before a call of the ledger is made."""

    def __init__(self, ledger: Ledger, at: str) -> None:
        super().__init__(ledger)
        self._at = at

    async def __call__(self, method: Any, /, *args: Any, **kwargs: Any) -> Any:
        if method.__name__ == self._at:
            raise Killed
        return await super().__call__(method, *args, **kwargs)
