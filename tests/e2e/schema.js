// A validator of the part of JSON Schema that our schemas use; a keyword it does not know is an error, not a pass.
// Usage: schema.js SCHEMA FILE [payload]   with `payload`: FILE is a bundle, and its predicate is what is judged.
const { readFileSync } = require("fs");
const [schemaFile, file, mode] = process.argv.slice(2);
const schema = JSON.parse(readFileSync(schemaFile));
let value = JSON.parse(readFileSync(file));
if (mode === "payload") value = JSON.parse(Buffer.from(value.dsseEnvelope.payload, "base64")).predicate;

const problems = [];
const kind = (v) => (v === null ? "null" : Array.isArray(v) ? "array" : Number.isInteger(v) ? "integer" : typeof v);
const rules = {
  $schema: () => true, $id: () => true, title: () => true, properties: () => true,
  type: (want, v) => kind(v) === want,
  const: (want, v) => v === want,
  enum: (want, v) => want.includes(v),
  pattern: (want, v) => typeof v !== "string" || new RegExp(want, "u").test(v),
  minimum: (want, v) => typeof v !== "number" || v >= want,
  maximum: (want, v) => typeof v !== "number" || v <= want,
  required: (want, v) => want.every((name) => Object.hasOwn(v, name)),
  anyOf: (want, v) => want.some((one) => { const n = problems.length; check(one, v, ""); const ok = problems.length === n; problems.length = n; return ok; }),
  items: (want, v, at) => v.forEach((item, i) => check(want, item, `${at}/${i}`)) ?? true,
  additionalProperties: (want, v, at, s) => {
    for (const [name, member] of Object.entries(v)) {
      if (s.properties && Object.hasOwn(s.properties, name)) check(s.properties[name], member, `${at}/${name}`);
      else if (want === false) problems.push(`${at}/${name}: not in the schema`);
      else check(want, member, `${at}/${name}`);
    }
    return true;
  },
};
function check(s, v, at) {
  if (s.type && !rules.type(s.type, v)) return problems.push(`${at}: ${kind(v)}, not ${s.type}`);
  for (const [keyword, want] of Object.entries(s)) {
    if (!rules[keyword]) throw new Error(`the keyword ${keyword} is not known`);
    if (!rules[keyword](want, v, at, s)) problems.push(`${at}: ${JSON.stringify(v)} is against ${keyword} ${JSON.stringify(want)}`);
  }
}
check(schema, value, "");
if (problems.length) { console.log(problems.slice(0, 20).join("\n")); process.exit(1); }
