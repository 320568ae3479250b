// Adds up what a browser must fetch (JS and CSS, brotli) to show a route, from the build manifest,
// and fails when a route is over its budget.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const dist = new URL('../dist/', import.meta.url).pathname;
const manifest = JSON.parse(await readFile(join(dist, 'manifest.json'), 'utf8'));
const budgets = JSON.parse(await readFile(new URL('./budgets.json', import.meta.url), 'utf8'));

function closure(keys) {
  const files = new Set();
  const seen = new Set();
  const walk = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const chunk = manifest[key];
    if (!chunk) throw new Error(`${key} is not in the manifest`);
    files.add(chunk.file);
    for (const css of chunk.css ?? []) files.add(css);
    for (const next of chunk.imports ?? []) walk(next);
  };
  keys.forEach(walk);
  return files;
}

async function size(files) {
  let sum = 0;
  for (const f of files) sum += (await stat(join(dist, f + '.br'))).size;
  return sum / 1024;
}

let over = 0;
for (const [route, { kb, needs, without }] of Object.entries(budgets)) {
  const files = closure(needs);
  if (without) for (const f of closure(without)) files.delete(f);
  const got = await size(files);
  const bad = got > kb;
  if (bad) over++;
  console.log(`${bad ? 'OVER' : 'ok  '} ${route.padEnd(22)} ${got.toFixed(1).padStart(7)} KB of ${kb}`);
}
process.exitCode = over ? 1 : 0;
