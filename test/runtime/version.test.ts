import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VERSION } from '../../runtime/version.ts';

it('the version that a program tells of itself is the package’s', () => {
  expect(VERSION).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
});
