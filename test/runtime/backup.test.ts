import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openBackup, unpackBackup, writeBackup } from '../../runtime/backup.ts';
import { copyStore } from '../../runtime/copy-store.ts';
import { openStore } from '../../runtime/sqlite.ts';
import { StoreFullError } from '../../runtime/store-errors.ts';
import { compiled } from '../support/programs.ts';
import { temporaryFolder } from './temporary-folder.ts';

const MIGRATIONS = ['CREATE TABLE row (n INTEGER PRIMARY KEY, pad BLOB)'];

/** A process's folder: a database that is open, keys, a file. */
function dataFolder(rows = 10) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'keys'), { mode: 0o700 });
  writeFileSync(join(folder, 'keys', 'master-0.key'), 'secret', { mode: 0o600 });
  writeFileSync(join(folder, 'network.json'), '{}');
  const db = openStore(join(folder, 'store.sqlite'), MIGRATIONS);
  const insert = db.prepare('INSERT INTO row (pad) VALUES (zeroblob(4000))');
  db.transaction(() => {
    for (let n = 0; n < rows; n++) insert.run();
  })();
  return { folder, db, insert };
}

type DataFolder = ReturnType<typeof dataFolder>;

function backUp({ folder, db }: DataFolder, target: string) {
  return writeBackup(target, {
    kind: 'hub',
    id: 'goa-01',
    made: '2027-01-15T08:00:00.000Z',
    folder,
    files: ['network.json', 'settings.json', 'keys'],
    copyStore: async (path) => {
      await copyStore(db, path);
      return '7:00';
    },
  });
}

function countIn(path: string): number {
  const db = new SqliteDatabase(path, { readonly: true });
  try {
    return db.prepare<[], number>('SELECT count(*) FROM row').pluck().get() ?? -1;
  } finally {
    db.close();
  }
}

describe('a backup', () => {
  it('holds all, for its owner alone, and says what it is', async () => {
    const data = dataFolder();
    const target = join(temporaryFolder(), 'monday');
    const made = await backUp(data, target);
    expect(made).toMatchObject({ kind: 'hub', id: 'goa-01', anchor: '7:00' });
    expect(made.files.map(({ path }) => path)).toEqual(['keys/master-0.key', 'network.json', 'store.sqlite']);
    expect(await openBackup(target, 'hub')).toEqual(made);
    for (const [path, mode] of [
      ['', 0o700],
      ['keys', 0o700],
      ['keys/master-0.key', 0o600],
      ['store.sqlite', 0o600],
    ] as const) {
      expect(statSync(join(target, path)).mode & 0o777).toBe(mode);
    }
    const empty = temporaryFolder();
    await unpackBackup(made, target, empty);
    expect(readFileSync(join(empty, 'keys', 'master-0.key'), 'utf8')).toBe('secret');
    expect(countIn(join(empty, 'store.sqlite'))).toBe(10);
  });

  it('is of one moment while the database is written to', async () => {
    const data = dataFolder(2_000);
    const target = join(temporaryFolder(), 'monday');
    let isDone = false;
    const backup = backUp(data, target).finally(() => {
      isDone = true;
    });
    let written = 0;
    while (!isDone) {
      data.db.transaction(() => {
        data.insert.run();
        data.insert.run();
      })();
      written += 2;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await backup;
    const count = countIn(join(target, 'store.sqlite'));
    expect(count % 2).toBe(0);
    expect(count).toBeGreaterThanOrEqual(2_000);
    expect(count).toBeLessThanOrEqual(2_000 + written);
  });

  it('is not written over anything, nor where there is no folder', async () => {
    const data = dataFolder();
    const above = temporaryFolder();
    writeFileSync(join(above, 'taken'), 'precious');
    await expect(backUp(data, join(above, 'taken'))).rejects.toMatchObject({ code: 'file-exists' });
    expect(readFileSync(join(above, 'taken'), 'utf8')).toBe('precious');
    await expect(backUp(data, join(above, 'no', 'where'))).rejects.toMatchObject({ code: 'file-missing' });
  });

  it('that fails for a full disk leaves nothing, and says so', async () => {
    const { folder } = dataFolder();
    const above = temporaryFolder();
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const attempt = writeBackup(join(above, 'monday'), {
      kind: 'hub',
      id: 'goa-01',
      made: '',
      folder,
      files: [],
      copyStore: (path) => {
        writeFileSync(path, 'half');
        throw full;
      },
    });
    await expect(attempt).rejects.toThrow(StoreFullError);
    await expect(attempt).rejects.toThrow(/the disk of .*monday is full.*free space/);
    expect(readdirSync(above)).toEqual([]);
  });

  it('that was killed half way is not there under its name, and the next one clears it away', async () => {
    const data = dataFolder();
    const above = temporaryFolder();
    const target = join(above, 'monday');
    // The compiled code, in a process of its own, which stops in the middle for good.
    const script = `
      import { writeBackup } from ${JSON.stringify(`file://${join(dirname(compiled('rc/main')), '..', 'runtime', 'backup.js')}`)};
      await writeBackup(${JSON.stringify(target)}, { kind: 'hub', id: 'x', made: '', folder: ${JSON.stringify(data.folder)}, files: [],
        copyStore: () => new Promise(() => { console.log('half way'); setInterval(() => {}, 1000); }) });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(above)).toHaveLength(1);
    await backUp(data, target);
    expect(readdirSync(above)).toEqual(['monday']);
  });
});

describe('a backup that is not as it was written', () => {
  async function aBackup() {
    const target = join(temporaryFolder(), 'monday');
    await backUp(dataFolder(), target);
    return target;
  }

  it.each(['store.sqlite', 'keys/master-0.key', 'network.json', 'backup.json'])(
    'is refused: %s changed',
    async (path) => {
      const target = await aBackup();
      const bytes = readFileSync(join(target, path));
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(join(target, path), bytes);
      await expect(openBackup(target, 'hub')).rejects.toMatchObject({
        code: 'backup',
        message: expect.stringMatching(
          new RegExp(`is damaged: ${path} is not what was written there. Use another backup`),
        ),
      });
    },
  );

  it('is refused: cut short, of another kind, of a newer Cardea, no backup at all', async () => {
    const target = await aBackup();
    await expect(openBackup(target, 'registration-centre')).rejects.toThrow('is the backup of a hub');
    writeFileSync(join(target, 'store.sqlite'), '');
    await expect(openBackup(target, 'hub')).rejects.toThrow('store.sqlite is not what was written there');
    writeFileSync(join(target, 'backup.json'), '{"cardea-backup":2}');
    await expect(openBackup(target, 'hub')).rejects.toThrow('was made by a newer Cardea');
    await expect(openBackup(temporaryFolder(), 'hub')).rejects.toThrow('is no backup');
  });

  it('is refused where it would lead out of its folder', async () => {
    const target = await aBackup();
    const { check: _, ...manifest } = JSON.parse(readFileSync(join(target, 'backup.json'), 'utf8'));
    const [file] = manifest.files;
    writeFileSync(
      join(target, 'backup.json'),
      JSON.stringify({ ...manifest, files: [{ ...file, path: '../x' }], check: '' }),
    );
    await expect(openBackup(target, 'hub')).rejects.toMatchObject({ code: 'backup' });
  });
});
