import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

let disks = 0;

/**
 * A disk of its own, of so many megabytes, until the test is over; null, which it says, where this process may not
 * mount one.
 */
export function smallDisk(megabytes: number): string | null {
  disks += 1;
  const folder = join(process.cwd(), 'node_modules', '.cache', `cardea-disk-${process.pid}-${disks}`);
  mkdirSync(folder, { recursive: true });
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder];
    execFileSync('mount', options, { stdio: 'ignore' });
  } catch {
    rmdirSync(folder);
    process.stdout.write('skipped: needs the right to mount a small disk\n');
    return null;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
    rmdirSync(folder);
  });
  return folder;
}

/** From now on nothing on it can be written; nobody may have a file on it open for that. */
export function makeReadOnly(folder: string): void {
  execFileSync('mount', ['-o', 'remount,ro', folder], { stdio: 'ignore' });
}
