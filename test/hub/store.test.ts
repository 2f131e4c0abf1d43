import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../hub/store/schema.ts';
import { createHubStore, openHubStore } from '../../hub/store/store.ts';
import { openStore } from '../../runtime/sqlite.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';

describe('the store of a hub', () => {
  it('from a newer version is refused', () => {
    const folder = temporaryFolder();
    createHubStore(folder);
    const db = openStore(join(folder, 'store.sqlite'), MIGRATIONS);
    db.pragma('user_version = 99');
    db.close();
    expect(() => openHubStore(folder)).toThrow(expect.objectContaining({ code: 'store-too-new' }));
  });

  it('is made once: where it is gone or empty no other takes its place, and nothing is made', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'store.sqlite');
    const missing = expect.objectContaining({
      code: 'store-missing',
      message: expect.stringMatching(/"cardea-hub restore BACKUP --data DIR".*or.*"cardea-rc hub revoke"/),
    });
    expect(() => openHubStore(folder)).toThrow(missing);
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, '', { mode: 0o600 });
    expect(() => openHubStore(folder)).toThrow(missing);
    expect(statSync(path).size).toBe(0);
  });

  it('is left as it is by a join that is repeated', async () => {
    const folder = temporaryFolder();
    createHubStore(folder);
    const store = openHubStore(folder);
    await store.lists.applyPage({
      generation: '07'.repeat(16),
      time: 1,
      changes: [],
      cursor: 5,
      more: false,
    });
    store.close();
    createHubStore(folder);
    const again = openHubStore(folder);
    expect((await again.lists.position())?.cursor).toBe(5);
    again.close();
  });
});
