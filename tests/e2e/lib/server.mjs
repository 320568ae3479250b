// A server of our own: demo data in a folder that goes away with it, on a port the system chose.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** What runs now: it ends with us, however we end. */
const running = new Set();
process.on('exit', () => running.forEach((c) => c.kill('SIGKILL')));
for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(s, () => process.exit(130));

export class Server {
  constructor(build, tmp) {
    this.bin = resolve(build, 'src/main/shouwen');
    this.tmp = tmp;
    this.said = '';
    this.env = process.env;
  }
  /** Its clock will stand at this instant; built in its folder, as the server was built here too. */
  async stand(instant) {
    this.dir ??= await mkdtemp(join(this.tmp, 'shouwen-e2e-'));
    const so = join(this.dir, 'clock.so');
    await run('cc', ['-shared', '-fPIC', '-O1', '-o', so, fileURLToPath(new URL('clock.c', import.meta.url))]);
    this.env = { ...process.env, LD_PRELOAD: so, CLOCK_AT: String(Date.parse(instant) / 1000) };
  }
  async start(extra = []) {
    this.dir ??= await mkdtemp(join(this.tmp, 'shouwen-e2e-'));
    // The second time on the port of the first: browsers come back to where they were.
    const child = spawn(this.bin, ['serve', '--data', this.dir, '--demo', '--listen', `127.0.0.1:${this.port ?? 0}`, ...extra], { stdio: ['ignore', 'pipe', 'pipe'], env: this.env });
    this.child = child;
    running.add(child);
    this.gone = new Promise((ok) => child.once('exit', () => (running.delete(child), ok())));
    await new Promise((ok, no) => {
      const timer = setTimeout(() => no(new Error(`the server did not listen within 30 s\n${this.said}`)), 30_000);
      const hear = (chunk) => {
        this.said += chunk;
        const at = /127\.0\.0\.1:(\d+)/.exec(this.said);
        if (!at) return;
        clearTimeout(timer);
        this.port = Number(at[1]);
        ok();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (code) => (clearTimeout(timer), no(new Error(`the server ended with ${code}\n${this.said}`))));
    });
    this.url = `http://127.0.0.1:${this.port}`;
  }
  /** A sub-command of the program on the same data. */
  async command(...args) {
    const { stdout } = await run(this.bin, [...args, '--data', this.dir], { timeout: 30_000 });
    return stdout;
  }
  async halt(signal = 'SIGTERM') {
    if (!this.child || this.child.exitCode !== null) return;
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 8_000);
    await this.gone;
    clearTimeout(timer);
    this.said = '';
  }
  async stop() {
    await this.halt();
    if (this.dir) await rm(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}
