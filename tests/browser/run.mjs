// The dashboard in a browser: `node run.mjs http://127.0.0.1:8080`. tests/web/browser.rs serves it and starts this.

import { launch, tab } from './chromium.mjs';
import { equal } from './checks.mjs';
import { findByKeyboard, keyboard } from './keyboard.mjs';
import { flows, spend } from './flows.mjs';
import { screenshots } from './screenshots.mjs';
import { crawl, fits, sameWithoutScripts } from './pages.mjs';

const SECONDS_MAX = 120;

const [url] = process.argv.slice(2);
const root = `${url}/admin/credits`;
const began = Date.now();
setTimeout(() => fail(new Error(`the browser tests took over ${SECONDS_MAX} seconds`)), SECONDS_MAX * 1_000).unref();

function fail(error) {
  console.error(error.stack ?? error);
  process.exit(1);
}

const browser = await launch();
const done = async (name, work) => {
  const start = Date.now();
  await work();
  if (process.env.CREDITS_TEST_TIMES) console.log(`${name}: ${Date.now() - start} ms`);
};

let visited = 0;
try {
  const texts = new Map();
  const read = async (page, address, isFirst) => {
    texts.set(address, await page.locator('main').textContent());
    if (isFirst) await fits(page, address);
  };
  await Promise.all([
    done('pages', async () => {
      visited = await crawl(browser, root, read);
      await sameWithoutScripts(browser, texts);
    }),
    done('the rest', async () => {
      await done('widgets', () => crawl(browser, `${url}/widgets`, fits));
      await done('to read', () => crawl(browser, `${url}/read/credits`, async (page, address) => {
        const forms = await page.locator('form[method=post]:not([action$=what-if])').count();
        equal(forms, 0, `forms that write on ${address} for a visitor who reads`);
      }));
      await done('keyboard', () => keyboard(browser, root));
      await done('search', () => findByKeyboard(browser, root));
    }),
  ]);
  // Before the flows, so that the pictures show the studio alone.
  const folder = process.env.CREDITS_TEST_SCREENSHOTS;
  if (folder) await screenshots(browser, root, folder);
  const { page, errors, close } = await tab(browser, { javaScriptEnabled: false });
  for (const [name, flow] of Object.entries(flows)) await done(name, () => flow(page, root));
  equal(errors.filter((error) => !error.includes('422')), [], 'errors of the console');
  await close();
  await done('spend', () => spend(browser, url));
} catch (error) {
  fail(error);
}
await browser.close();
console.log(`browser: ${visited} pages, ${Object.keys(flows).length + 1} flows, ${Math.round((Date.now() - began) / 1_000)} s`);
