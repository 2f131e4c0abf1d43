import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ATTACKS } from './attacks.ts';
import { type Finding, runLab, SUITES } from './lab.ts';
import { tablesOf, withTables } from './tables.ts';

const DOCS = 'docs/security.md';

const USAGE = `npm run attacks [-- NAME…] [-- --json]

  NAME    run only this attack; without any, all
  --docs  write the tables of docs/security.md anew
  --json  print {"attacks": [{"id", "title", "limbasiya-2021", "cardea-1"}]}

Outcomes: breaks (the title is true), holds, does-not-apply.
What there is: ${ATTACKS.map(({ id }) => id).join(', ')}`;

const MARKS = { breaks: '✗', holds: '✓', 'does-not-apply': '·' } as const;

/** An outcome is a result, not a failure: the exit code says only whether every attack could be run. */
async function main(): Promise<number> {
  const options = {
    docs: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const unknown = positionals.filter((name) => !ATTACKS.some(({ id }) => id === name));
  if (unknown.length > 0) throw new TypeError(`there is no attack ${unknown.join(', ')}: see --help`);
  const wanted = ATTACKS.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
  const findings = await runLab(wanted, values.json ? undefined : (finding) => say(linesOf(finding)));
  if (values.docs) await writeTables(findings);
  if (values.json) {
    const attacks = findings.map(({ id, title, verdicts }) => ({
      id,
      title,
      ...Object.fromEntries(SUITES.map((suite) => [suite, verdicts[suite].outcome])),
    }));
    process.stdout.write(`${JSON.stringify({ attacks }, null, 2)}\n`);
  } else say(sumOf(findings));
  return 0;
}

/** @throws TypeError when not all attacks were run */
async function writeTables(findings: readonly Finding[]): Promise<void> {
  if (findings.length < ATTACKS.length) throw new TypeError('--docs takes all attacks: name none');
  await writeFile(DOCS, withTables(await readFile(DOCS, 'utf8'), tablesOf(findings)));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function linesOf({ id, title, verdicts }: Finding): string {
  const lines = SUITES.map((suite) => {
    const { outcome, because } = verdicts[suite];
    return `  ${MARKS[outcome]} ${suite.padEnd(15)} ${outcome.padEnd(15)} ${because}`;
  });
  return `${id}: ${title}\n${lines.join('\n')}\n`;
}

function sumOf(findings: readonly Finding[]): string {
  return SUITES.map((suite) => {
    const count = (outcome: string) =>
      findings.filter(({ verdicts }) => verdicts[suite].outcome === outcome).length;
    return `${suite}: ${count('breaks')} break it, ${count('holds')} do not, ${count('does-not-apply')} do not apply`;
  }).join('\n');
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof TypeError;
  const text =
    error instanceof Error ? (isUsage ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`attacks: ${text}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
