"""Black-box contract tests for any Omixa gateway, the mock included.

    OMIXA_API_KEY=… omixa-mock verify https://www.omixa.cloud

A probe makes one or more calls and yields an observation for each rule that it
tests. A violated documented rule is a failure. A violated assumption is a
finding, with the setting under which the mock behaves like the target.
"""
