import { loadHubIdentity } from '../../certs/hub-identity.ts';
import { wipe } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import type { Invocation } from '../../runtime/command-line.ts';
import { takeOwnership } from '../../runtime/ownership.ts';
import { credentialsFolder, passphraseSource } from '../../runtime/passphrase.ts';
import { Resources } from '../../runtime/stop.ts';
import { Archive } from '../records/archive.ts';
import { openRecordCipher, recordsKey } from '../records/key.ts';
import { isOfficeServed, officeOf, type RecordsOffice, remoteOffice } from '../records/office.ts';
import { HubRecords } from '../records/records.ts';
import { openHubStore } from '../store/store.ts';
import { hubSettings } from './settings.ts';
import { surroundingsFor } from './surroundings.ts';

export const PASSPHRASE_OPTION = [
  '--passphrase-stdin',
  'where the key of the records is sealed: read its passphrase from standard input',
] as const;

/** Where a command finds the key of the records, and its passphrase. */
export function recordsSecret(call: Invocation, file: string | undefined) {
  return {
    file,
    credentials: credentialsFolder(call.io),
    passphrase: passphraseSource(call.io, { stdin: call.flags['passphraseStdin'] === true }),
  };
}

/**
 * Does something with the records of the hub in `call.folder`: at the hub while it serves, else at its store,
 * whose lock is held meanwhile (DESIGN, one owner).
 */
export async function withRecords<T>(
  call: Invocation,
  command: string,
  act: (office: RecordsOffice) => Promise<T>,
): Promise<T> {
  if (await isOfficeServed(call.folder)) return act(remoteOffice(call.folder));
  const { recordsKey: file, timeZone } = await call.settings(hubSettings);
  const surroundings = surroundingsFor('warn');
  const { clock, random } = surroundings;
  const { folder } = call;
  const resources = new Resources();
  try {
    const { hubId, keyPair } = await loadHubIdentity(folder);
    wipe(keyPair.privateKey);
    resources.add(takeOwnership(folder, command), (ownership) => ownership.release());
    const store = resources.add(openHubStore(folder, clock), (opened) => opened.close());
    const key = recordsKey(folder, random, recordsSecret(call, file));
    const cipher = resources.add(
      await openRecordCipher({ key, store, primitives: noble, random }),
      (opened) => opened.wipe(),
    );
    store.audit.markPatientsBy(cipher);
    const shared = { hubId, store, cipher, timeZone };
    return await act(
      officeOf(new HubRecords({ ...shared, surroundings }), new Archive({ ...shared, clock })),
    );
  } finally {
    await resources.close();
  }
}
