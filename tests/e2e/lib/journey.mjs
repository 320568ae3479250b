// What a journey has in hand: its server, people at pages, and the figures it leaves.
import { join } from 'node:path';
import { Desk } from './desk.mjs';
import { Server } from './server.mjs';

export const password = 'shouwen-demo';

export class Journey {
  constructor({ name, browser, build, out, measured, tmp, write = false }) {
    Object.assign(this, { name, browser, out, measured, write });
    this.server = new Server(build, tmp);
    this.desks = [];
  }
  /** `clock`: an instant at which the server's clock stands all but still. */
  async start(extra, clock) {
    if (clock) await this.server.stand(clock);
    await this.server.start(extra);
  }
  /** An empty browser; `who` for the messages alone. */
  async visitor(who = 'visitor', { width = 1440, height = 900, dark = false, context, ...more } = {}) {
    const c = context ?? (await this.browser.newContext({
      baseURL: this.server.url, viewport: { width, height }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', acceptDownloads: true,
      colorScheme: dark ? 'dark' : 'light', permissions: ['clipboard-read', 'clipboard-write'], ...more,
    }));
    c.setDefaultTimeout(8_000);
    const d = new Desk(this, who, c, await c.newPage());
    await d.watch();
    this.desks.push(d);
    return d;
  }
  /** Somebody who is signed in, at the page `at` of his organisation. */
  async as(login, at = '', { org = 'demo', secret = password, ...more } = {}) {
    const d = await this.visitor(login, more);
    d.org = org;
    const r = await d.context.request.post(`${this.server.url}/api/v1/session`, {
      headers: { Origin: this.server.url, 'Content-Type': 'application/json' }, data: { org, login, password: secret },
    });
    if (r.status() >= 300) throw new Error(`${login} can't sign in: ${r.status()} ${await r.text()}`);
    d.me = (await r.json()).user;
    if (at !== null) await d.go(at);
    return d;
  }
  /** Clicks and keys that a job took; above its limit the journey fails. */
  count(job, n, limit) {
    this.measured.actions[job] = { actions: n, limit };
    if (n > limit) throw new Error(`${job} took ${n} clicks and keys; at most ${limit} are allowed`);
  }
  /** When a page is useful: opened once to fill the cache, then measured. */
  async paint(page, desk, at, useful) {
    const once = async () => {
      await desk.page.goto(desk.place(at), { waitUntil: 'commit' });
      const h = await desk.page.waitForFunction((s) => {
        const el = document.querySelector(s);
        return el && el.getClientRects().length ? performance.now() : 0;
      }, useful, { polling: 'raf', timeout: 15_000 });
      return Math.round(await h.jsonValue());
    };
    const first = await once();
    const runs = [];
    for (let i = 0; i < 3; i++) runs.push(await once());
    this.measured.paint[page] = { first_ms: first, again_ms: runs.sort((a, b) => a - b)[1] };
  }
  /** Nothing may have gone wrong that nobody looked at. */
  settle() {
    const wrong = this.desks.flatMap((d) => d.wrong.map((w) => `${d.who}: ${w}`));
    if (wrong.length) throw new Error(`the console said:\n${[...new Set(wrong)].join('\n')}`);
  }
  async pictures() {
    const lines = [];
    for (const [i, d] of this.desks.entries()) {
      const file = join(this.out, `${this.name}-${i + 1}-${d.who}.png`);
      try {
        await d.page.screenshot({ path: file, timeout: 5_000 });
        lines.push(`picture: ${file}`, `${d.who} is at ${d.page.url().replace(/^https?:\/\/[^/]+/, '')}${d.wrong.length ? `; console: ${d.wrong.join(' | ')}` : ''}`);
      } catch {
        // The page is gone.
      }
    }
    return lines;
  }
  async stop() {
    await Promise.allSettled([...new Set(this.desks.map((d) => d.context))].map((c) => c.close()));
    await this.server.stop();
  }
}
