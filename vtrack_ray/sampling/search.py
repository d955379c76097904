"""A search for codes in a stretch that is looked through: of more pictures where the codes change than elsewhere.

Searching a picture for codes costs ten times reading the trigger.
"""

from __future__ import annotations

from itertools import pairwise

from vtrack_ray.footage.picture import Picture
from vtrack_ray.meaning.sample import Sample
from vtrack_ray.meaning.span import Span
from vtrack_ray.sampling.look import Look
from vtrack_ray.sampling.plan import is_next_on_grid, search_interval_s


class Search:
    """What has been searched of one stretch, whose pictures come in order of time; `before` is from before it."""

    def __init__(self, look: Look, before: Sample, start_s: float) -> None:
        self._look = look
        self._searched = before
        self._unsearched: list[Picture] = []
        self._changes: list[Span] = []
        self._passed_s = [max(before.time_s, start_s)]

    def pass_by(self, picture: Picture) -> None:
        """Notes that the picture was decoded."""
        self._passed_s.append(picture.time_s)

    def examine(self, picture: Picture) -> Sample:
        """The sample of a picture of the sampling interval, which may be searched, now or later."""
        is_due = is_next_on_grid(self._searched.time_s, picture.time_s, search_interval_s(self._look.profile))
        sample = self._look.examined(picture, trigger_only=not is_due)
        if is_due:
            self._compare(sample)
        else:
            self._unsearched.append(picture)
        return sample

    def close(self, after: Sample, end_s: float) -> None:
        """Ends the stretch at `end_s`; `after` is from behind it.

        Of few pictures a second, those are searched as well that were left out where the codes change.
        """
        self._compare(after)
        for change in self._changes:
            passed_s = [time_s for time_s in (*self._passed_s, end_s) if change.start_s <= time_s <= change.end_s]
            for one_s, other_s in pairwise(passed_s):
                for picture in self._look.left_out(one_s, other_s):
                    self._look.examined(picture)

    def _compare(self, sample: Sample) -> None:
        if sample.codes != self._searched.codes:
            for picture in self._unsearched:
                self._look.examined(picture)
            self._changes.append(Span(self._searched.time_s, sample.time_s))
        self._searched, self._unsearched = sample, []
