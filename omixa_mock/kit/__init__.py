"""Validation, coverage, image identification and drift detection for test suites."""
