"""Contract data: JSON Schemas, the table of behaviours that no schema can express, and examples.

This folder is installed as `omixa_mock.schemas` and has no code. Read its files
with `importlib.resources`.

- `requests/<model>.json` validate request bodies, and are the models' data files
  (`x-omixa-model`: routes, price, state of the field table).
- `responses/*.json` validate response bodies.
- `gateway.json` has the named errors and the behaviours that no schema can express.
- `control/*.json` validate bodies of the fake's own control routes.
- `examples/` are plain instances, named after the rule that they break.

Conventions, verified by `tests/schemas` and explained in `README.md`: JSON Schema
2020-12, flat, with no keyword that validators disagree about; every assertion
has an entry in its own subschema's `x-omixa-provenance`; a rule's id is the
path to it.
"""
