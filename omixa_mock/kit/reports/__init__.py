"""Findings, and the forms in which they are told: text, JSON, JUnit XML, SARIF, GitHub's annotations."""
