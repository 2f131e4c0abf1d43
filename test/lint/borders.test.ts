import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['protocol', 'hardware', 'runtime', 'certs', 'hub', 'rc', 'rc/console', 'device'] as const;

/** Who may import whom (DESIGN, the house); a folder may always import itself. */
const ALLOWED: Record<(typeof FOLDERS)[number], readonly string[]> = {
  protocol: [],
  hardware: [],
  runtime: [],
  certs: ['protocol', 'runtime'],
  hub: ['protocol', 'certs', 'runtime'],
  rc: ['protocol', 'certs', 'runtime'],
  'rc/console': ['protocol', 'certs', 'runtime', 'hardware', 'rc'],
  device: ['protocol', 'certs', 'runtime', 'hardware'],
};
const TOP = ['protocol', 'hardware', 'runtime', 'certs', 'hub', 'rc', 'device'];

/** One small file for each thing the linter is asked about, by path. */
const files = new Map<string, string>();
for (const from of FOLDERS) {
  const up = '../'.repeat(from.split('/').length);
  for (const to of TOP) {
    if (to !== from) files.set(`${from}/to-${to}.ts`, `import { x } from '${up}${to}/x.ts';\nx();\n`);
  }
  files.set(`${from}/floating.ts`, 'async function f() {}\nexport function g() {\n  f();\n}\n');
  files.set(`${from}/awaited.ts`, 'async function f() {}\nexport async function g() {\n  await f();\n}\n');
  files.set(
    `${from}/switch.ts`,
    "export function f(x: 'a' | 'b') {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n}\n",
  );
  files.set(`${from}/timer.ts`, 'setTimeout(() => undefined, 1);\n');
}
files.set('protocol/file.ts', "import { readFileSync } from 'node:fs';\nreadFileSync('x');\n");
files.set('protocol/hash.ts', "import { hash } from 'node:crypto';\nhash('sha256', 'x');\n");
files.set(
  'protocol/crypto/node-crypto.ts',
  "import { hash, randomBytes } from 'node:crypto';\nimport { readFileSync } from 'node:fs';\nhash(randomBytes(1), readFileSync('x'));\n",
);
files.set('protocol/now.ts', 'export const now = () => Date.now();\n');
files.set('protocol/pure.ts', "import { utf8 } from './bytes.ts';\nexport const label = utf8('x');\n");

let folder: string;
/** What the linter says, as `path rule`, and as `path:line:column rule`. */
const findings = new Set<string>();

beforeAll(() => {
  // A house of its own under the project's rules, so that nothing is written into the real one.
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'cardea-lint-')));
  copyFileSync(join(root, 'biome.json'), join(folder, 'biome.json'));
  copyFileSync(join(root, '.gitignore'), join(folder, '.gitignore'));
  for (const [path, code] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
  }
  const biome = join(root, 'node_modules/.bin/biome');
  const run = spawnSync(biome, ['lint', '--reporter=github', '--max-diagnostics=none'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const said =
    /::error title=lint\/\w+\/(?<rule>\w+),file=(?<file>[^,]+),line=(?<line>\d+),endLine=\d+,col=(?<column>\d+)/g;
  for (const { groups } of run.stdout.matchAll(said)) {
    const { rule, file, line, column } = groups ?? {};
    const path = relative(folder, file ?? '');
    findings.add(`${path} ${rule}`).add(`${path}:${line}:${column} ${rule}`);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the linter', () => {
  it.each(FOLDERS)('keeps the borders of %s/', (from) => {
    for (const to of TOP) {
      if (to === from) continue;
      const refused = findings.has(`${from}/to-${to}.ts noRestrictedImports`);
      expect([to, refused]).toEqual([to, !ALLOWED[from].includes(to)]);
    }
  });

  it('keeps protocol/ pure', () => {
    expect(findings).toContain('protocol/file.ts noRestrictedImports');
    expect(findings).toContain('protocol/hash.ts noRestrictedImports');
    expect(findings).toContain('protocol/now.ts noRestrictedGlobals');
    expect([...findings].filter((finding) => finding.startsWith('protocol/pure.ts'))).toEqual([]);
  });

  it('lets node:crypto compute in one file of protocol/, and do nothing else', () => {
    const refused = [...findings].filter((finding) => finding.startsWith('protocol/crypto/node-crypto.ts:'));
    expect(refused.toSorted()).toEqual([
      'protocol/crypto/node-crypto.ts:1:16 noRestrictedImports',
      'protocol/crypto/node-crypto.ts:2:30 noRestrictedImports',
    ]);
  });

  it.each(FOLDERS)('refuses a floating promise and a switch that is not exhaustive in %s/', (from) => {
    expect(findings).toContain(`${from}/floating.ts noFloatingPromises`);
    expect(findings).not.toContain(`${from}/awaited.ts noFloatingPromises`);
    expect(findings).toContain(`${from}/switch.ts useExhaustiveSwitchCases`);
  });

  it.each(['protocol', 'certs', 'hub', 'rc', 'rc/console', 'device'])(
    'refuses a timer of its own in %s/',
    (from) => {
      expect(findings).toContain(`${from}/timer.ts noRestrictedGlobals`);
    },
  );
});
