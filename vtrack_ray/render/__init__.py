"""Packing-station footage made to order, with its truth. Knows nothing of how footage is analysed."""

from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing, Recording
from vtrack_ray.render.truth import Truth, read_truth

__all__ = ["Look", "Order", "Packing", "Recording", "Truth", "read_truth", "render"]
