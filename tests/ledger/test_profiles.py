from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from tests.ledger.examples import MINUTE, NOON
from vtrack_ray.errors import LedgerError
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import CardFound
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile

BY_PERSON = Profile(
    camera_name="bàn 1",
    packing_area=Area(0, 0, 1280, 720),
    qr_trigger_area=Area(10, 20, 300, 300),
    trigger_text="Đi",
    code_pattern=r"SPX\d+",
    symbologies=("QRCode", "DataMatrix"),
    min_packing_s=0.1 + 0.2,
    max_packing_s=MINUTE.total_seconds(),
    search_interval_s=0.7,
    clip_margin_s=0,
    origin="person",
)
AUTO = Profile(camera_name="bàn 1")


def test_a_profile_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    plain = Profile(camera_name="another")
    assert ledger.save_profile(BY_PERSON)
    assert ledger.save_profile(plain)
    assert ledger.profile("bàn 1") == BY_PERSON
    assert ledger.profiles() == [plain, BY_PERSON]
    assert ledger.profile("unknown") is None


def test_a_profile_tells_whether_its_card_is_looked_for_and_where_it_was_found(ledger: Ledger) -> None:
    found_at = NOON + timedelta(microseconds=1)
    by_itself = AUTO.model_copy(update={"find_trigger": True, "trigger_found_at": found_at})
    without = Profile(camera_name="another", find_trigger=False)
    for profile in (by_itself, without):
        ledger.save_profile(profile)
    assert ledger.profiles() == [without, by_itself]
    stored = [(profile.find_trigger, profile.trigger_found_at) for profile in ledger.profiles()]
    assert stored == [(False, None), (True, found_at)]


def test_the_instant_a_card_was_found_is_stored_in_utc(ledger: Ledger) -> None:
    in_hanoi = NOON.astimezone(timezone(timedelta(hours=7)))
    ledger.save_profile(AUTO.model_copy(update={"trigger_found_at": in_hanoi}))
    stored = ledger.profile(AUTO.camera_name)
    assert stored
    assert stored.trigger_found_at == NOON


def test_an_auto_profile_never_replaces_a_persons(ledger: Ledger) -> None:
    assert ledger.save_profile(AUTO)
    assert ledger.save_profile(BY_PERSON)
    assert not ledger.save_profile(AUTO)
    assert not ledger.save_profile(AUTO, if_not_person=True)
    assert ledger.profiles() == [BY_PERSON]


def test_a_persons_profile_replaces_another_unless_it_is_to_be_kept(ledger: Ledger) -> None:
    ledger.save_profile(BY_PERSON)
    changed = BY_PERSON.model_copy(update={"packing_area": None})
    assert not ledger.save_profile(changed, if_not_person=True)
    assert ledger.save_profile(changed)
    assert ledger.profiles() == [changed]


def test_a_card_that_was_found_changes_only_what_nobody_knows_better(ledger: Ledger) -> None:
    early = CardFound(area=Area(10, 10, 50, 50), at=NOON, video_id="early")
    late = CardFound(area=Area(90, 90, 50, 50), at=NOON + MINUTE, video_id="late")
    assert ledger.learn_card("bàn 1", None) == AUTO == ledger.profile("bàn 1")
    learned = ledger.learn_card("bàn 1", late)
    assert (learned.qr_trigger_area, learned.trigger_found_at) == (late.area, late.at)
    assert ledger.learn_card("bàn 1", None) == learned
    learned = ledger.learn_card("bàn 1", early)
    assert (learned.qr_trigger_area, learned.trigger_found_at) == (early.area, early.at)
    assert ledger.learn_card("bàn 1", late) == learned == ledger.profile("bàn 1")
    # A person sets something else while the card is looked for: both hold.
    ledger.save_profile(AUTO.model_copy(update={"min_packing_s": 4.0, "origin": "person"}))
    learned = ledger.learn_card("bàn 1", early)
    assert (learned.qr_trigger_area, learned.min_packing_s, learned.origin) == (early.area, 4.0, "person")
    # Or says where it lies.
    told = BY_PERSON.model_copy(update={"find_trigger": False})
    ledger.save_profile(told)
    assert ledger.learn_card("bàn 1", early) == told == ledger.profile("bàn 1")


def test_every_profile_that_was_in_use_is_kept_by_its_digest(ledger: Ledger) -> None:
    ledger.save_profile(AUTO)
    ledger.save_profile(BY_PERSON)
    assert not ledger.save_profile(AUTO)
    kept = ledger.profiles_by_digest()
    assert {digest: profile.digest for digest, profile in kept.items()} == {
        d: d for d in (AUTO.digest, BY_PERSON.digest)
    }
    assert kept[BY_PERSON.digest] == BY_PERSON
    assert ledger.config() == {}


def test_settings_are_kept(ledger: Ledger) -> None:
    ledger.save_configs({"first_run": "no"})
    ledger.save_configs({"first_run": "yes"})
    assert ledger.config() == {"first_run": "yes"}


def test_many_settings_are_kept_together_or_not_at_all(ledger: Ledger) -> None:
    ledger.save_configs({"first_run": "no", "QUEUE_LIMIT": "1000"})
    ledger.save_configs({"first_run": "yes", "card": "Default"})
    kept = {"first_run": "yes", "QUEUE_LIMIT": "1000", "card": "Default"}
    assert ledger.config() == kept
    with pytest.raises(LedgerError):
        ledger.save_configs({"first_run": "no", "card": None})  # type: ignore[dict-item]
    assert ledger.config() == kept
