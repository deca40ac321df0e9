// Assertions that name what is wrong.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

export const ok = (is, what) => assert.ok(is, what);

export const equal = (found, expected, what) =>
  assert.ok(isDeepStrictEqual(found, expected), `${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);

export const includes = (text, part, what) =>
  assert.ok(text.includes(part), `${what}: ${JSON.stringify(part)} is not in ${JSON.stringify(text)}`);
