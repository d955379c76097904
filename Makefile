# One command for each thing to do. All but clean set up first, which takes no time once it is done.
.PHONY: setup demo test chaos drawn chaos-cluster lint bench soak simulate api-page lock clean

setup:
	@scripts/setup.sh

demo: setup
	.venv/bin/vtrack demo

# Three processes for two cores: much of the time, one of them waits for Ray to start.
test: setup
	.venv/bin/python -m pytest --numprocesses 3 --dist loadscope --no-loadscope-reorder

# Goes on for an hour or two.
chaos: setup
	.venv/bin/python -m tests.chaos --rounds 200

# Needs root: its machines are network namespaces. Some minutes.
chaos-cluster: setup
	.venv/bin/python -m tests.chaos_cluster --rounds 5

# Goes on for an hour or two.
drawn: setup
	.venv/bin/python -m tests.drawn --count 400

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: setup
	.venv/bin/python -m benchmarks.sampling
	.venv/bin/python -m benchmarks.recognition
	.venv/bin/python -m benchmarks.scanning
	.venv/bin/python -m benchmarks.lookup
	.venv/bin/python -m benchmarks.serving

# A day of the service's Default mode in some minutes: what it leaves behind in memory, file descriptors and the database.
soak: setup
	.venv/bin/python -m benchmarks.soak

# A hundred nodes in one process, for some minutes; `make simulate SIMULATE="--videos 20000 --nodes 10"` takes options.
simulate: setup
	.venv/bin/python -m benchmarks.simulate $(SIMULATE)

# The page of the HTTP service's calls, from its specification.
api-page: setup
	.venv/bin/python -m vtrack_ray.api.page > docs/api.md

# Locks anew what pyproject.toml asks for, and keeps every version that still fits; `make lock UPGRADE=--upgrade` takes
# the newest ones.
lock: setup
	.venv/bin/uv pip compile --quiet --generate-hashes --all-extras --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" $(UPGRADE) -o requirements.lock pyproject.toml

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
