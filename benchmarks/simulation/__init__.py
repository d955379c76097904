"""A large cluster in one process: the service's real parts, and what takes the place of the rest."""
