// The mail server is set and tried: what went wrong is said, then a letter really goes to a Postfix of our own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const title = 'mail settings: a server that is not there is said so; a test letter is taken by a real one and read back';

/** tests/mail's Postfix, as long as its input stands open; a line of input asks for the letters. */
const keeper = `
import json, sys
sys.path.insert(0, sys.argv[1])
from postfix import Postfix
p = Postfix()
try:
    p.start()
    print(p.port, flush=True)
    for _ in sys.stdin:
        m = p.wait_for(lambda m: len(m) > 0)[0]
        print(json.dumps({"to": m["To"], "from": m["From"], "subject": str(m["Subject"]), "id": m["Message-ID"]}), flush=True)
finally:
    p.close()
`;

export async function run(t) {
  const child = spawn('python3', ['-c', keeper, fileURLToPath(new URL('../../mail', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  try {
    const port = (await lines.next()).value;
    assert.match(port ?? '', /^\d+$/, 'Postfix did not start');
    const p = await t.as('admin', 'settings/mail');
    p.allow(422, 502);
    await p.type('smtp://127.0.0.1:9', p.field('发信服务器'));
    await p.type('kefu@example.com', p.field('发件地址'));
    await p.type('演示公司客服', p.field('发件人名'));
    await p.type('zhang@example.com', p.field('收件地址'));
    await p.click(p.button('发送'));
    await p.sees(/没有发出/);

    await p.field('发信服务器').fill(`smtp://127.0.0.1:${port}`);
    await p.click(p.button('发送'));
    await p.sees(/服务器收下了/, { timeout: 20_000 });
    child.stdin.write('\n');
    const letter = JSON.parse((await lines.next()).value);
    assert.equal(letter.to, 'zhang@example.com');
    assert.match(letter.from, /演示公司客服.*<kefu@example\.com>/);
    assert.match(letter.id, /^<.+@.+>$/);
    assert.equal((await p.api('GET', 'settings')).settings['mail.url'], `smtp://127.0.0.1:${port}`, 'what was tried is what is kept');
  } finally {
    const gone = new Promise((ok) => child.once('exit', ok));
    child.stdin.end();
    await gone;
  }
}
