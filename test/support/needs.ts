import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'vitest';

/** Programs that a test runs, each with the Debian package that holds it. */
export type Needs = Readonly<Record<string, string>>;

/**
 * `describe` for tests that need more than npm brings. Where a program is missing they are skipped, which is
 * said with the packages to install; with `CI=true`, where all are installed, that is a failure.
 */
export function describeWith(needs: Needs, name: string, tests: () => void): void {
  const packages = missingPackages(needs);
  if (packages.length === 0) {
    describe(name, tests);
    return;
  }
  const reason = `needs ${packages.join(', ')}`;
  if (process.env['CI'] === 'true') {
    describe(name, () => {
      it(`finds what it needs`, () => {
        throw new Error(`${reason}: apt-get install ${packages.join(' ')}`);
      });
    });
    return;
  }
  process.stdout.write(`skipped: ${reason} (${name})\n`);
  describe.skip(`${name} (${reason})`, tests);
}

/** The packages of those programs that are not on the PATH, each once. */
export function missingPackages(needs: Needs): readonly string[] {
  const missing = Object.entries(needs).filter(([program]) => !isOnPath(program));
  return [...new Set(missing.map(([, name]) => name))];
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
