"""The words of the project as values: areas, spans, samples, videos, profiles, events. Knows nothing else."""
