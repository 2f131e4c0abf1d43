import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { MODELS, type Model, queriesOf, readModels } from './models.ts';
import { verdictIn } from './proverif.ts';
import { isAsExpected, merge, type Results, staleIn, table } from './results.ts';

async function keptResults(): Promise<Results> {
  return JSON.parse(await readFile(`${MODELS}/results.json`, 'utf8'));
}

describe('docs/model', () => {
  it('has not changed since the last `npm run prove`', async () => {
    expect(staleIn(await keptResults(), await readModels(MODELS))).toEqual([]);
  });

  it('was found to be as expected', async () => {
    const { models } = await keptResults();
    expect(models.filter((model) => !isAsExpected(model)).map(({ model }) => model)).toEqual([]);
  });

  it('has a check for every query that the honest run is reachable', async () => {
    const models = await readModels(MODELS);
    const reachable = new Set(
      models.flatMap(({ file, queries }) =>
        queries
          .filter(({ kind }) => kind === 'reachable' || kind === 'attack')
          .map(({ name }) => `${file} ${name}`),
      ),
    );
    const without = models.flatMap(({ file, queries }) =>
      queries
        .filter(({ kind }) => kind !== 'reachable')
        .filter(({ reached, kind }) =>
          reached.length === 0
            ? kind !== 'attack'
            : !reached.every((name) => reachable.has(name.includes(' ') ? name : `${file} ${name}`)),
        )
        .map(({ name }) => `${file} ${name}`),
    );
    expect(without).toEqual([]);
  });

  it('has every query that docs/security.md names, and of its attacks those that the lab runs', async () => {
    const text = await readFile('docs/security.md', 'utf8');
    const models = await readModels(MODELS);
    const queries = models.flatMap(({ file, queries }) =>
      queries.map(({ name }) => `${file.replace(/\.pv$/, '')}/${name}`),
    );
    const named = [...text.matchAll(/`((?:cardea-1|limbasiya-2021)-[\w-]+\/[\w-]+)`/g)].map(
      ([, it = '']) => it,
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !queries.includes(name))).toEqual([]);
    const section = text.slice(text.indexOf('## What is proved'), text.indexOf('## Where'));
    const attacks = [...section.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, it = '']) => it);
    expect(attacks.length).toBeGreaterThan(20);
    expect(attacks.filter((attack) => !text.includes(`\n| \`${attack}\` |`))).toEqual([]);
  });

  it('names only functions that exist', async () => {
    const missing: string[] = [];
    for (const { model, file, name } of await citations()) {
      const source = await readFile(file, 'utf8').catch(() => '');
      if (!defines(source, name)) missing.push(`${model}: ${file}#${name}`);
    }
    expect(missing).toEqual([]);
  });

  it('names no function that it would not miss', () => {
    expect(defines('export function pad(', 'pad')).toBe(true);
    expect(defines('  readLogin(body: Uint8Array)', 'readLogin')).toBe(true);
    expect(defines('  #challenge(', 'challenge')).toBe(true);
    expect(defines('    pad(x);', 'pad')).toBe(false);
    expect(defines('// function of pad', 'pad')).toBe(false);
    expect(defines('export function padding(', 'pad')).toBe(false);
  });
});

describe('the kept results', () => {
  const model: Model = {
    file: 'a.pv',
    library: 'a.pvl',
    sha256: '00',
    librarySha256: '01',
    queries: [{ name: 'q', kind: 'holds', says: 'it holds.', expected: 'true', reached: [] }],
  };
  const query = { query: 'q', kind: 'holds', expected: 'true', found: 'true', seconds: 1 } as const;
  const result = {
    model: 'a.pv',
    library: 'a.pvl',
    sha256: '00',
    librarySha256: '01',
    queries: [query],
  };
  const results: Results = { tool: 'ProVerif', version: '2.05', models: [result] };

  it('are good for the models that were run', () => {
    expect(staleIn(results, [model])).toEqual([]);
  });

  it.each([
    ['a model has changed', { ...model, sha256: '02' }],
    ['its library has changed', { ...model, librarySha256: '02' }],
    ['it has another library', { ...model, library: 'b.pvl' }],
    ['a model is new', { ...model, file: 'b.pv' }],
    ['a query is new', { ...model, queries: [...model.queries, ...model.queries] }],
  ])('are stale when %s', (_, changed) => {
    expect(staleIn(results, [changed])).not.toEqual([]);
  });

  it('are stale when a model is gone', () => {
    expect(staleIn(results, [])).toEqual(['a.pv is gone']);
  });

  it('keep of a run of one model what was found of the others', () => {
    const other = { ...result, model: 'b.pv' };
    const both = [model, { ...model, file: 'b.pv' }];
    const changed = { ...result, sha256: '02' };
    const run: Results = { ...results, models: [changed] };
    expect(merge({ ...results, models: [result, other] }, run, both).models).toEqual([changed, other]);
    expect(merge({ ...results, version: '2.04', models: [other] }, run, both).models).toEqual([changed]);
    expect(merge({ ...results, models: [other] }, run, [model]).models).toEqual([changed]);
    expect(merge(null, run, both).models).toEqual([changed]);
  });

  it('show in the table what differs', () => {
    expect(table([result])).not.toContain('DIFFERS');
    const differs = { ...result, queries: [{ ...query, found: 'false' } as const] };
    expect(isAsExpected(differs)).toBe(false);
    expect(table([differs])).toMatch(/a q +proved +ATTACK FOUND +1\.0 +DIFFERS/);
  });
});

describe('what ProVerif prints', () => {
  it.each([
    ['RESULT not attacker(secret[]) is true.', 'true'],
    ['RESULT event(A(x)) ==> event(B(x)) is false.', 'false'],
    ['RESULT Weak secret pin is true.', 'true'],
    ['RESULT Observational equivalence cannot be proved.', 'cannot be proved'],
    ['RESULT (but event(A(x)) ==> event(B(x)) is true.)', null],
    ['Query not attacker(secret[]) is true.', null],
    ['RESULT something else', null],
  ])('%s', (line, verdict) => {
    expect(verdictIn(line)).toBe(verdict);
  });
});

describe('a model', () => {
  it('says what is expected of each query, and why it says something', () => {
    const text =
      '(* [a] holds: it\n   holds. Reached: [b]. *)\nquery attacker(x).\n(* [b] reachable: so. *)\nquery event(e()).\n';
    expect(queriesOf('m.pv', text)).toEqual([
      { name: 'a', kind: 'holds', says: 'it holds.', expected: 'true', reached: ['b'] },
      { name: 'b', kind: 'reachable', says: 'so.', expected: 'false', reached: [] },
    ]);
  });

  it.each([
    ['a query of which nothing is said', 'query attacker(x).\n'],
    ['a kind that there is not', '(* [a] hopes: so. *)\nquery attacker(x).\n'],
    ['a comment without a query', '(* [a] holds: so. *)\nprocess 0\n'],
  ])('is refused with %s', (_, text) => {
    expect(() => queriesOf('m.pv', text)).toThrow(/m\.pv/);
  });
});

interface Citation {
  readonly model: string;
  readonly file: string;
  readonly name: string;
}

/** Every `path/file.ts#name` in the models and their README, and `#other` behind it, of the same file. */
async function citations(): Promise<readonly Citation[]> {
  const models = (await readdir(MODELS)).filter((name) => /\.(?:pvl?|md)$/.test(name));
  const all = await Promise.all(
    models.map(async (model) => {
      const text = await readFile(`${MODELS}/${model}`, 'utf8');
      let file = '';
      return [...text.matchAll(/([\w-]+(?:\/[\w-]+)+\.ts)?#(\w+)/g)].map(([, path, name = '']) => {
        file = path ?? file;
        return { model, file, name };
      });
    }),
  );
  return all.flat();
}

/** A function, class, interface or constant at the top, or a method. */
function defines(source: string, name: string): boolean {
  const top = `^(?:export )?(?:async )?(?:function|class|interface|type|const) ${name}\\b`;
  const method = `^  (?:static )?(?:async )?#?${name}(?:<[^>]*>)?\\(`;
  return new RegExp(`${top}|${method}`, 'm').test(source);
}
