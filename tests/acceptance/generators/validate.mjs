// Validates with @cfworker/json-schema. Standard input: [[schema, instance], …]. Standard output: [valid, …].
import { text } from "node:stream/consumers";

import { Validator } from "@cfworker/json-schema";

const pairs = JSON.parse(await text(process.stdin));
console.log(JSON.stringify(pairs.map(([schema, instance]) => new Validator(schema, "2020-12").validate(instance).valid)));
