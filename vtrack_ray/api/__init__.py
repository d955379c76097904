"""HTTP: what the ledger knows and the service may be asked, by FastAPI on Ray Serve."""
