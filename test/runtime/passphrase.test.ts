import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AskError } from '../../runtime/ask.ts';
import { askNewPassphrase, credentialsFolder, passphraseSource } from '../../runtime/passphrase.ts';
import { FakeInput, fakeIo } from './fake-io.ts';
import { temporaryFolder } from './temporary-folder.ts';

function credentialsWith(content: string | Uint8Array) {
  const folder = join(temporaryFolder(), 'credentials');
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, 'passphrase'), content, { mode: 0o400 });
  return { CREDENTIALS_DIRECTORY: folder };
}

function onTerminal(...lines: string[]) {
  const io = { ...fakeIo(), stdin: new FakeInput('terminal') };
  io.stdin.end(lines.map((line) => `${line}\r`).join(''));
  return io;
}

describe('a passphrase', () => {
  it('is a line of standard input where that is said', async () => {
    const io = fakeIo();
    io.stdin.end('correct horse battery staple\n');
    expect(await passphraseSource(io, { stdin: true })()).toBe('correct horse battery staple');
  });

  it('is asked for on a terminal, without echo', async () => {
    const io = onTerminal('correct horse');
    expect(await passphraseSource(io, { stdin: false })()).toBe('correct horse');
    expect(io.stdin.rawModes).toEqual([true, false]);
    expect(io.stderr.text).toBe('passphrase: \n');
  });

  it('comes from a systemd credential before anybody is asked', async () => {
    const io = fakeIo(credentialsWith('correct horse battery staple\n'));
    expect(await passphraseSource(io, { stdin: false })()).toBe('correct horse battery staple');
  });

  it('is asked for where the credentials hold none', async () => {
    const io = { ...onTerminal('correct horse'), environment: { CREDENTIALS_DIRECTORY: temporaryFolder() } };
    expect(await passphraseSource(io, { stdin: false })()).toBe('correct horse');
  });

  it('is missed with the ways to give it, where there is no terminal', async () => {
    const asked = passphraseSource(fakeIo(), { stdin: false })();
    await expect(asked).rejects.toThrow('--passphrase-stdin, or as the systemd credential "passphrase"');
  });

  it('that is no text is refused', async () => {
    const io = fakeIo(credentialsWith(Uint8Array.of(0xff, 0xfe)));
    await expect(passphraseSource(io, { stdin: false })()).rejects.toThrow(AskError);
  });

  it('knows no folder of credentials outside systemd', () => {
    expect(credentialsFolder(fakeIo())).toBeUndefined();
    expect(credentialsFolder(fakeIo({ CREDENTIALS_DIRECTORY: '' }))).toBeUndefined();
  });
});

describe('a new passphrase', () => {
  it('is asked for twice on a terminal, and once elsewhere', async () => {
    const io = onTerminal('correct horse battery', 'correct horse battery');
    expect(await askNewPassphrase(io, passphraseSource(io, { stdin: false }))).toBe('correct horse battery');
    const pipe = fakeIo();
    pipe.stdin.end('correct horse battery\n');
    expect(await askNewPassphrase(pipe, passphraseSource(pipe, { stdin: true }))).toBe(
      'correct horse battery',
    );
  });

  it('is refused when it is short, or not the same twice', async () => {
    const short = onTerminal('correct hor', 'correct hor');
    await expect(askNewPassphrase(short, passphraseSource(short, { stdin: false }))).rejects.toThrow('12');
    const other = onTerminal('correct horse battery', 'correct horse batterz');
    await expect(askNewPassphrase(other, passphraseSource(other, { stdin: false }))).rejects.toThrow(
      'differ',
    );
  });
});
