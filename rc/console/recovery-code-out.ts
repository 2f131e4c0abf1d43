import { type FileHandle, open, rm } from 'node:fs/promises';
import { CardeaError, systemErrorCode } from '../../runtime/errors.ts';

/** The file for the recovery code cannot be made. */
export class RecoveryOutError extends CardeaError {
  readonly code = 'recovery-out';
}

/** As long as a code and its line end: the room is taken before the card is made. */
const PLACEHOLDER = `${' '.repeat(23)}\n`;

/**
 * The file for a recovery code (`--recovery-out`): made before the card is, for its owner alone, so that no
 * card is registered whose code could not be kept.
 */
export class RecoveryCodeFile {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** @throws RecoveryOutError when the file exists, or cannot be made */
  static async reserve(path: string): Promise<RecoveryCodeFile> {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.write(PLACEHOLDER, 0);
      await file.sync();
      return new RecoveryCodeFile(path, file);
    } catch (cause) {
      const why =
        systemErrorCode(cause) === 'EEXIST'
          ? 'exists already and is not overwritten'
          : 'cannot be written: check its folder';
      throw new RecoveryOutError(`${path} ${why}; nothing was registered`, { cause });
    }
  }

  async write(recoveryCode: string): Promise<void> {
    await this.#file.write(recoveryCode.padEnd(PLACEHOLDER.length - 1), 0);
    await this.#file.sync();
    await this.#file.close();
  }

  /** No card came to be: removes the file. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}
