"""How fast the fake is, as ratios to yardsticks of the same run: `make bench`.

`python -m benchmarks` measures every row of the goal table, `--growth` how cost grows with what a
call meets, `--stalls` how long others wait for large bodies, and `--peers` other fakes, doing the same job.
"""
