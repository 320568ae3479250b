// Debian's Chromium by playwright-core of the web's own packages.
import { createRequire } from 'node:module';

export const require_ = createRequire(new URL('../../../web/package.json', import.meta.url));
const { chromium } = require_('playwright-core');

export const launch = (show = false) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: false, // the new headless mode is named below; playwright's own flag means the old one
    timeout: 30_000,
    args: [
      ...(show ? [] : ['--headless=new']),
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--disable-dev-shm-usage', '--force-color-profile=srgb', '--font-render-hinting=none', '--disable-lcd-text',
    ],
  });
