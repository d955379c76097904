"""What tests of sources at Google Drive share: settings with which everything asks the tests' Drive, impatiently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.drive.server import Google
from vtrack_ray.drive.account import Account, account_path, keep_account
from vtrack_ray.meaning.drive_item import source_of
from vtrack_ray.meaning.source import Source, SourceKind
from vtrack_ray.settings import Settings


def signed_in(db: Path, google: Google, account: Account, **more: Any) -> Settings:
    """Settings for a database beside which the account is kept."""
    keep_account(account_path(db), account)
    return Settings.model_validate({"DB": db, "DRIVE_ENDPOINT": google.address, "DRIVE_RETRY_SECONDS": 0.001, **more})


def a_source(google: Google, folder_id: str) -> Source:
    return Source(source=source_of(folder_id), kind=SourceKind.DRIVE, title=google.contents.items[folder_id].name)
