// What administrators do, from page to page, without JavaScript.

import { tab } from './chromium.mjs';
import { equal, includes, ok } from './checks.mjs';

const number = (text) => Number(text.replaceAll(',', '').replace('\u2212', '-').match(/-?\d+/)[0]);

/** The available credits in the tile of an owner's page. */
const available = async (page) =>
  number(await page.locator('.tile', { hasText: 'Available' }).locator('.value').innerText());

/** The texts of the newest entry in a history. */
const newest = (page) => page.locator('section', { hasText: 'History' }).locator('tbody tr').first().innerText();

/** The balance at the end of the chart, from the table below it. */
const charted = async (page) => number(await page.locator('details td.figure').last().textContent());

const entries = (page) => page.locator('section', { hasText: 'History' }).locator('tbody tr').count();

/** Opens a part of the page that is folded, such as a form. */
const unfold = (page, name) => page.locator('summary', { hasText: name }).click();

export async function give(page, root) {
  await page.goto(root);
  await page.getByLabel('Find an owner').fill('user:ch');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByRole('link', { name: 'user:chen' }).click();
  const [before, chartBefore, entriesBefore] = [await available(page), await charted(page), await entries(page)];

  const form = page.locator('form', { has: page.getByRole('button', { name: 'Give' }) });
  await form.getByLabel('Amount').fill('137');
  await form.getByLabel('Reason').fill('blurred <twice>');
  await form.getByRole('button', { name: 'Give' }).click();
  includes(await page.locator('main').innerText(), '+137', 'the second look');
  const fields = {};
  for (const field of await page.locator('form.stacked input[type=hidden]').all()) {
    fields[await field.getAttribute('name')] = await field.getAttribute('value');
  }
  const action = new URL(await page.locator('form.stacked').getAttribute('action'), page.url()).href;
  await page.getByRole('button', { name: 'Confirm' }).click();
  includes(await page.getByRole('status').innerText(), '137', 'the notice after giving');
  includes(await newest(page), 'blurred <twice>', 'the newest entry after giving');
  includes(await newest(page), '+137', 'the newest entry after giving');
  equal(await available(page), before + 137, 'the tile after giving');
  equal(await charted(page), chartBefore + 137, 'the end of the chart after giving');

  // The form has the key that it was made with: sent once more, it gives nothing more.
  await page.request.post(action, { form: fields });
  await page.reload();
  equal(await available(page), before + 137, 'the tile after the form was sent twice');
  equal(await entries(page), Math.min(entriesBefore + 1, 25), 'entries after the form was sent twice');
}

async function refuse(page, root) {
  await page.goto(`${root}/owner?name=user:chen`);
  const before = await available(page);
  const form = page.locator('form', { has: page.getByRole('button', { name: 'Give' }) });
  await form.getByLabel('Amount').fill('13,5 credits');
  await form.getByLabel('Reason').fill('a reason that stays');
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'POST'),
    form.getByRole('button', { name: 'Give' }).click(),
  ]);
  equal(response.status(), 422, 'the status of a refused form');
  includes(await page.getByRole('alert').innerText(), '13,5 credits', 'the message of a refused form');
  equal(await page.getByLabel('Amount').inputValue(), '13,5 credits', 'the refused field');
  equal(await page.getByLabel('Reason').inputValue(), 'a reason that stays', 'the other field');
  await page.getByLabel('Amount').fill('2');
  await page.getByRole('button', { name: 'Give' }).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  equal(await available(page), before + 2, 'the tile after the corrected form');
}

async function take(page, root) {
  await page.goto(`${root}/owner?name=user:chen`);
  const before = await available(page);
  await unfold(page, 'Take credits');
  const form = page.locator('form', { has: page.getByRole('button', { name: 'Take' }) });
  await form.getByLabel('Amount').fill('37');
  await form.getByLabel('Reason').fill('given by mistake');
  await form.getByRole('button', { name: 'Take' }).click();
  const look = (await page.locator('main').innerText()).replaceAll(',', '');
  includes(look, String(before), 'the second look, before');
  includes(look, String(before - 37), 'the second look, after');
  await page.getByRole('button', { name: 'Confirm' }).click();
  equal(await available(page), before - 37, 'the tile after taking');
  includes(await newest(page), 'given by mistake', 'the newest entry after taking');
}

export async function explain(page, root) {
  await page.goto(`${root}/owner?name=user:ada`);
  const charge = page.getByRole('row', { name: /Generate video.*\u2212137/ });
  await charge.getByRole('link').first().click();
  includes(
    await page.locator('main').innerText(),
    '100 + 10 x 3.65 s = 136.5, rounded up: 137',
    'the sum of the charge',
  );
}

async function release(page, root) {
  await page.goto(`${root}/owner?name=user:ada`);
  const before = await available(page);
  await page.getByRole('button', { name: 'Release' }).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  equal(await available(page), before + 25, 'the tile after the release');
}

async function compare(page, root) {
  await page.goto(`${root}/what-if`);
  const terms = page.getByLabel(/Terms/);
  await terms.fill((await terms.inputValue()).replace(/("hd",\s*)25/, '$150'));
  await page.getByRole('button', { name: 'Compare' }).click();
  const row = await page.getByRole('row', { name: /generate_image|Generate image/ }).first().innerText();
  ok(/\d/.test(row), `the comparison: ${row}`);
}

async function calculate(page, root) {
  await page.goto(`${root}/catalogue`);
  const item = page.locator('.item', { hasText: 'generate_video' });
  await item.locator('summary').click();
  await item.locator('input:not([type=hidden])').first().fill('3.65');
  await item.getByRole('button').click();
  includes(await page.getByRole('status').innerText(), '137', 'the calculated price');
}

async function verify(page, root) {
  await page.goto(`${root}/ledger`);
  await page.getByRole('button', { name: 'Verify now' }).click();
  // The page is loaded again by itself until the verification ends.
  await page.getByText(/sound/i).first().waitFor();
}

export const flows = { give, refuse, take, explain, release, compare, calculate, verify };

/** A spend by the API is on the overview at once. */
export async function spend(browser, url) {
  const { page, close } = await tab(browser, { javaScriptEnabled: false });
  const response = await page.request.post(`${url}/credits/api/wallets/user:goran/spend`, {
    headers: { authorization: `Bearer ${process.env.CREDITS_TEST_TOKEN}`, 'idempotency-key': 'browser-1' },
    data: { operation: 'generate_image', quality: 'draft' },
  });
  equal(response.status(), 201, 'the status of a spend');
  await page.goto(`${url}/admin/credits`);
  const row = await page.locator('section', { hasText: 'Latest entries' }).locator('tbody tr').first().innerText();
  includes(row, 'user:goran', 'the latest entry');
  await close();
}
