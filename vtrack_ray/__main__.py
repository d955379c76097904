"""`python -m vtrack_ray` is `vtrack`."""

from vtrack_ray.cli.main import main

main(prog_name="vtrack")
