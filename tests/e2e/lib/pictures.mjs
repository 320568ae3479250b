// Pictures of pages against those kept in pictures/: the same but for what rendering may differ by
// between machines with the same packages. `run.mjs --only 20 --write` renews them.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kept = fileURLToPath(new URL('../pictures/', import.meta.url));
const near = 48; // a channel may differ by so much: smoothing of edges
const share = 0.004; // and so many of all pixels by more

/** Draws both in a page and counts; the picture of the difference marks what changed. */
async function compare(page, a, b) {
  return page.evaluate(
    async ({ a, b, near }) => {
      const draw = async (data) => {
        const image = new Image();
        image.src = `data:image/png;base64,${data}`;
        await image.decode();
        const c = new OffscreenCanvas(image.width, image.height).getContext('2d', { willReadFrequently: true });
        c.drawImage(image, 0, 0);
        return c.getImageData(0, 0, image.width, image.height);
      };
      const [x, y] = [await draw(a), await draw(b)];
      if (x.width !== y.width || x.height !== y.height) return { share: 1, why: `${y.width}×${y.height} instead of ${x.width}×${x.height}` };
      let n = 0;
      let box = null;
      for (let i = 0; i < x.data.length; i += 4) {
        if ([0, 1, 2].every((k) => Math.abs(x.data[i + k] - y.data[i + k]) <= near)) continue;
        n++;
        const px = (i / 4) % x.width;
        const py = Math.floor(i / 4 / x.width);
        box = box ? [Math.min(box[0], px), Math.min(box[1], py), Math.max(box[2], px), Math.max(box[3], py)] : [px, py, px, py];
      }
      return { share: n / (x.width * x.height), why: box && `within ${box.join(',')}` };
    },
    { a: a.toString('base64'), b: b.toString('base64'), near },
  );
}

export class Pictures {
  constructor(t, page) {
    Object.assign(this, { t, page, faults: [], bytes: 0 });
  }
  /** `blank`: a page without rules of its own, to compare in. */
  async take(name, desk) {
    await desk.page.mouse.move(0, 0);
    await desk.page.evaluate(() => document.fonts.ready);
    const now = await desk.page.screenshot({ animations: 'disabled', caret: 'hide' });
    const file = join(kept, `${name}.png`);
    if (this.t.write) {
      await mkdir(kept, { recursive: true });
      await writeFile(file, now);
      this.bytes += now.length;
      return;
    }
    const before = await readFile(file).catch(() => null);
    this.bytes += before?.length ?? 0;
    const d = before ? await compare(this.page, before, now) : { share: 1, why: 'there is none kept yet' };
    if (d.share <= share) return;
    const out = join(this.t.out, `picture-${name}.png`);
    await writeFile(out, now);
    this.faults.push(`${name}: ${(d.share * 100).toFixed(2)} % differ, ${d.why}; it looks so: ${out}`);
  }
}
