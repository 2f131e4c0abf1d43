import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { subjectSystem, VISIT_DAY } from '../../protocol/fhir/systems.ts';
import { temperature } from '../protocol/fhir/observations.ts';
import { compiled } from '../support/programs.ts';
import { openNetwork } from './network.ts';

const SUBJECT = 'ab'.repeat(16);

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function hub(folder: string, words: readonly string[], input = ''): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [compiled('hub/main'), ...words, '--data', folder],
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

function bundle(count: number): string {
  const identifier = { system: subjectSystem('hub-1'), value: SUBJECT };
  const kept = { id: 'a', meta: { tag: [] }, subject: { identifier } };
  const observations = Array.from({ length: count }, (_, n) => ({ ...temperature(`n${n}`), ...kept }));
  const encounter = {
    resourceType: 'Encounter',
    ...kept,
    identifier: [{ system: VISIT_DAY, value: '2026-01-01' }],
    status: 'finished',
    class: { system: 'urn:x', code: 'AMB' },
    period: { start: '2026-01-01T00:00:00Z' },
  };
  const patient = { resourceType: 'Patient', id: SUBJECT, identifier: [identifier] };
  const entry = [patient, encounter, ...observations].map((resource) => ({ resource }));
  return JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry });
}

describe('cardea-hub records and queue, while the hub does not serve', () => {
  it('take records in once, list and export them, and say which line is none', async () => {
    const { hubFolder: folder } = await openNetwork();
    const file = join(folder, 'in.ndjson');
    writeFileSync(file, `${bundle(150)}\n\nnot JSON`);
    const spoiled = await hub(folder, ['records', 'import', file]);
    expect(spoiled.code).toBe(1);
    expect(spoiled.stderr).toMatch(
      /^cardea-hub: line 3 of .*in\.ndjson was not taken in.*151 records before it were/,
    );
    const none = await hub(folder, ['records', 'import', join(folder, 'no such file')]);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toMatch(/^cardea-hub: .*no such file cannot be read: check .*\n$/);
    const again = await hub(folder, ['records', 'import', '-', '--json'], bundle(151));
    expect(JSON.parse(again.stdout)).toEqual({ added: 1, known: 151, differing: 0 });
    const listed = await hub(folder, ['records', 'list']);
    expect(listed.stdout).toContain(`patient ${SUBJECT}: 151 measurements, 1 visit, the latest of 20`);
    const out = join(folder, 'out.ndjson');
    expect((await hub(folder, ['records', 'export', '--out', out])).code).toBe(0);
    expect(statSync(out).mode & 0o077).toBe(0);
    expect(JSON.parse(readFileSync(out, 'utf8')).entry).toHaveLength(153);
    expect(await hub(folder, ['queue'])).toMatchObject({ code: 0, stdout: 'nobody waits\n' });
    expect((await hub(folder, ['queue', 'done', '1'])).stderr).toMatch(/nobody has number 1 today/);
    expect((await hub(folder, ['queue', 'done', 'first'])).code).toBe(2);
  }, 120_000);
});
