"""What is asked for a job, by what jobs of its kind used."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.pipeline.needs import MIB, Need, Needs, Usage

usages = st.builds(Usage, st.floats(0, 1e5), st.floats(0, 1e4), st.integers(0, 64_000 * MIB))


def learned(*used: Usage, kind: str = "sample") -> Needs:
    needs = Needs()
    for usage in used:
        needs.learn(kind, usage)
    return needs


def test_before_anything_was_measured_a_core_is_asked_for() -> None:
    assert Needs().of("sample") == Need(1.0, 500 * MIB)


def test_kinds_are_learned_apart() -> None:
    assert learned(Usage(30, 10, 900 * MIB)).of("probe") == Needs().of("probe")


def test_processors_are_the_mean_by_time_and_memory_is_that_of_the_hungriest_and_some() -> None:
    needs = learned(Usage(20, 10, 400 * MIB), Usage(1, 1, 800 * MIB), Usage(10, 10, 200 * MIB))
    assert needs.of("sample") == Need(1.5, 1000 * MIB)


def test_a_job_that_waited_leaves_its_core_to_one_other() -> None:
    assert learned(Usage(0.0, 60, 0)).of("sample") == Need(0.5, 100 * MIB)


def test_a_job_that_took_no_time_at_all_is_no_division_by_zero() -> None:
    assert learned(Usage(0.0, 0.0, 0)).of("sample").cpus == 0.5


def test_the_latest_jobs_count_alone() -> None:
    hungry, modest = Usage(40, 10, 4000 * MIB), Usage(10, 10, 400 * MIB)
    assert learned(hungry, *[modest] * 19).of("sample").memory_bytes == 5000 * MIB
    assert learned(hungry, *[modest] * 20).of("sample") == Need(1.0, 500 * MIB)


def test_a_change_is_told_once_and_only_if_it_is_great() -> None:
    needs = Needs()
    assert needs.learn("sample", Usage(10, 10, 400 * MIB)) is None, "as was asked for before anything was known"
    assert needs.learn("sample", Usage(10, 10, 450 * MIB)) is None, "an eighth more is no surprise"
    told = needs.learn("sample", Usage(10, 10, 800 * MIB))
    assert told == needs.of("sample") == Need(1.0, 1000 * MIB)
    assert needs.learn("sample", Usage(10, 10, 800 * MIB)) is None


def test_many_small_changes_are_told_when_they_have_come_to_a_great_one() -> None:
    needs = Needs()
    told = [needs.learn("sample", Usage(10, 10, (400 + step * 20) * MIB)) for step in range(6)]
    assert [need.memory_bytes // MIB for need in told if need] == [625]


@given(st.lists(usages, min_size=1, max_size=30))
def test_as_much_memory_as_any_of_the_latest_used_is_asked_for(used: list[Usage]) -> None:
    need = learned(*used).of("sample")
    assert need.memory_bytes >= max(usage.memory_bytes for usage in used[-20:])
    assert need.cpus >= 0.5
    assert round(need.cpus * 10) == need.cpus * 10
