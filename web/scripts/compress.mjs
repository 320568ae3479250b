// Lays out the built pages and precompresses every file, so that the server only has to pick one.
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url).pathname;
const packed = new Set(['.js', '.css', '.html', '.svg', '.json', '.txt']);

for (const app of await readdir(join(dist, 'apps'))) {
  const to = app === 'console' ? join(dist, 'index.html') : join(dist, app, 'index.html');
  await mkdir(dirname(to), { recursive: true });
  await rename(join(dist, 'apps', app, 'index.html'), to);
}
await rm(join(dist, 'apps'), { recursive: true });

async function* files(dir) {
  for (const e of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, e.name);
    if (e.isDirectory()) yield* files(path);
    else yield path;
  }
}

let raw = 0;
let small = 0;
for await (const path of files(dist)) {
  if (!packed.has(extname(path)) || path.endsWith('manifest.json')) continue;
  const body = await readFile(path);
  const br = brotliCompressSync(body, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
  });
  await writeFile(path + '.br', br);
  await writeFile(path + '.gz', gzipSync(body, { level: 9 }));
  raw += body.length;
  small += br.length;
}
console.log(`dist: ${(raw / 1024).toFixed(0)} KB, brotli ${(small / 1024).toFixed(0)} KB`);
