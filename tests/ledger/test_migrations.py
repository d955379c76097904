from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from inspect import unwrap
from pathlib import Path

import duckdb
import pytest

from tests.ledger.examples import MINUTE, NOON, claimed, event, log, refolded
from tests.meaning.test_samples import whole
from vtrack_ray.errors import LedgerDamaged, LedgerError
from vtrack_ray.ledger import migrations as module
from vtrack_ray.ledger.events import stored_form
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.migrations import NAMED_INDEXES, Migration, index_definitions, migrations
from vtrack_ray.ledger.values import EventFilter
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.meaning.sampling_log import Jump
from vtrack_ray.text import storable

OTHER = Path("other.duckdb")


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in migrations()] == list(range(1, len(migrations()) + 1))


def test_the_indexes_that_every_database_has_are_known_by_name() -> None:
    assert index_definitions().keys() == NAMED_INDEXES


def test_every_table_and_column_is_described(ledger: Ledger, path: Path) -> None:
    ledger.close()
    with duckdb.connect(path) as connection:
        bare = connection.execute(
            "SELECT table_name, NULL FROM duckdb_tables() WHERE comment IS NULL "
            "UNION ALL SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND NOT internal"
        ).fetchall()
    assert bare == []


def test_opening_again_applies_nothing_twice(ledger: Ledger, path: Path) -> None:
    ledger.close()
    Ledger.open(path).close()
    with duckdb.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM schema_versions").fetchall() == [(len(migrations()),)]


def test_a_newer_schema_is_refused(ledger: Ledger, path: Path) -> None:
    ledger.close()
    with duckdb.connect(path) as connection:
        connection.execute("INSERT INTO schema_versions VALUES (999, 'x', NULL)")
    with pytest.raises(LedgerDamaged, match=r"newer vtrack.*update vtrack"):
        Ledger.open(path)


def test_an_older_schema_is_not_read_as_if_it_were_new(ledger: Ledger, path: Path) -> None:
    ledger.close()
    with duckdb.connect(path) as connection:
        connection.execute("DELETE FROM schema_versions")
    with pytest.raises(LedgerError, match="older vtrack"):
        Ledger.open(path, read_only=True)


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / OTHER) as connection:
        connection.execute("CREATE TABLE theirs (a INTEGER)")
    with pytest.raises(LedgerDamaged, match="not one of vtrack's"):
        Ledger.open(tmp_path / OTHER)
    with duckdb.connect(tmp_path / OTHER) as connection:
        assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("theirs",)]


def test_a_database_of_the_first_version_is_brought_up_to_date_with_what_is_in_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As vtrack made and filled it before it ran as a service: one video of each status."""
    know(migrations()[:1], monkeypatch)
    Ledger.open(path).close()
    statuses = ("pending", "sampling", "done", "no_activity", "failed", "timeout", "skipped")
    with duckdb.connect(path) as connection:
        for number, status in enumerate(statuses):
            is_open, is_bad = status in ("pending", "sampling"), status in ("failed", "timeout", "skipped")
            connection.execute(
                "INSERT INTO file_list (video_id, source, path, camera_name, size_bytes, modified_ns, started_at, "
                "start_basis, duration_s, width_px, height_px, codec, status, reason, attempt, claimed_at, added_at, "
                "finished_at) VALUES (?, '/rec', ?, 'cam1', 7, 1, '2026-11-01', 'name', 60, 640, 360, 'h264', ?, ?, 1, "
                "'2026-11-01', '2026-11-01', ?)",
                [
                    status,
                    f"/rec/cam1/{number}.mp4",
                    status,
                    "why" if is_bad else None,
                    None if is_open else "2026-11-01",
                ],
            )
        connection.execute("INSERT INTO processing_config VALUES ('SPAN_SECONDS', '600', '2026-11-01')")
        before = connection.execute("SELECT * FROM file_list ORDER BY path").fetchall()
        columns = [name for name, *_ in connection.description or ()]
    monkeypatch.undo()

    with pytest.raises(LedgerError, match="older vtrack"):
        Ledger.open(path, read_only=True)
    with Ledger.open(path) as ledger:
        rows = ledger.videos()
        assert [row.status for row in rows] == list(statuses)
        assert {(row.failures, row.losses, row.skipped_by, row.program_id) for row in rows} == {(0, 0, None, None)}
        assert ledger.config() == {"SPAN_SECONDS": "600"}
        assert (ledger.programs(), ledger.roots(), ledger.history()) == ([], [], [])
        # The new columns work for old rows.
        assert ledger.set_back("sampling", 1, "broken", NOON, [60]) == NOON + MINUTE
        assert ledger.set_back("pending", None, "broken", NOON, []) is None
        assert [one.video_id for one in ledger.filterable()] == ["sampling", "skipped"]
    with duckdb.connect(path) as connection:
        is_untouched = "status IN ('done', 'no_activity', 'failed', 'timeout', 'skipped') AND video_id <> 'pending'"
        kept = connection.execute(
            f"SELECT {', '.join(columns)} FROM file_list WHERE {is_untouched} ORDER BY path"  # noqa: S608
        ).fetchall()
        assert kept == before[2:]
        versions = connection.execute("SELECT version FROM schema_versions ORDER BY version").fetchall()
        assert versions == [(migration.version,) for migration in migrations()]


def test_events_stored_before_they_could_be_looked_up_by_code_are_found_by_it(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.replace_events(refolded(event(0, codes=["A1", "a1", "B2"]), event(1, codes=["a1"]), event(2, codes=[])))
    ledger.close()
    second = path.with_name("second.duckdb")
    with of_version(2, second, path, monkeypatch) as connection:
        connection.execute("INSERT INTO events BY NAME SELECT * EXCLUDE (sights) FROM now.events")
    with Ledger.open(second) as migrated:
        assert [row.tracking_codes for row in migrated.event_rows(EventFilter(codes=("A1",)))] == [
            ("A1", "a1", "B2"),
            ("a1",),
        ]
    with duckdb.connect(second) as connection:
        assert connection.execute("SELECT count(*) FROM event_codes").fetchall() == [(3,)]


def test_events_stored_with_a_primary_key_and_sights_apart_are_kept_and_have_an_index_with_a_name(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = event(0, codes=["A1", 'no text \udcff, "quoted"\0', "B2"])
    fused = replace(one.sights[2], sight=replace(one.sights[2].sight, fused_s=(0.1 + 0.2, 7.0)))
    many = [event(minute, codes=[f"C{minute}"]) for minute in range(2, 40)]  # some in each part that is migrated
    events = [replace(one, sights=(*one.sights[:2], fused)), event(1, codes=[]), *many]
    ledger.replace_events(refolded(*events))
    ledger.close()
    eighth = path.with_name("eighth.duckdb")
    with of_version(8, eighth, path, monkeypatch) as connection:
        connection.execute("INSERT INTO events BY NAME SELECT * EXCLUDE (sights) FROM now.events")
        for found in events:
            for ordinal, seen in reversed([*enumerate(found.sights)]):
                connection.execute(
                    "INSERT INTO sights BY NAME SELECT $event_id AS event_id, $ordinal AS ordinal, $code AS code, "
                    "$symbology AS symbology, $video_id AS video_id, $time_s AS time_s, $seen_at AS seen_at, $x AS x, "
                    "$y AS y, $width AS width, $height AS height, $decoder AS decoder, $fused_s AS fused_s",
                    {
                        **seen.sight.area._asdict(),
                        "event_id": found.event_id,
                        "ordinal": ordinal,
                        "code": storable(seen.sight.code),
                        "symbology": seen.sight.symbology,
                        "video_id": seen.video_id,
                        "time_s": seen.time_s,
                        "seen_at": seen.at.replace(tzinfo=None),
                        "decoder": seen.sight.decoder,
                        "fused_s": list(seen.sight.fused_s),
                    },
                )
    with Ledger.open(eighth) as migrated:
        assert migrated.events() == events
        assert migrated.stored_events() == {found.event_id: stored_form(found) for found in events}
        with closing(migrated._connection.cursor()) as cursor:
            in_place = cursor.execute("SELECT started_at FROM events ORDER BY rowid").fetchall()
        assert in_place == sorted(in_place), "as they were: by time, parts of the table are skipped"
        migrated.replace_events(refolded(*events))
        assert migrated.events() == events
    with duckdb.connect(eighth) as connection:
        keyed = connection.execute(
            "SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        indexed = connection.execute("SELECT table_name FROM duckdb_indexes()").fetchall()
    assert ("events",) not in keyed
    assert ("events",) in indexed
    assert "sights" not in tables(eighth)


def test_logs_and_history_stored_in_nested_columns_come_back_as_they_were(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = claimed(ledger, "a.mp4")
    video_id = claim.video.video_id
    stored = replace(log(video_id), notes=("tab\t", "no text \udcff", 'a "quoted" ữ'), jumps=(Jump(0.1 + 0.2, True),))
    ledger.log_span(video_id, claim.attempt, "digest", stored)
    ledger.record([Occurrence.now(OccurrenceKind.DONE, "done", footage_s=0.1 + 0.2)])
    told = ledger.history()
    ledger.close()
    former = path.with_name("former.duckdb")
    with of_version(11, former, path, monkeypatch) as connection:
        connection.execute("INSERT INTO file_list BY NAME SELECT * EXCLUDE (losses) FROM now.file_list")
        connection.execute(
            "INSERT INTO processed_logs BY NAME "
            "SELECT * REPLACE ($samples::JSON AS samples, coverage::JSON AS coverage, "
            "seconds::JSON AS seconds, jumps::JSON AS jumps, notes::JSON AS notes) FROM now.processed_logs",
            {"samples": json.dumps(whole(stored.samples))},
        )
        connection.execute("INSERT INTO history BY NAME SELECT * REPLACE (figures::JSON AS figures) FROM now.history")
        assert isinstance(connection.execute("SELECT samples FROM processed_logs").fetchall()[0][0], list)
    with Ledger.open(former) as migrated:
        assert migrated.logs([video_id]) == {video_id: [stored]}
        assert migrated.history() == told
        again = replace(stored, notes=())
        migrated.log_span(video_id, claim.attempt, "digest", again)
        assert migrated.logs([video_id]) == {video_id: [again]}


@contextmanager
def of_version(
    version: int, path: Path, now: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new database of an older version, beside which the one at `now` can be read."""
    with monkeypatch.context() as then:
        know(migrations()[:version], then)
        Ledger.open(path).close()
    with duckdb.connect(path) as connection:
        connection.execute(f"ATTACH '{now}' AS now (READ_ONLY)")
        yield connection


def know(known: list[Migration], monkeypatch: pytest.MonkeyPatch) -> None:
    """Has there be no other migrations than these."""
    monkeypatch.setattr(module, "migrations", lambda: known)
    # What is remembered is what all of them come to.
    monkeypatch.setattr(module, "_schema", unwrap(module._schema))


def tables(path: Path) -> set[str]:
    with duckdb.connect(path) as connection:
        return {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


def test_a_migration_that_fails_leaves_the_database_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, *_ = migrations()
    know([first], monkeypatch)
    Ledger.open(path).close()
    broken = second._replace(sql="\n".join((second.sql, "DELETE FROM nowhere;")))
    know([first, broken], monkeypatch)
    with pytest.raises(LedgerDamaged):
        Ledger.open(path)
    with duckdb.connect(path) as connection:
        assert connection.execute("SELECT max(version) FROM schema_versions").fetchall() == [(1,)]
    assert "programs" not in tables(path)
