import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileExistsError, FileMissingError, SecretFileExposedError } from '../../runtime/files.ts';
import { systemRandom } from '../../runtime/random.ts';
import { PassphraseError, SealedFileError } from '../../runtime/sealing.ts';
import { SecretFolder, SecretPlaceError } from '../../runtime/secret-folder.ts';
import { temporaryFolder } from './temporary-folder.ts';

const PASSPHRASE = 'correct horse battery staple';
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
const bytes = (content: string) => new Uint8Array(Buffer.from(content));

/** A process's folder of secrets, opened as often as is wanted; `asked` counts the questions for its passphrase. */
class Bench {
  readonly above = temporaryFolder();
  readonly folder = join(this.above, 'keys');
  asked = 0;

  constructor() {
    mkdirSync(this.folder, { mode: 0o700 });
  }

  open(options: { readonly passphrase?: string; readonly credentials?: string } = {}): SecretFolder {
    return new SecretFolder({
      folder: this.folder,
      isSecret: (name) => name.endsWith('.key'),
      credentials: options.credentials,
      passphrase: async () => {
        this.asked += 1;
        return options.passphrase ?? PASSPHRASE;
      },
      random: systemRandom,
      logN: 10,
    });
  }

  /** With two secrets, sealed under `PASSPHRASE`. */
  async sealed(): Promise<SecretFolder> {
    const secrets = this.open();
    await secrets.create('a.key', bytes('secret a'));
    await secrets.create('b.key', bytes('secret b'));
    await secrets.seal(async () => PASSPHRASE);
    return this.open();
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  onDisk(): string {
    return readdirSync(this.folder)
      .map((name) => readFileSync(this.path(name), 'utf8'))
      .join('');
  }
}

describe('a secret in a file', () => {
  it('is made for its owner alone, once, and read back', async () => {
    const bench = new Bench();
    await bench.open().create('a.key', bytes('secret a'));
    expect(statSync(bench.path('a.key')).mode & 0o777).toBe(0o600);
    expect(text(await bench.open().read('a.key'))).toBe('secret a');
    expect(await bench.open().placeOf('a.key')).toBe('file');
    await expect(bench.open().create('a.key', bytes('another'))).rejects.toThrow(FileExistsError);
    expect(bench.asked).toBe(0);
  });

  it.each([
    ['the file by the group', 0o640, 0o700],
    ['the file by all', 0o604, 0o700],
    ['the folder by the group', 0o600, 0o750],
    ['the folder by all', 0o600, 0o701],
  ])('is refused when others can use %s', async (_what, file, folder) => {
    const bench = new Bench();
    await bench.open().create('a.key', bytes('secret a'));
    chmodSync(bench.path('a.key'), file);
    chmodSync(bench.folder, folder);
    await expect(bench.open().read('a.key')).rejects.toThrow(SecretFileExposedError);
  });

  it('is refused when everybody could put another folder in the place of its own', async () => {
    const bench = new Bench();
    await bench.open().create('a.key', bytes('secret a'));
    chmodSync(bench.above, 0o777);
    await expect(bench.open().read('a.key')).rejects.toThrow(`chmod o-w ${bench.above}`);
    chmodSync(bench.above, 0o1777);
    expect(text(await bench.open().read('a.key'))).toBe('secret a');
  });

  it('that is missing is told by its path', async () => {
    const bench = new Bench();
    await expect(bench.open().read('a.key')).rejects.toThrow(FileMissingError);
    expect(await bench.open().placeOf('a.key')).toBeUndefined();
    expect(await bench.open().names()).toEqual([]);
  });
});

describe('a sealed secret', () => {
  it('opens with its passphrase, which is asked for once for all of them', async () => {
    const bench = new Bench();
    const secrets = await bench.sealed();
    bench.asked = 0;
    expect(await secrets.names()).toEqual(['a.key', 'b.key']);
    expect(text(await secrets.read('a.key'))).toBe('secret a');
    expect(text(await secrets.read('b.key'))).toBe('secret b');
    expect(await secrets.placeOf('a.key')).toBe('sealed');
    expect(bench.asked).toBe(1);
    expect(statSync(bench.path('a.key')).mode & 0o777).toBe(0o600);
  });

  it('is nowhere in the clear, and its sealing never the same', async () => {
    const bench = new Bench();
    await bench.sealed();
    const first = bench.onDisk();
    expect(first).not.toContain('secret');
    expect(first).not.toContain(Buffer.from('secret').toString('hex'));
    await bench.open().seal(async () => PASSPHRASE);
    expect(bench.onDisk()).not.toBe(first);
  });

  it('does not open with another passphrase', async () => {
    const bench = new Bench();
    await bench.sealed();
    const stranger = bench.open({ passphrase: 'correct horse battery stable' });
    await expect(stranger.read('a.key')).rejects.toThrow(PassphraseError);
  });

  it('opens with a passphrase that was typed in another Unicode form', async () => {
    const bench = new Bench();
    const secrets = bench.open();
    await secrets.create('a.key', bytes('secret a'));
    await secrets.seal(async () => 'caf\u00e9 caf\u00e9 caf\u00e9');
    const again = bench.open({ passphrase: 'cafe\u0301 cafe\u0301 cafe\u0301' });
    expect(text(await again.read('a.key'))).toBe('secret a');
  });

  it('is refused with any byte changed, cut short, or in the place of another', async () => {
    const bench = new Bench();
    await bench.sealed();
    const whole = readFileSync(bench.path('a.key'), 'utf8');
    const { box, own, salt } = JSON.parse(whole);
    for (const value of [box, own, salt]) {
      const flipped = (value[0] === '0' ? '1' : '0') + value.slice(1);
      writeFileSync(bench.path('a.key'), whole.replace(value, flipped));
      await expect(bench.open().read('a.key')).rejects.toThrow(PassphraseError);
    }
    writeFileSync(bench.path('a.key'), whole.replace('"logN":10', '"logN":11'));
    await expect(bench.open().read('a.key')).rejects.toThrow(PassphraseError);
    for (const broken of [whole.slice(0, 60), whole.replace('"logN":10', '"logN":40')]) {
      writeFileSync(bench.path('a.key'), broken);
      await expect(bench.open().read('a.key')).rejects.toThrow(SealedFileError);
    }
    writeFileSync(bench.path('a.key'), readFileSync(bench.path('b.key')));
    await expect(bench.open().read('a.key')).rejects.toThrow(PassphraseError);
  });

  it('has its passphrase changed, and is unsealed again, byte for byte', async () => {
    const bench = new Bench();
    await (await bench.sealed()).seal(async () => 'five quite other words here');
    await expect(bench.open().read('a.key')).rejects.toThrow(PassphraseError);
    const changed = bench.open({ passphrase: 'five quite other words here' });
    expect(await changed.unseal()).toEqual(['a.key', 'b.key']);
    expect(readFileSync(bench.path('a.key'), 'utf8')).toBe('secret a');
    expect(await bench.open().placeOf('b.key')).toBe('file');
  });

  it('stays as it was when a wrong passphrase is to be changed', async () => {
    const bench = new Bench();
    await bench.sealed();
    const before = bench.onDisk();
    await expect(
      bench.open({ passphrase: 'wrong' }).seal(async () => 'five quite other words'),
    ).rejects.toThrow(PassphraseError);
    expect(bench.onDisk()).toBe(before);
  });

  it('is joined by those that a sealing cut short had left', async () => {
    const bench = new Bench();
    await bench.sealed();
    writeFileSync(bench.path('b.key'), 'secret b', { mode: 0o600 });
    expect(await bench.open().seal(async () => PASSPHRASE)).toEqual(['a.key', 'b.key']);
    expect(bench.onDisk()).not.toContain('secret');
  });

  it('has what is made after it sealed, too, under the same passphrase only', async () => {
    const bench = new Bench();
    const secrets = await bench.sealed();
    bench.asked = 0;
    await secrets.create('c.key', bytes('secret c'));
    await secrets.replace('a.key', bytes('another secret a'));
    expect(bench.onDisk()).not.toContain('secret');
    expect(text(await secrets.read('c.key'))).toBe('secret c');
    expect(text(await bench.open().read('a.key'))).toBe('another secret a');
    expect(bench.asked).toBe(2);
    const stranger = bench.open({ passphrase: 'wrong' });
    await expect(stranger.create('d.key', bytes('secret d'))).rejects.toThrow(PassphraseError);
    expect(readdirSync(bench.folder)).not.toContain('d.key');
  });

  it('is never on the disk in the clear where the folder begins sealed', async () => {
    const bench = new Bench();
    const secrets = bench.open();
    await secrets.sealFromNow(PASSPHRASE);
    await secrets.create('a.key', bytes('secret a'));
    await secrets.close();
    expect(bench.onDisk()).not.toContain('secret');
    expect(text(await bench.open().read('a.key'))).toBe('secret a');
  });

  it('leaves files alone that are no secrets', async () => {
    const bench = new Bench();
    writeFileSync(bench.path('tls.pem'), 'a certificate');
    await bench.sealed();
    expect(readFileSync(bench.path('tls.pem'), 'utf8')).toBe('a certificate');
  });
});

describe('a systemd credential', () => {
  function credentials(bench: Bench, content: string, mode = 0o400): string {
    const folder = join(bench.above, 'credentials');
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'a.key'), content, { mode });
    chmodSync(join(folder, 'a.key'), mode);
    return folder;
  }

  it('comes before the file of its name', async () => {
    const bench = new Bench();
    await bench.open().create('a.key', bytes('an old secret'));
    const secrets = bench.open({ credentials: credentials(bench, 'secret a') });
    expect(await secrets.placeOf('a.key')).toBe('credential');
    expect(text(await secrets.read('a.key'))).toBe('secret a');
    expect(await secrets.names()).toEqual(['a.key']);
  });

  it('may show the group a right to read, which is the mask of an access list, and no other', async () => {
    const bench = new Bench();
    const folder = credentials(bench, 'secret a', 0o440);
    expect(text(await bench.open({ credentials: folder }).read('a.key'))).toBe('secret a');
    for (const mode of [0o444, 0o460]) {
      chmodSync(join(folder, 'a.key'), mode);
      const secrets = bench.open({ credentials: folder });
      await expect(secrets.read('a.key')).rejects.toThrow(SecretFileExposedError);
    }
  });

  it('is not joined by files in the clear', async () => {
    const bench = new Bench();
    const secrets = bench.open({ credentials: credentials(bench, 'secret a') });
    await expect(secrets.create('b.key', bytes('secret b'))).rejects.toThrow(SecretPlaceError);
    expect(readdirSync(bench.folder)).toEqual([]);
  });

  it('is left as it is when the files are sealed', async () => {
    const bench = new Bench();
    const folder = credentials(bench, 'secret a');
    await bench.open().create('b.key', bytes('secret b'));
    expect(await bench.open({ credentials: folder }).seal(async () => PASSPHRASE)).toEqual(['b.key']);
    expect(readFileSync(join(folder, 'a.key'), 'utf8')).toBe('secret a');
  });
});
