"""Parsing of JSON, JSON Lines and HAR files into documents with positions."""
