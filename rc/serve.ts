import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { HttpsServer } from '../certs/https-server.ts';
import { wipe } from '../protocol/bytes.ts';
import { serverPrimitives } from '../protocol/crypto/fastest.ts';
import { formatAddress } from '../runtime/address.ts';
import { AnchorKeeper } from '../runtime/audit/anchor-keeper.ts';
import { serveControl } from '../runtime/control-socket.ts';
import type { Address } from '../runtime/network.ts';
import { takeOwnership } from '../runtime/ownership.ts';
import { Resources } from '../runtime/stop.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { createApp } from './api/app.ts';
import { answerBrokenHttp } from './api/problems.ts';
import type { RateLimits } from './api/rate-limits.ts';
import { copyRegistry } from './backup.ts';
import { checkClock } from './clock-check.ts';
import { FeedSignal } from './feed-signal.ts';
import { RcFolderError, rcPaths, readNetworkFile, writeListeningPort } from './folder.ts';
import { MasterKeys, openLimbasiyaKey } from './master-keys.ts';
import { NetworkAuthority } from './network-authority.ts';
import { rcSecrets, type SecretSources } from './secrets.ts';
import { currentServerIdentity } from './server-identity.ts';
import { ServerRenewal } from './server-renewal.ts';
import { openRcStore } from './store/rc-store.ts';

/** What `cardea-rc backup` asks of the process that serves, on the same machine as the same user. */
const copyRequest = z.object({ path: z.string() });

export interface ServeOptions {
  readonly surroundings: Surroundings;
  readonly folder: string;
  /** Port 0 asks for any free one. */
  readonly listen: Address;
  /** Where its secrets come from; its own files alone when left out. */
  readonly secrets?: SecretSources;
  /** How often callers may call, where that differs: for measurements. */
  readonly rateLimits?: Partial<RateLimits>;
}

/** A registration centre that serves. */
export interface RunningRc {
  /** Where it listens, with the real port. */
  readonly address: Address;
  /** How others reach it: what join tokens say. */
  readonly publicAddress: Address;
  /** Answers what is under way, lets go whoever waits, and gives the folder free. To call it again does nothing. */
  close(): Promise<void>;
}

/**
 * Serves the registration centre that `initRc` made in `folder`, which it holds alone (DESIGN, one owner).
 *
 * @throws RcFolderError, FolderInUseError, SecretFileExposedError, PassphraseError, AddressInUseError
 * @throws ImpossibleTimeError when this machine's clock cannot be right
 * @throws StoreCorruptError, StoreTooNewError and the other errors of the store
 */
export async function serveRc(options: ServeOptions): Promise<RunningRc> {
  const { surroundings, folder, listen } = options;
  const { address: announced, kind } = await readNetworkFile(folder);
  if (kind !== 'registration-centre') {
    throw new RcFolderError(
      `${folder} belongs to an operator's machine: serve where "cardea-rc init" was run, or check --data`,
    );
  }
  const resources = new Resources();
  try {
    resources.add(takeOwnership(folder, 'cardea-rc serve'), (ownership) => ownership.release());
    const paths = rcPaths(folder);
    const { random } = surroundings;
    const secrets = resources.add(rcSecrets(folder, random, options.secrets), (opened) => opened.close());
    const masterKeys = resources.add(await MasterKeys.load(secrets), (keys) => keys.wipe());
    const authority = await NetworkAuthority.open(secrets, random);
    const now = surroundings.clock.now();
    checkClock(authority.current.certificate, now);
    const identity = await currentServerIdentity(folder, authority, announced, now);
    const store = resources.add(openRcStore(paths.store), (opened) => opened.close());
    const { clock, log } = surroundings;
    await store.audit.noteService('service.started', clock, log);
    resources.add(new AnchorKeeper({ trail: store.audit, folder, surroundings }), (keeper) => keeper.close());
    resources.add(store.audit, (audit) => audit.noteService('service.stopped', clock, log));
    const isLimbasiyaInUse = !(await store.limbasiya.isEmpty());
    const limbasiyaKey = resources.add(await openLimbasiyaKey(secrets, random, isLimbasiyaInUse), (key) =>
      wipe(key),
    );
    const https = resources.add(new HttpsServer({ surroundings, identity }), (server) => server.close());
    const renewal = resources.add(
      new ServerRenewal({ surroundings, folder, authority, address: announced, identity, https }),
      (running) => running.close(),
    );
    const feedSignal = resources.add(new FeedSignal(surroundings.clock), (signal) => signal.close());

    const reached = { ...announced };
    const app = await createApp({
      ...surroundings,
      primitives: await serverPrimitives(),
      store,
      masterKeys,
      limbasiyaKey,
      authority,
      secrets,
      rateLimits: options.rateLimits,
      showNewAuthority: () => renewal.look(),
      feedSignal,
      cutCallers: (fingerprints) => https.cut(fingerprints),
      publicAddress: () => reached,
      certificateEnds: () => renewal.certificateEnds,
    });
    const copy = async (params: unknown) => {
      const path = copyRequest.safeParse(params);
      if (!path.success) throw new RcFolderError('the registry can be copied to a path alone');
      return { anchor: await copyRegistry(store, clock, path.data.path) };
    };
    resources.add(await serveControl(folder, { copyStore: copy }, log), (control) => control.close());
    https.server.on('request', app.routing);
    https.server.on('clientError', answerBrokenHttp);
    const address = await https.listen(listen);
    if (announced.port === 0) reached.port = address.port;
    await writeListeningPort(folder, address.port);
    resources.add(paths.listening, (path) => rm(path, { force: true }));
    surroundings.log.info('the registration centre serves', { address: formatAddress(address) });
    return { address, publicAddress: reached, close: () => resources.close() };
  } catch (error) {
    await resources.close();
    throw error;
  }
}
