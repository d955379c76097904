"""The ledger: everything known for good, in one DuckDB file that one process owns."""

from __future__ import annotations

from vtrack_ray.ledger.arrivals import Arrivals
from vtrack_ray.ledger.claims import Claims
from vtrack_ray.ledger.clips import Clips
from vtrack_ray.ledger.conclusions import Conclusions
from vtrack_ray.ledger.events import Events
from vtrack_ray.ledger.history import History
from vtrack_ray.ledger.logs import Logs
from vtrack_ray.ledger.nodes import Nodes
from vtrack_ray.ledger.profiles import Profiles
from vtrack_ray.ledger.programs import Programs
from vtrack_ray.ledger.results import Results
from vtrack_ray.ledger.soundness import Soundness
from vtrack_ray.ledger.sources import Sources
from vtrack_ray.ledger.tokens import Tokens
from vtrack_ray.ledger.videos import Videos

_SNAPSHOT = ("file_list", "processed_logs", "events", "packing_profiles")


class Ledger(
    Arrivals,
    Videos,
    Claims,
    Logs,
    Conclusions,
    Events,
    Profiles,
    Programs,
    Sources,
    History,
    Tokens,
    Results,
    Clips,
    Nodes,
    Soundness,
):
    """The tables of one database; `Ledger.open(path)` gives one, and it is a context manager.

    Values go in and come out. Each method that writes is one transaction: after a crash all of it is there or none.
    Every method may raise LedgerError, which names the file.
    """

    def snapshot(self) -> dict[str, list[tuple[object, ...]]]:
        """The rows of each table in a fixed order, without clock times, attempts and costs: two runs over the same
        videos agree in it to the row."""
        with self._reading() as transaction:
            return {table: [tuple(row.values()) for row in transaction.run(f"snapshot_{table}")] for table in _SNAPSHOT}
