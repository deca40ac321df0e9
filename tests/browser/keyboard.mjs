// The keyboard alone: where the tab key leads, and the link over the navigation.

import { tab } from './chromium.mjs';
import { equal, ok } from './checks.mjs';

/** Tabs of a page until the focus is back at its beginning. */
const TABS_MAX = 300;

const focused = `(() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const { width, height, left } = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const isVisible = width > 0 && height > 0 && left >= 0;
  return { name: element.className || element.name || element.tagName, isVisible, outline: style.outlineStyle };
})()`;

/** The first tab reaches the link to the content, which works; every later one reaches an element that is seen. */
export async function keyboard(browser, root) {
  const { page, close } = await tab(browser);
  for (const address of [root, `${root}/owner?name=user:ada`]) {
    await page.goto(address);
    await page.keyboard.press('Tab');
    const first = await page.evaluate(focused);
    equal(first, { name: 'skip', isVisible: true, outline: 'solid' }, `the first element of ${address}`);
    await page.keyboard.press('Enter');
    equal(new URL(page.url()).hash, '#content', 'the address behind the link to the content');
    await page.keyboard.press('Tab');
    const isInContent = await page.evaluate('document.querySelector("main").contains(document.activeElement)');
    ok(isInContent, `the next tab of ${address} leaves the content`);

    await page.goto('about:blank');
    await page.goto(address);
    let tabs = 0;
    for (;;) {
      await page.keyboard.press('Tab');
      const element = await page.evaluate(focused);
      if (element === null) break;
      tabs += 1;
      ok(element.isVisible && element.outline !== 'none', `${address}: ${JSON.stringify(element)} has the focus unseen`);
      ok(tabs < TABS_MAX, `${address} holds the focus`);
    }
    ok(tabs > 20, `${address} has ${tabs} elements for the keyboard`);
  }
  await close();
}

/** A form that is filled in and sent without a mouse. */
export async function findByKeyboard(browser, root) {
  const { page, close } = await tab(browser);
  await page.goto(root);
  const isSearch = 'document.activeElement.type === "search"';
  for (let tabs = 0; !(await page.evaluate(isSearch)); tabs += 1) {
    ok(tabs < 20, 'the search is not among the first elements');
    await page.keyboard.press('Tab');
  }
  await page.keyboard.type('user:ch');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/owners?**');
  equal(await page.getByRole('link', { name: 'user:chen' }).count(), 1, 'owners found by the keyboard');
  await close();
}
