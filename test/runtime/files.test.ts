import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createNewFile,
  FileError,
  FileExistsError,
  FileMissingError,
  makeSecretFolder,
  readSecretFile,
  readWholeFile,
  SecretFileExposedError,
  writeFileDurably,
} from '../../runtime/files.ts';
import { temporaryFolder } from './temporary-folder.ts';

const mode = (path: string) => statSync(path).mode & 0o777;

describe('writeFileDurably', () => {
  it('writes a new file for its owner alone, or with the mode that is asked for', async () => {
    const folder = temporaryFolder();
    await writeFileDurably(join(folder, 'key'), Uint8Array.of(1, 2, 3));
    await writeFileDurably(join(folder, 'certificate'), 'public', { mode: 0o644 });
    expect([...readFileSync(join(folder, 'key'))]).toEqual([1, 2, 3]);
    expect(mode(join(folder, 'key'))).toBe(0o600);
    expect(mode(join(folder, 'certificate'))).toBe(0o644);
  });

  it('replaces a file whole, and leaves nothing beside it', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'settings.json');
    await writeFileDurably(path, 'a much longer text than the next one');
    await writeFileDurably(path, 'short');
    expect(readFileSync(path, 'utf8')).toBe('short');
    expect(readdirSync(folder)).toEqual(['settings.json']);
  });

  it('many writers at once leave one of their texts, whole', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'f');
    const texts = Array.from({ length: 20 }, (_, i) => `${i};`.repeat(1_000));
    await Promise.all(texts.map((text) => writeFileDurably(path, text)));
    expect(texts).toContain(readFileSync(path, 'utf8'));
    expect(readdirSync(folder)).toEqual(['f']);
  });

  it('fails typed and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'taken'));
    await expect(writeFileDurably(join(folder, 'taken'), 'x')).rejects.toThrow(FileError);
    await expect(writeFileDurably(join(folder, 'nowhere', 'f'), 'x')).rejects.toThrow(FileMissingError);
    expect(readdirSync(folder)).toEqual(['taken']);
  });
});

describe('createNewFile', () => {
  it('writes a file that is new, and never one that is there', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'recovery-code');
    await createNewFile(path, 'first');
    await expect(createNewFile(path, 'second')).rejects.toThrow(FileExistsError);
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(mode(path)).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['recovery-code']);
  });

  it('of many at once, exactly one wins', async () => {
    const path = join(temporaryFolder(), 'f');
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => createNewFile(path, String(i))),
    );
    const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [String(i)] : []));
    expect(winners).toEqual([readFileSync(path, 'utf8')]);
  });
});

describe('readSecretFile', () => {
  it('reads what only its owner can', async () => {
    const path = join(temporaryFolder(), 'key');
    writeFileSync(path, 'secret', { mode: 0o600 });
    expect(Buffer.from(await readSecretFile(path)).toString()).toBe('secret');
  });

  it.each([0o640, 0o620, 0o604, 0o601])(
    'refuses a file of mode %o and says how to mend it',
    async (exposed) => {
      const path = join(temporaryFolder(), 'key');
      writeFileSync(path, 'secret');
      chmodSync(path, exposed);
      const reading = readSecretFile(path);
      await expect(reading).rejects.toThrow(SecretFileExposedError);
      await expect(reading).rejects.toThrow(`chmod 600 ${path}`);
    },
  );

  it('says that a file is missing, or no file', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o700);
    await expect(readSecretFile(join(folder, 'key'))).rejects.toThrow(FileMissingError);
    await expect(readSecretFile(folder)).rejects.toThrow(FileError);
    await expect(readWholeFile(join(folder, 'key'))).rejects.toThrow(FileMissingError);
  });
});

describe('readWholeFile', () => {
  it('reads a file of any mode', async () => {
    const path = join(temporaryFolder(), 'certificate');
    writeFileSync(path, 'public', { mode: 0o644 });
    expect(Buffer.from(await readWholeFile(path)).toString()).toBe('public');
  });
});

describe('makeSecretFolder', () => {
  it('makes a folder, and those above it, for its owner alone', async () => {
    const top = temporaryFolder();
    await makeSecretFolder(join(top, 'data', 'keys'));
    expect([mode(join(top, 'data')), mode(join(top, 'data', 'keys'))]).toEqual([0o700, 0o700]);
  });

  it('narrows one that others can enter', async () => {
    const folder = join(temporaryFolder(), 'keys');
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    await makeSecretFolder(folder);
    expect(mode(folder)).toBe(0o700);
  });
});
