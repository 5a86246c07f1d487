// pipelines.js check ROOT                          every pipeline file is well-formed, pinned and free of expressions in scripts
// pipelines.js job TEMPLATE JOB input=value…       prints the job's variables and script as a shell script
const fs = require('fs');
const path = require('path');
const YAML = require('yaml');

function load(file) {
  return YAML.parseAllDocuments(fs.readFileSync(file, 'utf8')).map((doc) => {
    if (doc.errors.length) throw new Error(`${file}: ${doc.errors[0].message}`);
    return doc.toJS();
  });
}

function check(root) {
  const action = load(path.join(root, 'actions/gate/action.yml'))[0];
  for (const key of ['name', 'description', 'runs']) if (!action[key]) throw new Error(`action.yml has no ${key}`);
  if (action.runs.using !== 'composite') throw new Error('action.yml is not composite');
  for (const step of action.runs.steps) {
    if (/\$\{\{/.test(step.run || '')) throw new Error('an expression inside a script of action.yml');
    for (const value of Object.values(step.env || {})) {
      const input = /inputs\.([\w-]+)/.exec(value);
      if (input && !(input[1] in action.inputs)) throw new Error(`action.yml uses an unknown input ${input[1]}`);
    }
  }
  const workflow = load(path.join(root, 'examples/github/gate.yml'))[0];
  for (const job of Object.values(workflow.jobs)) {
    for (const step of job.steps) {
      if (step.uses && !step.uses.startsWith('./') && !/@[0-9a-f]{40}$/.test(step.uses)) {
        throw new Error(`${step.uses} is not pinned by commit`);
      }
      if (/\$\{\{/.test(step.run || '')) throw new Error('an expression inside a script of the workflow');
    }
  }
  const [spec, jobs] = load(path.join(root, 'gitlab/templates/gate.yml'));
  const text = fs.readFileSync(path.join(root, 'gitlab/templates/gate.yml'), 'utf8');
  for (const [, name] of text.matchAll(/\$\[\[ inputs\.(\w+) \]\]/g)) {
    if (!(name in spec.spec.inputs)) throw new Error(`gate.yml uses an unknown input ${name}`);
  }
  for (const job of Object.values(jobs)) {
    for (const line of job.script) if (/\$\[\[/.test(line)) throw new Error('an input inside a script of gate.yml');
  }
  load(path.join(root, 'examples/gitlab/.gitlab-ci.yml'));
}

function job(template, name, given) {
  const [spec] = load(template);
  let text = fs.readFileSync(template, 'utf8').split(/^---$/m)[1];
  for (const [input, rule] of Object.entries(spec.spec.inputs)) {
    const value = given[input] !== undefined ? given[input] : rule.default;
    text = text.replaceAll(`$[[ inputs.${input} ]]`, value);
  }
  const found = YAML.parse(text)[name];
  if (!found) throw new Error(`no job ${name}`);
  for (const [key, value] of Object.entries(found.variables || {})) {
    console.log(`export ${key}='${String(value).replaceAll("'", "'\\''")}'`);
  }
  console.log(found.script.join('\n'));
}

const [command, ...rest] = process.argv.slice(2);
if (command === 'check') check(rest[0]);
else job(rest[0], rest[1], Object.fromEntries(rest.slice(2).map((x) => x.split(/=(.*)/s).slice(0, 2))));
