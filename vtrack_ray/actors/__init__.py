"""Ray: the scheduler, the event detector and the store as actors, and the sampling task. The one place that knows it.

What they do lies in the layers below; here is only who runs it, and where.
"""
