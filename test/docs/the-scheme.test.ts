import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const FOLDER = 'protocol/limbasiya/';

/** The functions that the document names: `file.ts#name`, in `protocol/limbasiya/` unless it names a folder. */
async function namedFunctions(): Promise<{ file: string; name: string }[]> {
  const text = await readFile('docs/the-scheme.md', 'utf8');
  return [...text.matchAll(/`([\w/.-]+\.ts)#(\w+)`/g)].map(([, path = '', name = '']) => ({
    file: path.includes('/') ? path : `${FOLDER}${path}`,
    name,
  }));
}

function defines(source: string, name: string): boolean {
  return new RegExp(`^(?:export )?(?:async )?(?:function|class) ${name}\\b`, 'm').test(source);
}

describe('docs/the-scheme.md', () => {
  it('names only functions that exist', async () => {
    const missing: string[] = [];
    for (const { file, name } of await namedFunctions()) {
      const source = await readFile(file, 'utf8').catch(() => '');
      if (!defines(source, name)) missing.push(`${file}#${name}`);
    }
    expect(missing).toEqual([]);
  });

  it('names the function of every formula', async () => {
    const named = new Set((await namedFunctions()).map(({ file, name }) => `${file}#${name}`));
    for (const file of ['user', 'hub-registration', 'card-registration', 'card', 'service', 'updation']) {
      const source = await readFile(`${FOLDER}${file}.ts`, 'utf8');
      const exported = [...source.matchAll(/^export function (\w+)/gm)].map(([, name = '']) => name);
      for (const name of exported.filter((it) => !/^(?:en|de)code/.test(it))) {
        expect(named).toContain(`${FOLDER}${file}.ts#${name}`);
      }
    }
  });

  it('names no function that it would not miss', () => {
    expect(defines('export function pad(', 'pad')).toBe(true);
    expect(defines('// function of pad', 'pad')).toBe(false);
    expect(defines('export function padding(', 'pad')).toBe(false);
  });
});
