// The first minutes of a visitor in the studio: with JavaScript in a wide window and without it on a phone:
// `node first_minutes.mjs http://127.0.0.1:8080`. examples/first_minutes.rs starts both.

import { NARROW, WIDE, launch, tab } from './chromium.mjs';
import { equal, ok } from './checks.mjs';
import { explain, give } from './flows.mjs';
import { fits } from './pages.mjs';

const SECONDS_MAX = 60;
const VISITORS = [
  { viewport: WIDE, javaScriptEnabled: true },
  { viewport: NARROW, javaScriptEnabled: false },
];

const [url] = process.argv.slice(2);
const root = `${url}/admin/credits`;
const httpCredentials = { username: 'demo', password: 'demo' };
setTimeout(() => fail(new Error(`the first minutes took over ${SECONDS_MAX} seconds`)), SECONDS_MAX * 1_000).unref();

function fail(error) {
  console.error(error.stack ?? error);
  process.exit(1);
}

const browser = await launch();
try {
  for (const visitor of VISITORS) {
    const { page, errors, close } = await tab(browser, { ...visitor, httpCredentials });
    await give(page, root);
    await explain(page, root);
    const [needed, given] = [await page.evaluate('document.documentElement.scrollWidth'), visitor.viewport.width];
    ok(needed <= given, `the entry is ${needed} pixels wide in a window of ${given}`);
    equal(errors, [], 'errors of the console');
    await close();
  }
  const { page, errors, close } = await tab(browser, { httpCredentials });
  for (const address of [`${url}/?user=ada`, root, `${root}/owner?name=user:chen`]) {
    await page.goto(address);
    await fits(page, address);
  }
  equal(errors, [], 'errors of the console');
  await close();
} catch (error) {
  fail(error);
}
await browser.close();
