// Runs the TypeScript side of the filter language: web/core/filter*.ts, compiled by the TypeScript of web/.
//   node run-ts.mjs cases world.json cases.json fails.json
//   node run-ts.mjs worlds FILE      lines of {world, cases: [{type, where, json, holds}]} from the property test
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), '../../web');
const ts = createRequire(join(web, 'package.json'))('typescript');

async function compiled() {
  const dir = mkdtempSync(join(tmpdir(), 'shouwen-filter-ts-'));
  try {
    for (const name of ['filter', 'filter-time', 'filter-text']) {
      const source = readFileSync(join(web, 'core', `${name}.ts`), 'utf8');
      const { outputText } = ts.transpileModule(source, { compilerOptions: { target: 'ES2022', module: 'ESNext', verbatimModuleSyntax: true } });
      writeFileSync(join(dir, `${name}.mjs`), outputText.replaceAll(/from '(\.\/filter[a-z-]*)'/g, "from '$1.mjs'"));
    }
    const load = (name) => import(pathToFileURL(join(dir, `${name}.mjs`)));
    return { ...(await load('filter')), ...(await load('filter-text')) };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const { holds, parseFilter, printFilter } = await compiled();
const { envOf, checkCase, checkFail } = await import('./check.mjs');

let wrong = 0;
const report = (problems) => {
  for (const p of problems) {
    wrong++;
    if (wrong <= 20) console.error(p);
  }
};
const filter = { holds, parseFilter, printFilter };
const [mode, ...files] = process.argv.slice(2);
let n = 0;
if (mode === 'cases') {
  const [world, cases, fails] = files.map((f) => JSON.parse(readFileSync(f, 'utf8')));
  const env = envOf(world);
  for (const c of cases) if (c.where) { report(checkCase(filter, world, env, c)); n++; }
  for (const c of fails) if (c.where !== undefined) { report(checkFail(filter, env, c)); n++; }
} else {
  for await (const line of createInterface({ input: createReadStream(files[0]) })) {
    const { world, cases } = JSON.parse(line), env = envOf(world);
    for (const c of cases) { report(checkCase(filter, world, env, c)); n++; }
  }
}
console.log(`${n} filters, ${wrong} wrong`);
process.exit(wrong ? 1 : 0);
