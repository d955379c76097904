"""The tables of machines: how the service last saw them, and which are to be given no more work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.transaction import Row, rows_json
from vtrack_ray.meaning.node import Node, NodeState, Reach, SourceReach
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.text import storable


class Nodes(Database):
    """Queries about machines."""

    def nodes(self) -> list[Node]:
        """The machines as they were last seen, the head first."""
        with self._reading() as transaction:
            return [_node_of(row) for row in transaction.run("nodes")]

    def save_nodes(self, nodes: Sequence[Node]) -> None:
        """Keeps how the machines are now; others are forgotten."""
        with self._changing() as transaction:
            transaction.run("delete_nodes")
            if nodes:
                transaction.run("insert_nodes", nodes=rows_json(map(_row_of, nodes)))

    def drained_nodes(self) -> list[str]:
        """The names of the machines that are to be given no more work."""
        with self._reading() as transaction:
            return [row["node_name"] for row in transaction.run("drained_nodes")]

    def order_drain(self, name: str, at: datetime, *, is_drained: bool) -> None:
        """Has a machine be given no more work, or be given some again."""
        with self._changing() as transaction:
            if is_drained:
                transaction.run("insert_drained_node", node_name=name, at=at)
            else:
                transaction.run("delete_drained_node", node_name=name)

    def sample_files(self, sources: Sequence[str], most: int) -> list[FoundFile]:
        """Some files of each of the sources, as they were found: up to `most` of the latest and of the largest."""
        with self._reading() as transaction:
            rows = transaction.run("sample_files", sources=list(sources), most=most)
        return [FoundFile(**row) for row in rows]


def _row_of(node: Node) -> Row:
    sources = [
        {"source": storable(one.source), "reach": str(one.reach), "reason": one.reason and storable(one.reason)}
        for one in node.sources
    ]
    return {**asdict(node), "node_name": node.name, "state": str(node.state), "sources": sources}


def _node_of(row: Row) -> Node:
    sources = tuple(SourceReach(**{**one, "reach": Reach(one["reach"])}) for one in row.pop("sources"))
    return Node(name=row.pop("node_name"), state=NodeState(row.pop("state")), sources=sources, **row)
