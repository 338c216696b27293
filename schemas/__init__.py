"""The contract as data: JSON Schemas, the table of what no schema can say, and examples.

This folder is installed as `omixa_mock.schemas` and has no code; whoever needs
a file reads it with `importlib.resources` and hands the parsed JSON on.

- `requests/<model>.json` judges request bodies, and is the model's data file
  (`x-omixa-model`: routes, price, whether its table is known completely).
- `responses/*.json` judge what comes back.
- `gateway.json` has the named errors, and the behaviours that no schema can say.
- `examples/` are plain instances, named after the rule that they break.

Conventions, which `tests/schemas` holds and `README.md` explains: JSON Schema
2020-12, flat, with no keyword that validators disagree about; every assertion
has an entry in its own subschema's `x-omixa-provenance`; a rule's id is the
path to it.
"""
