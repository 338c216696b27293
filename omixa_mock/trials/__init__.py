"""Trials of a client: one run for each way in which a call can fail, and the evidence of what the client did.

The oracle is the gateway's own side: the ledger tells whether the client paid
again, the clock whether it hung, the fingerprint of a file whose image it is.
"""
