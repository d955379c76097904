"""Where videos come from: what lies in a source. Knows the meaning and nothing else."""
