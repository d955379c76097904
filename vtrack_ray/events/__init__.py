"""What happened: the fold from sampling logs to packing events. Pure; knows the meaning and nothing else."""
