"""A place at Google Drive: where files go, and who puts them there; what a job needs to know wherever it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from vtrack_ray.drive.account import Account, Purpose, account_path, load_account
from vtrack_ray.drive.patience import Patience
from vtrack_ray.meaning.result import ResultsFolder
from vtrack_ray.settings import Settings

if TYPE_CHECKING:
    from vtrack_ray.drive.client import Drive

PATIENCE = Patience(tries=4)
"""A job keeps a place that sampling could use; what does not go now goes the next time."""


@dataclass(frozen=True)
class Place:
    """A folder, and an account that may write in it."""

    account: Account
    endpoint: str
    folder: ResultsFolder
    patience: Patience

    @classmethod
    def of(cls, folder: ResultsFolder, settings: Settings, patience: Patience) -> Self:
        """With the account that is signed in. Raises DriveSignedOut, DriveError."""
        return cls(load_account(account_path(settings.DB)), settings.DRIVE_ENDPOINT, folder, patience)

    def opened(self) -> Drive:
        """Google Drive, to be closed."""
        from vtrack_ray.drive.client import Drive  # Google's libraries take a while to import

        return Drive(self.account, Purpose.RESULTS, self.endpoint, patience=self.patience)


def reserve(place: Place, names: Sequence[str]) -> dict[str, str]:
    """Ids for files: those that this database has put there before, should it have lost count of them, or new ones.

    Raises DriveError.
    """
    from vtrack_ray.drive import folder as at_drive

    with place.opened() as drive:
        at_drive.open_folder(drive, place.folder.folder_id, place.folder.owner)
        there = at_drive.known_ids(drive, place.folder)
        unknown = [name for name in names if name not in there]
        return {
            **{name: there[name] for name in names if name in there},
            **dict(zip(unknown, at_drive.new_ids(drive, len(unknown)), strict=False)),
        }
