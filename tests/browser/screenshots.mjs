// The pictures of docs/web: the upper part of pages, written where CREDITS_TEST_SCREENSHOTS names the folder.

import { NARROW, WIDE, tab } from './chromium.mjs';

/** Pixels of the upper part. */
const HEIGHT_MAX = 1_200;

const LOOKS = [
  ['1280-light', { viewport: WIDE, colorScheme: 'light' }],
  ['390-dark', { viewport: NARROW, colorScheme: 'dark' }],
];

export async function screenshots(browser, root, folder) {
  for (const [look, options] of LOOKS) {
    const { page, close } = await tab(browser, options);
    const take = async (name) => {
      const { width } = options.viewport;
      const height = Math.min(await page.evaluate('document.documentElement.scrollHeight'), HEIGHT_MAX);
      const clip = { x: 0, y: 0, width, height };
      await page.screenshot({ path: `${folder}/${name}-${look}.png`, fullPage: true, clip });
    };
    for (const [name, path] of Object.entries({ overview: '', owner: 'owner?name=user:ada', catalogue: 'catalogue' })) {
      await page.goto(`${root}/${path}`);
      await take(name);
    }
    await page.goto(`${root}/owner?name=user:ada`);
    await page.getByRole('row', { name: /Generate video.*\u2212137/ }).getByRole('link').first().click();
    await take('entry');
    await page.goto(`${root}/what-if`);
    const terms = page.getByLabel(/Terms/);
    await terms.fill((await terms.inputValue()).replace(/("hd",\s*)25/, '$150'));
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('row').first().waitFor();
    await take('what-if');
    await close();
  }
}
