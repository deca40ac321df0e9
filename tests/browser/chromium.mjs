// The browser: Chromium without a display, and without requests of its own.

import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 390, height: 844 };

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CREDITS_TEST_CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
    timeout: 30_000,
  });

/** A tab of its own session, and the errors that its console shows: also violations of the content policy. */
export async function tab(browser, options = {}) {
  const context = await browser.newContext({ viewport: WIDE, colorScheme: 'light', reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(`${page.url()}: ${message.text()}`));
  page.on('pageerror', (error) => errors.push(`${page.url()}: ${error}`));
  return { page, errors, close: () => context.close() };
}
