import { join } from 'node:path';
import { AskError, secretSource } from './ask.ts';
import type { CommandIo } from './command-io.ts';
import { FileMissingError, readCredentialFile } from './files.ts';

/** The systemd credential that opens what is sealed. */
const CREDENTIAL = 'passphrase';
const SHORTEST = 12;

/** systemd's folder of credentials, where the process runs under systemd and has any. */
export function credentialsFolder({ environment }: Pick<CommandIo, 'environment'>): string | undefined {
  return environment['CREDENTIALS_DIRECTORY'] || undefined;
}

/**
 * Asks for the passphrase under which secrets are sealed: the systemd credential `passphrase`, with `stdin`
 * (`--passphrase-stdin`) a line of standard input, else the terminal, without echo. Never an argument or a
 * variable, which others on the machine could read.
 *
 * @returns asks for it, each time it is called
 */
export function passphraseSource(
  io: Pick<CommandIo, 'environment' | 'stdin' | 'stderr'>,
  options: { readonly stdin: boolean },
): (what?: string) => Promise<string> {
  const secrets = secretSource({
    stdin: options.stdin,
    option: '--passphrase-stdin, or as the systemd credential "passphrase"',
    input: io.stdin,
    output: io.stderr,
  });
  return async (what = 'passphrase') => {
    const credentials = credentialsFolder(io);
    const given = credentials === undefined ? undefined : await credential(join(credentials, CREDENTIAL));
    return given ?? (await secrets.ask(what));
  };
}

/** Asks for a new passphrase, on a terminal twice. @throws AskError when it is too short, or the two differ */
export async function askNewPassphrase(
  io: Pick<CommandIo, 'environment' | 'stdin' | 'stderr'>,
  ask: (what: string) => Promise<string>,
): Promise<string> {
  const passphrase = await ask('new passphrase');
  if ([...passphrase.normalize('NFC')].length < SHORTEST) {
    throw new AskError(
      `a passphrase has ${SHORTEST} characters or more: five words are better. Nothing was done`,
    );
  }
  if (io.stdin.isTTY === true && (await ask('new passphrase, once more')) !== passphrase) {
    throw new AskError('the two passphrases differ: nothing was done');
  }
  return passphrase;
}

async function credential(path: string): Promise<string | undefined> {
  try {
    const content = await readCredentialFile(path);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    content.fill(0);
    return text.replace(/\r?\n$/, '');
  } catch (cause) {
    if (cause instanceof FileMissingError) return undefined;
    if (!(cause instanceof TypeError)) throw cause;
    throw new AskError(`the credential ${path} is not UTF-8 text: give it a passphrase`, { cause });
  }
}
