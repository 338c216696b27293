"""Hypothesis strategies for requests, responses and faults; `omixa_mock.strategies` exports them."""
