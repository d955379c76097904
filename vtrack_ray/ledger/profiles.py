"""The tables of packing profiles and of settings last used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.transaction import Row, Transaction
from vtrack_ray.ledger.values import CardFound
from vtrack_ray.meaning.profile import Profile


class Profiles(Database):
    """Queries about packing profiles and settings."""

    def profile(self, camera_name: str) -> Profile | None:
        """The camera's packing profile, if it has one."""
        with self._reading() as transaction:
            return _stored(transaction, camera_name)

    def profiles(self) -> list[Profile]:
        """All packing profiles, by camera."""
        with self._reading() as transaction:
            return [_profile_of(row) for row in transaction.run("profiles", camera_name=None)]

    def learn_card(self, camera_name: str, found: CardFound | None) -> Profile:
        """Takes in where the camera's trigger card was found, in a video that counts as looked through from now on;
        gives the profile.

        It is as it stands by then: what a person said of the card stays, and so does what an earlier video told. A
        camera without a profile gets one.
        """
        with self._changing() as transaction:
            stored = _stored(transaction, camera_name)
            profile = stored or Profile(camera_name=camera_name)
            if found is not None:
                transaction.run("mark_surveyed", video_id=found.video_id)
                known_since = profile.trigger_found_at
                if profile.find_trigger and (known_since is None or found.at < known_since):
                    profile = profile.model_copy(update={"qr_trigger_area": found.area, "trigger_found_at": found.at})
            if profile != stored:
                _save(transaction, profile)
        return profile

    def save_profile(self, profile: Profile, *, if_not_person: bool = False) -> bool:
        """Stores the camera's profile and says whether it did: an auto one never replaces one that a person set,
        and with `if_not_person` no other one does."""
        with self._changing() as transaction:
            return _save(transaction, profile, keep_persons=profile.origin == "auto" or if_not_person)

    def profiles_by_digest(self) -> dict[str, Profile]:
        """Every profile that was ever saved, by its digest; whose camera's it was does not matter to that."""
        with self._reading() as transaction:
            former = [Profile.model_validate_json(row["value"]) for row in transaction.run("former_profiles")]
        return {profile.digest: profile for profile in (*former, *self.profiles())}

    def config(self) -> dict[str, str]:
        """The settings and facts stored, by key."""
        with self._reading() as transaction:
            return stored_config(transaction)

    def save_configs(self, values: Mapping[str, str]) -> None:
        """Stores settings and facts by key, all of them or none; others stay."""
        with self._changing() as transaction:
            save_configs(transaction, values, datetime.now(UTC))


def stored_config(transaction: Transaction) -> dict[str, str]:
    """The settings and facts stored, by key."""
    return {row["key"]: row["value"] for row in transaction.run("config")}


def save_configs(transaction: Transaction, values: Mapping[str, str], at: datetime) -> None:
    """Stores settings and facts by key; others stay."""
    transaction.run("save_configs", keys=[*values], values=[*values.values()], at=at)


def _stored(transaction: Transaction, camera_name: str) -> Profile | None:
    rows = transaction.run("profiles", camera_name=camera_name)
    return _profile_of(rows[0]) if rows else None


def _save(transaction: Transaction, profile: Profile, *, keep_persons: bool = False) -> bool:
    at = datetime.now(UTC)
    saved = transaction.run("save_profile", keep_persons=keep_persons, at=at, **_parameters_of(profile))
    if saved:
        # Sampling logs name their profile by its digest; a later one must not make them unreadable.
        save_configs(transaction, {f"ledger.profile.{profile.digest}": profile.model_dump_json()}, at)
    return bool(saved)


def _parameters_of(profile: Profile) -> dict[str, object]:
    # Everything as in JSON but the instant, which the transaction stores in UTC.
    return {**profile.model_dump(mode="json"), "trigger_found_at": profile.trigger_found_at}


def _profile_of(row: Row) -> Profile:
    return Profile.model_validate({key: value for key, value in row.items() if key != "updated_at"})
