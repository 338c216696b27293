"""Hypothesis strategies for what goes to and comes from the gateway; `omixa_mock.strategies` has their names."""
