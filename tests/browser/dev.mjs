import { chromium } from 'playwright-core';
const url = process.argv[2];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless','--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync'] });
const ctx = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
const page = await ctx.newPage();
page.on('console', m => console.log('console', m.type(), m.text()));
const shots = { overview: '', owners: 'owners', owner: 'owner?name=user:ada', catalogue: 'catalogue', money: 'money', whatif: 'what-if', ledger: 'ledger' };
for (const [name, path] of Object.entries(shots)) {
  await page.emulateMedia({ colorScheme: 'light' }); await page.setViewportSize({ width: 1280, height: 900 });
  const t = Date.now();
  const r = await page.goto(`${url}/admin/credits/${path}`);
  console.log(name, r.status(), Date.now() - t, await page.evaluate('[document.documentElement.scrollWidth, innerWidth]'));
  await page.screenshot({ path: `/tmp/shots/${name}-1280.png`, fullPage: true });
  await page.emulateMedia({ colorScheme: 'dark' }); await page.setViewportSize({ width: 390, height: 844 });
  console.log(await page.evaluate('[document.documentElement.scrollWidth, innerWidth]'));
  await page.screenshot({ path: `/tmp/shots/${name}-390.png`, fullPage: true });
}
await page.goto(`${url}/widgets`); await page.screenshot({ path: '/tmp/shots/widgets-390.png', fullPage: true });
await browser.close();
