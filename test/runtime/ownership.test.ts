import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FolderInUseError, takeOwnership } from '../../runtime/ownership.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ownershipModule = new URL('../../runtime/ownership.ts', import.meta.url).href;

/** Another process that owns `folder` until it is killed. */
async function ownerProcess(folder: string) {
  const script = `
    const { takeOwnership } = await import(${JSON.stringify(ownershipModule)});
    // Kept: a lock that nobody holds on to is collected as garbage, and with it its file closed.
    globalThis.owned = takeOwnership(${JSON.stringify(folder)}, 'cardea-hub serve');
    console.log('owned');
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = () => {
    child.kill('SIGKILL');
    return exited;
  };
  onTestFinished(kill);
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error('the owner did not start')));
  });
  return { pid: child.pid, kill };
}

describe('takeOwnership', () => {
  it('makes the folder for its owner alone, and gives it free again', () => {
    const folder = join(temporaryFolder(), 'data', 'hub');
    const ownership = takeOwnership(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'owner.lock')).mode & 0o777).toBe(0o600);
    ownership.release();
    ownership.release();
    takeOwnership(folder).release();
    expect(existsSync(join(folder, 'owner.json'))).toBe(false);
  });

  it('refuses a second owner in the same process, however often it tries, and names the first', () => {
    const folder = temporaryFolder();
    const first = takeOwnership(folder, 'cardea-rc serve');
    for (let i = 0; i < 3; i += 1) {
      expect(() => takeOwnership(folder)).toThrow(FolderInUseError);
    }
    expect(() => takeOwnership(join(folder, '.', ''))).toThrow(
      `in use by cardea-rc serve (process ${process.pid}): stop it first`,
    );
    first.release();
    takeOwnership(folder).release();
  });

  it('to release the first again does not free the second', () => {
    const folder = temporaryFolder();
    const first = takeOwnership(folder);
    first.release();
    const second = takeOwnership(folder);
    first.release();
    expect(() => takeOwnership(folder)).toThrow(FolderInUseError);
    second.release();
  });

  it('refuses while another process owns the folder, and is free as soon as that is killed', async () => {
    const folder = temporaryFolder();
    const other = await ownerProcess(folder);
    expect(() => takeOwnership(folder)).toThrow(FolderInUseError);
    expect(() => takeOwnership(folder)).toThrow(`cardea-hub serve (process ${other.pid})`);
    await other.kill();
    takeOwnership(folder).release();
  });
});
