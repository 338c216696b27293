"""Other mock servers, configured for the same job: `make bench-peers`."""
