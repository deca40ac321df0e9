// Every page that links lead to: its status, its width on a phone, its accessibility, and the same page without JavaScript.

import axe from 'axe-core';

import { NARROW, WIDE, tab } from './chromium.mjs';
import { equal, ok } from './checks.mjs';

/** Pages of one path with the same parameters that are visited, and pages in all. */
const SAME_MAX = 2;
const PAGES_MAX = 60;
/** Elements of a finding that are named. */
const NODES_MAX = 4;
/** Files to save, which a tab does not show. */
const DOWNLOADS = /\/ledger\/(backup|export)/;

/** Visits a root and the pages below it that links lead to, in the order of their discovery. */
export async function crawl(browser, root, visit) {
  const { page, errors, close } = await tab(browser);
  const [queue, seen, shapes] = [[root], new Set([root]), new Map()];
  for (const address of queue) {
    const response = await page.goto(address);
    equal(response.status(), 200, `the status of ${address}`);
    await visit(page, address);
    const links = await page.$$eval('a[href]', (links) => links.map((link) => link.href.split('#')[0]));
    for (const link of links) {
      const url = new URL(link);
      const isOurs = link === root || link.startsWith(`${root}/`) || link.startsWith(`${root}?`);
      if (seen.has(link) || !isOurs || DOWNLOADS.test(url.pathname)) continue;
      seen.add(link);
      const shape = `${url.pathname}?${[...url.searchParams.keys()].sort()}`;
      const same = shapes.get(shape) ?? 0;
      shapes.set(shape, same + 1);
      if (same < SAME_MAX && queue.length < PAGES_MAX) queue.push(link);
    }
  }
  equal(errors, [], 'errors of the console');
  await close();
  return queue;
}

/** Asserts that a page fits both widths, and has no serious finding of axe in light and in dark. */
export async function fits(page, address) {
  await page.evaluate('for (const part of document.querySelectorAll("details")) part.open = true');
  await page.evaluate(axe.source);
  for (const [viewport, colorScheme] of [[WIDE, 'light'], [NARROW, 'dark']]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const [needed, given] = await page.evaluate('[document.documentElement.scrollWidth, window.innerWidth]');
    ok(needed <= given, `${address} is ${needed} pixels wide in a window of ${given}`);
    equal(await findings(page), [], `axe on ${address}, ${viewport.width} pixels, ${colorScheme}`);
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
}

/** The serious and critical findings of axe, with the elements. */
async function findings(page) {
  const { violations } = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
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
