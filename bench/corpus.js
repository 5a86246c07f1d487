#!/usr/bin/env node
// Makes a corpus of realistic Dockerfiles by mutation from the fixtures: the same seed gives the same bytes.
//   node bench/corpus.js --out DIR [--count 5000] [--seed 1] [--fixtures tests/rules/docker]
//
// The instructions of all fixtures are taken apart, drawn with the weights of real files (see k_shape), put together to
// files of one to four stages, and then changed: names, versions and paths are renamed, RUN lines are wrapped, joined,
// commented and indented otherwise, neighbouring instructions swap places, and a few files get CRLF or another case.
'use strict';
const fs = require('fs');
const path = require('path');

// What a crawl of 5,000 public Dockerfiles looks like: 3.8 RUN a file, one KiB, one stage in four out of five.
const k_shape = {
  stages: [0.8, 0.15, 0.04, 0.01],
  instructions: {min: 5, spread: 14},
  keywords: {RUN: 38, COPY: 16, ENV: 14, ADD: 5, WORKDIR: 8, EXPOSE: 5, CMD: 4, ENTRYPOINT: 3, LABEL: 3, ARG: 5, USER: 2,
             VOLUME: 2, HEALTHCHECK: 1, MAINTAINER: 1, ONBUILD: 0.3, SHELL: 0.3, STOPSIGNAL: 0.3},
};

// xorshift32: small, and the same everywhere.
class Random {
  constructor(seed) { this.state = (seed >>> 0) || 1; }
  next() {
    let x = this.state;
    x ^= x << 13; x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5; x >>>= 0;
    this.state = x;
    return x / 4294967296;
  }
  below(n) { return Math.floor(this.next() * n); }
  chance(p) { return this.next() < p; }
  pick(list) { return list[this.below(list.length)]; }
  weighted(weights) {
    let left = this.next() * weights.reduce((a, b) => a + b, 0);
    for (let i = 0; i < weights.length; ++i) if ((left -= weights[i]) < 0) return i;
    return weights.length - 1;
  }
}

// The text of each ```dockerfile block, without its marks.
function blocks(markdown) {
  const out = [];
  for (const match of markdown.matchAll(/^```dockerfile\b([^\n]*)\n([\s\S]*?)^```$/gm)) {
    if (/\b(broken|fixed)\b/.test(match[1])) continue;
    const lines = match[2].split('\n').filter((line) => !/^\s*# expect:/.test(line));
    out.push(lines.map((line) => line.replace(/\s*# expect: .*$/, '')).join('\n'));
  }
  return out;
}

// Instructions with their continuations and heredocs.
function instructions(text) {
  const lines = text.split('\n');
  const out = [];
  for (let i = 0; i < lines.length; ++i) {
    if (lines[i].trim() === '' || lines[i].startsWith('#')) continue;
    let whole = lines[i];
    while (/\\\s*$/.test(lines[i]) && i + 1 < lines.length) whole += '\n' + lines[++i];
    for (const heredoc of whole.matchAll(/<<-?["']?(\w+)["']?/g)) {
      while (i + 1 < lines.length) {
        whole += '\n' + lines[++i];
        if (lines[i].trim() === heredoc[1]) break;
      }
    }
    out.push(whole);
  }
  return out;
}

function pool(fixtures) {
  const byKeyword = new Map();
  for (const file of fs.readdirSync(fixtures).filter((name) => name.endsWith('.md')).sort()) {
    for (const block of blocks(fs.readFileSync(path.join(fixtures, file), 'utf8'))) {
      if (/^# escape=`/im.test(block)) continue;
      for (const instruction of instructions(block)) {
        const keyword = instruction.split(/\s/)[0].toUpperCase();
        if (!byKeyword.has(keyword)) byKeyword.set(keyword, []);
        byKeyword.get(keyword).push(instruction);
      }
    }
  }
  return byKeyword;
}

const k_words = ['alpha', 'backend', 'billing', 'cache', 'catalog', 'client', 'cluster', 'config', 'core', 'data', 'delta',
  'edge', 'engine', 'frontend', 'gateway', 'graph', 'health', 'image', 'index', 'ingest', 'ledger', 'market', 'media',
  'metrics', 'mirror', 'model', 'monitor', 'orders', 'portal', 'proxy', 'queue', 'render', 'report', 'router', 'search',
  'server', 'session', 'stream', 'sync', 'tenant', 'tools', 'tracker', 'vault', 'video', 'worker'];
const k_packages = ['build-essential', 'ca-certificates', 'cmake', 'file', 'g++', 'gettext', 'git', 'gnupg', 'jq', 'libffi-dev',
  'libpq-dev', 'libssl-dev', 'libxml2-dev', 'locales', 'make', 'nginx', 'openssl', 'pkg-config', 'rsync', 'tini', 'tzdata',
  'unzip', 'xz-utils', 'zlib1g-dev'];
const k_comments = ['# see the runbook', '# keep sorted', '# needed at run time only', '# TODO: drop after the next release',
  '# the order matters: caching'];

// The same word of a file always gets the same new name.
function renamer(random) {
  const names = new Map();
  return (word) => {
    if (!names.has(word)) names.set(word, `${random.pick(k_words)}${random.chance(0.3) ? '-' + random.pick(k_words) : ''}`);
    return names.get(word);
  };
}

function rename(text, random, name) {
  return text
    .replace(/\b(app|tool|demo|service|server|example|build|run)\b(?=[./\s"'\]]|$)/g,
             (word) => (random.chance(0.5) ? name(word) : word))
    .replace(/\b(\d+)\.(\d+)(\.\d+)?\b/g, (version, major, minor, rest) =>
      (random.chance(0.4) ? `${major}.${random.below(30)}${rest ? '.' + random.below(20) : ''}` : version))
    .replace(/\b[0-9a-f]{64}\b/g, () => Array.from({length: 64}, () => '0123456789abcdef'[random.below(16)]).join(''));
}

// apt-get install gets more packages, as real files have.
function enrich(text, random) {
  return text.replace(/\b(apt-get install(?: -{1,2}[\w-]+)*)((?: [a-z0-9.+=-]+)+)/g, (whole, command, packages) => {
    const more = Array.from({length: random.below(9)}, () => random.pick(k_packages));
    return `${command}${packages}${more.length ? ' ' + more.join(' ') : ''}`;
  });
}

// Wraps a one-line RUN at `&&`, and long package lists at blanks; or joins a wrapped one.
function wrap(text, random) {
  if (!/^RUN\b/i.test(text) || /<<|["'`]/.test(text) || /^RUN\s+\[/.test(text)) return text;
  if (text.includes('\n')) {
    return random.chance(0.3) ? text.replace(/\s*\\\n\s*(?=[^#\s])/g, ' ') : text;
  }
  const indent = random.pick(['    ', '  ', '\t', '        ']);
  let out = random.chance(0.5) ? text.replace(/ && /g, ` \\\n${indent}&& `) : text.replace(/ && /g, ` && \\\n${indent}`);
  if (random.chance(0.5)) {
    out = out.replace(/((?:apt-get|apk|yum|dnf|pip) (?:install|add)(?: -{1,2}[\w-]+)*)((?: [\w.+=~-]+){3,})/g,
      (whole, command, packages) => command + packages.split(' ').join(` \\\n${indent}${indent}`));
  }
  if (out.includes('\n') && random.chance(0.2)) out = out.replace('\n', `\n${indent}${random.pick(k_comments)}\n`);
  return out;
}

// Real steps do several things: up to four plain one-line RUNs become one.
function longer(run, random, byKeyword) {
  const plain = (text) => /^RUN [^\[-]/.test(text) && !/\n|<<|[;#]/.test(text);
  let out = run;
  while (plain(run) && random.chance(0.5) && out.length < 400) {
    const other = random.pick(byKeyword.get('RUN'));
    if (plain(other)) out += ' && ' + other.slice(4);
  }
  return out;
}

function stage(random, from, byKeyword) {
  const out = [from];
  const size = k_shape.instructions.min + random.below(k_shape.instructions.spread);
  const keywords = Object.keys(k_shape.keywords).filter((keyword) => byKeyword.has(keyword));
  const weights = keywords.map((keyword) => k_shape.keywords[keyword]);
  const last = [];
  for (let i = 0; i < size; ++i) {
    const keyword = keywords[random.weighted(weights)];
    const instruction = random.pick(byKeyword.get(keyword));
    if (['CMD', 'ENTRYPOINT', 'HEALTHCHECK', 'USER'].includes(keyword)) {
      if (!last.some((other) => other.startsWith(keyword))) last.push(instruction);
    } else {
      out.push(keyword === 'RUN' ? longer(instruction, random, byKeyword) : instruction);
    }
  }
  return out.concat(last);
}

function dockerfile(random, byKeyword) {
  const name = renamer(random);
  const count = 1 + random.weighted(k_shape.stages);
  const froms = byKeyword.get('FROM').filter((from) => !/\$|--from/.test(from));
  let lines = [];
  for (let i = 0; i < count; ++i) {
    let from = random.pick(froms).replace(/\s+AS\s+\S+/i, '');
    if (i + 1 < count) from += ` AS stage${i}`;
    lines = lines.concat(stage(random, from, byKeyword));
    if (i > 0) lines.push(`COPY --from=stage${i - 1} /out /srv/${random.pick(k_words)}`);
  }
  for (let i = 1; i + 1 < lines.length; ++i) {  // neighbours swap; FROM stays
    if (random.chance(0.2) && !/^FROM/i.test(lines[i]) && !/^FROM/i.test(lines[i + 1])) {
      [lines[i], lines[i + 1]] = [lines[i + 1], lines[i]];
    }
  }
  const out = [];
  if (random.chance(0.1)) out.push('# syntax=docker/dockerfile:1');
  for (const line of lines) {
    if (random.chance(0.12)) out.push(random.pick(k_comments));
    out.push(wrap(enrich(rename(line, random, name), random), random));
    if (random.chance(0.35)) out.push('');
  }
  let text = out.join('\n') + '\n';
  if (random.chance(0.02)) text = text.replace(/^[A-Z]+(?= )/gm, (word) => word.toLowerCase());
  if (random.chance(0.03)) text = text.replace(/\n/g, '\r\n');
  return text;
}

function main() {
  const options = {out: '', count: '5000', seed: '1', fixtures: path.join(__dirname, '..', 'tests', 'rules', 'docker')};
  for (let i = 2; i < process.argv.length; i += 2) {
    const key = process.argv[i].replace(/^--/, '');
    if (!(key in options) || i + 1 >= process.argv.length) throw new Error(`unknown option ${process.argv[i]}`);
    options[key] = process.argv[i + 1];
  }
  if (!options.out) throw new Error('--out DIR is missing');
  const random = new Random(Number(options.seed));
  const byKeyword = pool(options.fixtures);
  let bytes = 0;
  let runs = 0;
  for (let i = 0; i < Number(options.count); ++i) {
    const text = dockerfile(random, byKeyword);
    const folder = path.join(options.out, String(Math.floor(i / 100)).padStart(3, '0'), String(i % 100).padStart(2, '0'));
    fs.mkdirSync(folder, {recursive: true});
    fs.writeFileSync(path.join(folder, 'Dockerfile'), text);
    bytes += Buffer.byteLength(text);
    runs += (text.match(/^RUN\b/gmi) || []).length;
  }
  console.log(JSON.stringify({files: Number(options.count), seed: Number(options.seed), bytes, runs}));
}

main();
