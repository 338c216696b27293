"""How fast the fake is, as ratios to yardsticks of the same run: `make bench`.

python -m benchmarks             every row of the goal table
python -m benchmarks --peers     other fakes, doing the same job
python -m benchmarks --growth    how cost grows with what a call meets
"""
