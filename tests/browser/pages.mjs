// Every page that links lead to: its status, its width on a phone, its accessibility, and the same page without JavaScript.

import axe from 'axe-core';

import { NARROW, WIDE, tab } from './chromium.mjs';
import { equal, ok } from './checks.mjs';

/** Pages of one path with the same parameters that are visited, and pages in all. */
const SAME_MAX = 2;
const PAGES_MAX = 60;
/** Elements of a finding that are named. */
const NODES_MAX = 4;
/** The rules of axe that colours and widths decide; the others see the same elements in every window. */
const OF_LOOKS = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'target-size'];
/** Files to save, which a tab does not show. */
const DOWNLOADS = /\/ledger\/(backup|export)/;

/** Visits a root and the pages below it that links lead to. A visit learns whether the page is the first of its kind: of its
 * path with its parameters. */
export async function crawl(browser, root, visit) {
  const { page, errors, close } = await tab(browser);
  const [queue, seen, kinds] = [[{ address: root, isFirst: true }], new Set([root]), new Map([[kindOf(root), 1]])];
  for (const { address, isFirst } of queue) {
    const response = await page.goto(address);
    equal(response.status(), 200, `the status of ${address}`);
    await visit(page, address, isFirst);
    const links = await page.$$eval('a[href]', (links) => links.map((link) => link.href.split('#')[0]));
    for (const link of links.filter((link) => !seen.has(link) && isPage(root, link))) {
      seen.add(link);
      const kind = kindOf(link);
      const same = kinds.get(kind) ?? 0;
      kinds.set(kind, same + 1);
      if (same < SAME_MAX && queue.length < PAGES_MAX) queue.push({ address: link, isFirst: same === 0 });
    }
  }
  equal(errors, [], 'errors of the console');
  await close();
  return queue.length;
}

function kindOf(address) {
  const { pathname, searchParams } = new URL(address);
  return `${pathname.replace(/\/$/, '')}?${[...searchParams.keys()].sort()}`;
}

function isPage(root, link) {
  const isBelow = link.startsWith(`${root}/`) || link.startsWith(`${root}?`);
  return isBelow && !DOWNLOADS.test(link);
}

/** Asserts that a page fits both widths, and has no serious finding of axe in light and in dark. */
export async function fits(page, address) {
  await page.evaluate('for (const part of document.querySelectorAll("details")) part.open = true');
  await page.evaluate(axe.source);
  for (const [viewport, colorScheme, rules] of [[WIDE, 'light', null], [NARROW, 'dark', OF_LOOKS]]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const [needed, given] = await page.evaluate('[document.documentElement.scrollWidth, window.innerWidth]');
    ok(needed <= given, `${address} is ${needed} pixels wide in a window of ${given}`);
    equal(await findings(page, rules), [], `axe on ${address}, ${viewport.width} pixels, ${colorScheme}`);
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
}

/** The serious and critical findings of axe by these rules, or by all for null, with the elements. */
async function findings(page, rules) {
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  const { violations } = await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`);
  const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
  return grave.map(({ id, nodes }) => `${id}: ${nodes.slice(0, NODES_MAX).map((node) => node.html).join(' ')}`);
}

/** Asserts that a page shows the same without JavaScript, given what it shows with it. */
export async function sameWithoutScripts(browser, texts) {
  const { page, errors, close } = await tab(browser, { javaScriptEnabled: false });
  for (const [address, text] of texts) {
    await page.goto(address);
    equal(await page.locator('main').textContent(), text, `${address} without JavaScript`);
  }
  equal(errors, [], 'errors of the console');
  await close();
}
