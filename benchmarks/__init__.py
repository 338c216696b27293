"""Benchmarks of the fake, as ratios to yardsticks measured in the same run: `make bench`.

`python -m benchmarks` measures every row of the goal table. `--growth` measures how the cost of a call grows with the
size of its input, `--stalls` the latency of other clients during large bodies, and `--peers` other mock servers.
"""
