import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRecordCipher, type RecordsSecret, recordsKey } from '../../hub/records/key.ts';
import type { RecordPlace } from '../../hub/store/records.ts';
import { createHubStore, openHubStore } from '../../hub/store/store.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { machineOrigin } from '../../runtime/audit/event.ts';
import { systemClock } from '../../runtime/clock.ts';
import { systemRandom } from '../../runtime/random.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';

const NAME = new Uint8Array(16);
const EVENT = { ...machineOrigin(systemClock), action: 'record.written', outcome: 'done' } as const;
const random = systemRandom;

/** A hub's folder, with a record in its store if `holdsRecord`. */
function hub({ holdsRecord = true } = {}) {
  const folder = temporaryFolder();
  createHubStore(folder);
  const store = openHubStore(folder, systemClock);
  onTestFinished(() => store.close());
  const file = join(folder, 'keys', 'records.key');
  const open = async (secret: RecordsSecret = {}) => {
    const key = recordsKey(folder, random, secret);
    const cipher = await openRecordCipher({ key, store, primitives: noble, random });
    const slots = cipher.slots(new Uint8Array(16));
    const seal = (place: RecordPlace) => cipher.seal(place, {});
    if (holdsRecord) await store.records.keep({ name: NAME, slots, seal }, EVENT);
    return cipher;
  };
  return { folder, file, open };
}

describe("the key of a hub's records", () => {
  it('is made where there are no records yet, for its owner alone, and is the same from then on', async () => {
    const { file, open } = hub();
    const first = await open();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    expect((await open()).mark).toEqual(first.mark);
  });

  it('is a systemd credential where there is one, and no file is made beside it', async () => {
    const { file, folder, open } = hub();
    const credentials = join(folder, 'credentials');
    mkdirSync(credentials, { mode: 0o700 });
    writeFileSync(join(credentials, 'records.key'), 'ab'.repeat(32), { mode: 0o400 });
    await open({ credentials });
    expect(() => statSync(file)).toThrow('ENOENT');
    await open({ credentials });
  });

  it('is a file elsewhere where the hub is told so', async () => {
    const { folder, file, open } = hub();
    const elsewhere = join(folder, 'stick', 'clinic.key');
    await open({ file: elsewhere });
    expect(readFileSync(elsewhere, 'utf8')).toHaveLength(65);
    expect(() => statSync(file)).toThrow('ENOENT');
  });

  it('opens with the passphrase that it was sealed under, and with no other', async () => {
    const { folder, file, open } = hub();
    const { mark } = await open();
    const bytes = readFileSync(file, 'utf8').trim();
    const passphrase = async () => 'five words that nobody guesses';
    await recordsKey(folder, random, { passphrase, logN: 10 }).secrets.seal(passphrase);
    expect(readFileSync(file, 'utf8')).not.toContain(bytes);
    expect((await open({ passphrase })).mark).toEqual(mark);
    await expect(open({ passphrase: async () => 'five other words' })).rejects.toMatchObject({
      code: 'passphrase-wrong',
    });
    await expect(open()).rejects.toMatchObject({ code: 'records-key' });
  });

  it('is missed where there are records, another one is refused, and nothing else is taken for one', async () => {
    const { file, open } = hub();
    await open();
    rmSync(file);
    await expect(open()).rejects.toMatchObject({
      code: 'records-key',
      message: expect.stringContaining('restore'),
    });
    writeFileSync(file, `${'00'.repeat(32)}\n`, { mode: 0o600 });
    await expect(open()).rejects.toMatchObject({
      code: 'records-key',
      message: expect.stringContaining('another key'),
    });
    writeFileSync(file, 'no key', { mode: 0o600 });
    await expect(open()).rejects.toMatchObject({
      code: 'records-key',
      message: expect.stringContaining('holds no key'),
    });
  });

  it('may be another while there is nothing under it', async () => {
    const { file, open } = hub({ holdsRecord: false });
    await open();
    writeFileSync(file, `${'00'.repeat(32)}\n`, { mode: 0o600 });
    await open();
  });
});
