"""The samples of a sampling log, and how they are written: in the ledger, and on the way from process to process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload

from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.sample import Sample, Sight, Trigger
from vtrack_ray.text import restored, storable

_TRIGGERS: dict[str | None, Trigger | None] = {None: None, **{str(trigger): trigger for trigger in Trigger}}


class Samples(Sequence[Sample]):
    """Samples in time order.

    A recording has hundreds, and they pass through four processes, of which one looks at them: they are written once,
    where they are taken, and passed on and stored as that text, until somebody asks for one.
    """

    __slots__ = ("_json", "_samples")

    def __init__(self, samples: Iterable[Sample] = (), *, json: str | None = None) -> None:
        """Of samples, or of the `json` of some; it is read when a sample is first asked for."""
        self._json = json
        self._samples = tuple(samples) if json is None else None

    @property
    def json(self) -> str:
        """All of them, without loss: "not looked for" stays apart from "not seen"."""
        if self._json is None:
            self._json = json.dumps([_from_sample(sample) for sample in self._all], separators=(",", ":"))
        return self._json

    @property
    def _all(self) -> tuple[Sample, ...]:
        if self._samples is None:
            self._samples = tuple([_to_sample(row) for row in json.loads(self.json)])
        return self._samples

    @overload
    def __getitem__(self, place: int) -> Sample: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Sample, ...]: ...
    def __getitem__(self, place: int | slice) -> Sample | tuple[Sample, ...]:
        return self._all[place]

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __eq__(self, other: object) -> bool:
        return self._all == other._all if isinstance(other, Samples) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all)

    def __repr__(self) -> str:
        return f"Samples({self._all!r})"

    def __reduce__(self) -> tuple[Callable[[str], Samples], tuple[str]]:
        return _written, (self.json,)


def _written(text: str) -> Samples:
    return Samples(json=text)


def _from_sample(sample: Sample) -> dict[str, object]:
    """What was not looked for is left out: of most pictures, that is half of it."""
    row: dict[str, object] = {"time_s": sample.time_s}
    if sample.trigger is not None:
        row["trigger"] = sample.trigger
    if sample.hand is not None:
        row["hand"] = sample.hand
    if sample.sights is not None:
        row["sights"] = [_from_sight(sight) for sight in sample.sights]
    return row


def _to_sample(row: dict[str, Any]) -> Sample:
    """Of those that were written at first nothing is left out: there, `looked` tells whether codes were looked for."""
    sights = row.get("sights") if row.get("looked", True) else None
    return Sample(
        time_s=row["time_s"],
        trigger=_TRIGGERS[row.get("trigger")],
        sights=tuple([_to_sight(sight) for sight in sights]) if sights is not None else None,
        hand=row.get("hand"),
    )


def _from_sight(sight: Sight) -> dict[str, object]:
    area = sight.area
    return {
        "code": storable(sight.code),
        "symbology": storable(sight.symbology),
        "x": area.x,
        "y": area.y,
        "width": area.width,
        "height": area.height,
        "decoder": storable(sight.decoder),
        "fused_s": sight.fused_s,
    }


def _to_sight(row: dict[str, Any]) -> Sight:
    return Sight(
        code=restored(row["code"]),
        symbology=restored(row["symbology"]),
        area=Area(row["x"], row["y"], row["width"], row["height"]),
        decoder=restored(row["decoder"]),
        fused_s=tuple(row["fused_s"]),
    )
