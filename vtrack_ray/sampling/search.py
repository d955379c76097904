"""A search for codes in a stretch that is looked through: of more pictures where the codes change than elsewhere.

Searching a picture for codes costs ten times reading the trigger. A label that can hardly be read is read now and then:
so what lies next to a change is searched as what changes.
"""

from __future__ import annotations

import math
from itertools import pairwise

from vtrack_ray.footage.picture import Picture
from vtrack_ray.meaning.sample import Sample
from vtrack_ray.meaning.span import Span
from vtrack_ray.sampling.look import Look
from vtrack_ray.sampling.plan import SEARCH_EVERY, is_next_on_grid


class Search:
    """What has been searched of one stretch, whose pictures come in order of time; `before` is from before it."""

    def __init__(self, look: Look, before: Sample, start_s: float) -> None:
        self._look = look
        self._searched = before
        self._unsearched: list[Picture] = []
        self._unsearched_before: list[Picture] = []
        self._has_changed = False
        self._changes: list[Span] = []
        self._decoded_s = [max(before.time_s, start_s)]
        self._longest_s = look.profile.search_interval_s or math.inf
        self._interval_s = min(SEARCH_EVERY * look.profile.sampling_interval_s, self._longest_s)

    def note_decoded(self, picture: Picture) -> None:
        """Tells of each picture that is decoded, whether it is examined or not."""
        self._decoded_s.append(picture.time_s)

    def examine(self, picture: Picture) -> Sample:
        """The sample of a picture of the sampling interval, which may be searched, now or later."""
        is_due = is_next_on_grid(self._searched.time_s, picture.time_s, self._interval_s)
        sample = self._look.examined(picture, trigger_only=not is_due)
        if is_due:
            self._compare(sample)
        else:
            self._unsearched.append(picture)
        return sample

    def close(self, after: Sample, end_s: float) -> None:
        """Ends the stretch at `end_s`; `after` is from behind it.

        Of few pictures a second, those are searched as well that were left out where the codes change, or for longer
        than the profile says.
        """
        self._compare(after)
        pairs = [Span(*pair) for pair in pairwise((*self._decoded_s, end_s))]
        for picture in self._look.left_out(pair for pair in pairs if self._may_show_more(pair)):
            self._look.examined(picture)

    def _may_show_more(self, pair: Span) -> bool:
        is_in_a_change = any(c.start_s <= pair.start_s and pair.end_s <= c.end_s for c in self._changes)
        return is_in_a_change or pair.duration_s > self._longest_s

    def _compare(self, sample: Sample) -> None:
        changes = sample.codes != self._searched.codes
        if changes:
            self._changes.append(Span(self._searched.time_s, sample.time_s))
        before = self._unsearched_before if changes else []
        here = self._unsearched if changes or self._has_changed else []
        for picture in (*before, *here):
            self._look.examined(picture)
        self._unsearched_before, self._unsearched = self._unsearched, []
        self._searched, self._has_changed = sample, changes
