import { Authority, createAuthority } from '../../../certs/authority.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { encodeBody, FRAME } from '../../../protocol/frames.ts';
import { encodeHello } from '../../../protocol/hello.ts';
import type { KeyPair } from '../../../protocol/keys.ts';
import type { Transport } from '../../../protocol/transport.ts';
import { encodeWelcome } from '../../../protocol/welcome.ts';
import { systemRandom as random } from '../../../runtime/random.ts';

/** Hubs as clinics name them. */
export interface CostHub {
  readonly id: string;
  readonly location: string;
  readonly address: string;
}

/** `count` hubs: ids of 6 bytes, locations of 3 or 4, addresses of 14. */
export function hubsNamed(count: number): CostHub[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(2, '0');
    return { id: `goa-${number}`, location: 'Goa', address: `10.8.0.${number}:8441` };
  });
}

/** What a hub shows of itself on connect. */
export interface ShownHub {
  readonly hello: Uint8Array;
  readonly hubStatic: KeyPair;
  readonly caPin: Uint8Array;
}

/** A hub of a new network, which accepts `suite`. */
export async function networkOf(suite: number): Promise<ShownHub> {
  certified ??= certify();
  const { certificates, ...shown } = await certified;
  return { ...shown, hello: encodeHello({ nonce: random(32), suites: [suite], certificates }) };
}

type Certified = Omit<ShownHub, 'hello'> & { readonly certificates: readonly Uint8Array[] };

/** Made once: a signature has a byte more or less. */
let certified: Promise<Certified> | undefined;

async function certify(): Promise<Certified> {
  const now = Date.now();
  const authority = await Authority.open(await createAuthority({ name: 'Cardea', now, random }), random);
  const privateKey = random(32);
  const hubStatic = { privateKey, publicKey: noble.x25519Public(privateKey) };
  const certificate = await authority.issueHub({
    id: 'goa-01',
    location: 'Goa',
    address: { host: '10.8.0.1', port: 8441 },
    publicKey: hubStatic.publicKey,
    now,
  });
  return { certificates: [certificate, authority.certificate], hubStatic, caPin: authority.caPin };
}

/** How long a session lasts, in seconds. */
export const VT = 600;

/** The WELCOME body with which the session begins. */
export function sealWelcome(session: Transport): Uint8Array {
  const welcome = { sessionId: random(16), validitySeconds: VT, failed: 0, location: 'Goa' };
  return encodeBody(FRAME.welcome, session.seal(encodeWelcome(welcome)));
}
