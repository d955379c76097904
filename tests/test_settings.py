"""Settings: defaults, the order of the sources, and the sentences for what is refused."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from pydantic import ValidationError

from vtrack_ray.errors import SettingsError
from vtrack_ray.settings import NAMES, Settings, load_settings

DOCS = Path(__file__).parent.parent / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in [v for v in os.environ if v.startswith("VTRACK_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_the_seeds(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.model_dump() == {
        "BATCH_SIZE_DEFAULT": 2,
        "BATCH_SIZE_MAX": 4,
        "CPU_THRESHOLD_LOW": 30,
        "CPU_THRESHOLD_HIGH": 80,
        "MEMORY_THRESHOLD": 85,
        "MEMORY_GROW_BELOW": 70,
        "DEDICATED": False,
        "SCAN_INTERVAL_SECONDS": 900,
        "TIMEOUT_SECONDS": 900,
        "STALE_CLAIM_MINUTES": 59,
        "TASK_MEMORY_MB": 3000,
        "QUEUE_LIMIT": 1000,
        "STOP_SECONDS": 30,
        "SETTLE_SECONDS": 30,
        "RETRY_SECONDS": 60,
        "RETRIES": 3,
        "HISTORY_DAYS": 90,
        "BACKUP_HOURS": 24,
        "LOG_HANDOVERS": False,
        "SPAN_SECONDS": 600,
        "SECOND_LOOK_SECONDS": 120,
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": 8800,
        "HTTP_RATE": 100,
        "SESSION_HOURS": 12,
        "CLIPS_MB": 2000,
        "CACHE_MB": 4000,
        "CACHE_DAYS": 7,
        "SOURCE_ROOTS": (),
        "TRUST_LOOPBACK": False,
        "CORS_ORIGINS": (),
        "DRIVE_ENDPOINT": "https://www.googleapis.com",
        "DRIVE_RETRY_SECONDS": 1,
        "DRIVE_MB_PER_SECOND": 0,
        "DRIVE_RESULTS_MINUTES": 15,
        "NODE_ADDRESS": "127.0.0.1",
        "KEEP_CLUSTER": False,
        "NODE_PORT": 6379,
        "CORES_FLOOR": 0,
        "CORES_CEILING": 0,
        "CORES_COOL_DOWN_SECONDS": 300,
        "TIME_ZONE": "Asia/Ho_Chi_Minh",
        "DB": tmp_path / ".local" / "share" / "vtrack" / "vtrack.duckdb",
    }


def test_command_line_goes_before_environment_before_file_before_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "a.toml", "BATCH_SIZE_MAX = 5\nQUEUE_LIMIT = 6\nSPAN_SECONDS = 7e1\n")
    monkeypatch.setenv("VTRACK_BATCH_SIZE_MAX", "8")
    monkeypatch.setenv("VTRACK_QUEUE_LIMIT", "9")
    settings = load_settings({"BATCH_SIZE_MAX": "10"}, file)
    assert (settings.BATCH_SIZE_MAX, settings.QUEUE_LIMIT, settings.SPAN_SECONDS) == (10, 9, 70)
    assert settings.TIMEOUT_SECONDS == 900


def test_names_are_read_in_any_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTRACK_batch_size_max", "8")
    settings = load_settings({"queue_limit": "9"}, written(tmp_path / "a.toml", "dedicated = true"))
    assert (settings.BATCH_SIZE_MAX, settings.QUEUE_LIMIT, settings.DEDICATED) == (8, 9, True)


def test_file_is_the_given_one_else_the_variables_else_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / ".config" / "vtrack" / "vtrack.toml", "QUEUE_LIMIT = 1")
    assert load_settings().QUEUE_LIMIT == 1
    monkeypatch.setenv("VTRACK_CONFIG", str(written(tmp_path / "b.toml", "QUEUE_LIMIT = 2")))
    assert load_settings().QUEUE_LIMIT == 2
    assert load_settings(config=written(tmp_path / "c.toml", "QUEUE_LIMIT = 3")).QUEUE_LIMIT == 3


def test_database_is_the_same_file_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    places = [load_settings({"DB": text}).DB for text in ("a.duckdb", "~/a.duckdb")]
    assert [place.resolve() for place in places] == [tmp_path / "a.duckdb"] * 2


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("BATCH_SIZE_MAX", "0", "a whole number from 1 to 256"),
        ("BATCH_SIZE_MAX", "2.5", "a whole number from 1 to 256"),
        ("CPU_THRESHOLD_LOW", "nan", "a number from 0 to 100"),
        ("DEDICATED", "perhaps", "true or false"),
        ("TIME_ZONE", "Asia", "the name of a time zone, such as Asia/Ho_Chi_Minh or UTC"),
        ("TIME_ZONE", "Asia/Saigon_City", "the name of a time zone, such as Asia/Ho_Chi_Minh or UTC"),
        ("DB", ".", "a file's path, and not a folder's"),
        ("DB", "~", "a file's path, and not a folder's"),
        ("DB", "~nobody-of-that-name/a", "a file's path, and not a folder's"),
    ],
)
def test_a_wrong_value_is_refused_with_name_value_origin_and_what_is_allowed(
    name: str, value: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({name: value})
    assert str(caught.value) == f"{name} is {value!r}, set by --set {name}, but must be {allowed}."
    monkeypatch.setenv(f"VTRACK_{name}", value)
    with pytest.raises(SettingsError, match=f"set in the environment variable VTRACK_{name}, but"):
        load_settings()


def test_every_wrong_value_gets_its_sentence(tmp_path: Path) -> None:
    file = written(tmp_path / "a.toml", "QUEUE_LIMIT = 'many'\n")
    with pytest.raises(SettingsError) as caught:
        load_settings({"SPAN_SECONDS": "-1"}, file)
    assert str(caught.value).splitlines() == [
        f"QUEUE_LIMIT is 'many', set in {file}, but must be a whole number from 1 to 1000000.",
        "SPAN_SECONDS is '-1', set by --set SPAN_SECONDS, but must be a number from 1 to 86400.",
    ]


def test_a_typo_is_refused_wherever_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="QUEUE_LIMT, set by --set QUEUE_LIMT, is no setting: did you mean QUEUE_"):
        load_settings({"QUEUE_LIMT": "1"})
    with pytest.raises(SettingsError, match=r"SCHEDULER, set in .*a\.toml, is no setting: the settings are BATCH"):
        load_settings(config=written(tmp_path / "a.toml", "[scheduler]\nQUEUE_LIMIT = 1"))
    monkeypatch.setenv("VTRACK_TIMEZONE", "UTC")
    with pytest.raises(SettingsError, match="environment variable VTRACK_TIMEZONE, is no setting: did you mean TIME_Z"):
        load_settings()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"BATCH_SIZE_MAX": "1"}, "BATCH_SIZE_DEFAULT (2) must be at most BATCH_SIZE_MAX (1)."),
        ({"CPU_THRESHOLD_LOW": "80"}, "CPU_THRESHOLD_LOW (80) must be less than CPU_THRESHOLD_HIGH (80)."),
        ({"MEMORY_GROW_BELOW": "85.5"}, "MEMORY_GROW_BELOW (85.5) must be at most MEMORY_THRESHOLD (85)."),
        (
            {"TIMEOUT_SECONDS": "3540"},
            "TIMEOUT_SECONDS (3540) must be less than STALE_CLAIM_MINUTES (3540 s).",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(given)
    assert str(caught.value) == sentence


def test_a_settings_file_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml does not exist"):
        load_settings(config=tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"a\.toml is not TOML: .*line 1"):
        load_settings(config=written(tmp_path / "a.toml", "QUEUE_LIMIT 1"))
    with pytest.raises(SettingsError, match="can't be read: Is a directory"):
        load_settings(config=tmp_path)


def test_origins_are_parted_by_commas() -> None:
    settings = load_settings({"CORS_ORIGINS": "https://shop.example, http://127.0.0.1:3000"})
    assert settings.CORS_ORIGINS == ("https://shop.example", "http://127.0.0.1:3000")
    for wrong in ("*", "shop.example", "https://shop.example/path", "https://"):
        with pytest.raises(SettingsError, match="origins such as https"):
            load_settings({"CORS_ORIGINS": wrong})


def test_folders_of_sources_are_parted_by_commas() -> None:
    roots = load_settings({"SOURCE_ROOTS": "/srv/a b, /mnt"}).SOURCE_ROOTS
    assert roots == (Path("/srv/a b"), Path("/mnt"))
    for wrong in ("recordings", "/srv,.."):
        with pytest.raises(SettingsError, match="whole paths of folders"):
            load_settings({"SOURCE_ROOTS": wrong})


def test_settings_do_not_change_and_travel() -> None:
    settings = load_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.QUEUE_LIMIT = 1  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301


def test_every_setting_is_documented_as_it_is() -> None:
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    for name in NAMES:
        field = Settings.model_fields[name]
        default = "a file in the user's data folder" if field.default_factory else f"`{field.default}`"
        assert f"| `{name}` | {default} | {Settings.allowed(name)} | {field.description} |" in lines
