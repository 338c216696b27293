"""Learning of a gateway's settings from recorded traffic.

A recording proves what happened, not what must: one 503 is no rule. Each setting is learnt
with its evidence, and what happened in two ways is told as a contradiction.
"""
