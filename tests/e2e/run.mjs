// Runs the journeys, a server and a fresh browser context for each; ends with "N passed, N failed".
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { launch } from './lib/browser.mjs';
import { Journey } from './lib/journey.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: given } = parseArgs({
  options: { build: { type: 'string', default: 'build' }, only: { type: 'string' }, jobs: { type: 'string', default: '2' }, show: { type: 'boolean' }, write: { type: 'boolean' } },
});
const limitMs = 170_000;

const files = (await readdir(join(here, 'journeys'))).filter((f) => f.endsWith('.mjs')).sort();
const only = given.only?.split(',').map((n) => n.padStart(2, '0'));
const queue = files.filter((f) => !only || only.includes(f.slice(0, 2)));
const out = join(here, 'out');
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const browser = await launch(given.show);
const measured = { actions: {}, paint: {} };
let passed = 0;
let failed = 0;
const failures = [];

async function one(file) {
  const { title, run, server, clock } = await import(pathToFileURL(join(here, 'journeys', file)).href);
  const t = new Journey({ name: file.replace(/\.mjs$/, ''), browser, build: given.build, out, measured, tmp: tmpdir(), write: given.write });
  const began = Date.now();
  let timer;
  const late = new Promise((_, no) => (timer = setTimeout(() => no(new Error(`not done after ${limitMs / 1000} s`)), limitMs)));
  const done = (async () => {
    await t.start(server, clock);
    await run(t);
    t.settle();
  })();
  done.catch(() => {}); // when the limit came first
  try {
    await Promise.race([done, late]);
    passed++;
    console.log(`ok    ${file.slice(0, 2)} ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (e) {
    failed++;
    failures.push(`${file.slice(0, 2)} ${title}: ${String(e?.message ?? e).split('\n').slice(0, 3).join(' ')}`);
    console.log(`FAIL  ${file.slice(0, 2)} ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)\n${indent(e?.stack ?? e)}`);
    for (const line of await t.pictures()) console.log(`      ${line}`);
  } finally {
    clearTimeout(timer);
    await t.stop();
  }
}
const indent = (s) => String(s).split('\n').slice(0, 24).map((l) => `      ${l}`).join('\n');

try {
  // The longest ones begin first, so that two workers end together.
  queue.sort((a, b) => Number(b.startsWith('16')) - Number(a.startsWith('16')));
  await Promise.all(
    Array.from({ length: Math.max(1, Number(given.jobs)) }, async () => {
      for (let f = queue.shift(); f; f = queue.shift()) await one(f);
    }),
  );
} finally {
  await browser.close();
}
console.log(JSON.stringify(measured, null, 1));
await writeFile(join(out, 'measured.json'), JSON.stringify(measured, null, 1));
for (const line of failures) console.log(`failed: ${line}`); // again at the end, where a long log is read first
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
