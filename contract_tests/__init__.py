"""The contract as a suite of black-box tests: what any Omixa gateway must do, the fake first of all.

    OMIXA_API_KEY=… omixa-mock verify https://www.omixa.cloud

Each probe makes a call or a few, and says of the rules that it watches whether
they were kept. A documented rule that is broken is a failure; an assumption
that turns out otherwise is a finding, with the setting that would make the
fake behave like the target.
"""
