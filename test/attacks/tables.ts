import { brokenBy, CRITERIA } from './criteria.ts';
import { type Finding, SUITES } from './lab.ts';

/** The parts of `docs/security.md` that the lab computes, by the names of their marks. */
export function tablesOf(findings: readonly Finding[]): ReadonlyMap<string, string> {
  return new Map([
    ['attacks', attackTable(findings)],
    ['criteria', criteriaTable(findings)],
  ]);
}

/**
 * `text` with each table between its marks, `<!-- NAME: computed -->` and `<!-- NAME: end -->`, put in anew.
 * @throws Error where a mark is missing
 */
export function withTables(text: string, tables: ReadonlyMap<string, string>): string {
  let out = text;
  for (const [name, table] of tables) {
    const [begin, end] = [`<!-- ${name}: computed -->`, `<!-- ${name}: end -->`];
    const [from, to] = [out.indexOf(begin), out.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`the marks of the table “${name}” are missing`);
    out = `${out.slice(0, from + begin.length)}\n\n${table}\n\n${out.slice(to)}`;
  }
  return out;
}

function attackTable(findings: readonly Finding[]): string {
  const rows = findings.map(({ id, title, verdicts }) =>
    row([`\`${id}\``, title, ...SUITES.map((suite) => verdicts[suite].outcome.replaceAll('-', ' '))]),
  );
  return [
    row(['attack', 'true where it breaks', ...SUITES]),
    row(['---', '---', '---', '---']),
    ...rows,
  ].join('\n');
}

function criteriaTable(findings: readonly Finding[]): string {
  const rows = CRITERIA.map((criterion) => {
    const cells = SUITES.map((suite) => {
      const broken = brokenBy(criterion, suite, findings);
      return broken.length === 0 ? 'met' : `not met: ${broken.map((id) => `\`${id}\``).join(', ')}`;
    });
    const deciders = criterion.attacks.map((id) => `\`${id}\``).join(', ');
    return row([criterion.id, criterion.title, deciders, ...cells]);
  });
  return [
    row(['', 'criterion', 'decided by', ...SUITES]),
    row(['---', '---', '---', '---', '---']),
    ...rows,
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
