import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { formatAddress } from '../runtime/address.ts';
import type { Address } from '../runtime/network.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { encodePem } from './pem.ts';
import { RcUnreachableError } from './rc-errors.ts';
import type { TlsIdentity } from './tls-identity.ts';

/**
 * Connects to the RC and shakes hands in TLS 1.3. Nothing is said yet about who is at the other end: that
 * is for the caller to check before a byte goes out.
 *
 * @param timeoutMs for all of it, by the clock
 * @throws RcUnreachableError
 * @throws the signal's reason once it is aborted
 */
export async function connectTls(
  { clock, network }: Pick<Surroundings, 'clock' | 'network'>,
  address: Address,
  options: {
    readonly timeoutMs: number;
    readonly identity?: TlsIdentity | undefined;
    readonly signal?: AbortSignal;
  },
): Promise<TLSSocket> {
  const { timeoutMs, identity, signal } = options;
  const at = formatAddress(address);
  const started = clock.monotonic();
  const stream = await network.connect(address, { timeoutMs }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : 'the network failed';
    throw new RcUnreachableError(`the registration centre cannot be reached: ${why}`, { cause });
  });
  return new Promise((resolve, reject) => {
    const socket = connect({
      socket: stream,
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false,
      // Node would load the web's root certificates otherwise.
      ca: [],
      ...(isIP(address.host) === 0 && { servername: address.host }),
      ...(identity && {
        key: encodePem('PRIVATE KEY', identity.privateKey),
        cert: encodePem('CERTIFICATE', identity.certificate),
      }),
    });
    const fail = (reason: unknown) => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      stream.destroy();
      reject(reason);
    };
    const unreachable = (what: string, cause?: unknown) =>
      fail(new RcUnreachableError(`the registration centre cannot be reached: ${what}`, { cause }));
    const onAbort = () => fail(signal?.reason);
    const timer = clock.after(timeoutMs - (clock.monotonic() - started), () =>
      unreachable(`what listens at ${at} does not answer`),
    );
    socket.on('error', (cause) => unreachable(`what listens at ${at} does not speak TLS 1.3`, cause));
    socket.on('close', () => unreachable(`what listens at ${at} closed the connection`));
    socket.once('secureConnect', () => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      resolve(socket);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
  });
}
