"""Other fakes, told to do the same job as far as they can: `make bench-peers`. Never needed by anything else."""
