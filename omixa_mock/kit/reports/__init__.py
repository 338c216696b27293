"""Validation reports as text, JSON, JUnit XML, SARIF and GitHub annotations."""
