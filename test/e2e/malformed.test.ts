import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import { FRAME, FrameDecoder, MAX_BODY } from '../../protocol/frames.ts';
import type { Address } from '../../runtime/network.ts';
import { seededRandom } from '../../runtime/random.ts';
import { GARBAGE } from '../support/garbage.ts';
import { openSite, PIN, registeredCard, surroundings } from './open-site.ts';

const random = seededRandom('malformed');

/** Sends `bytes`, hangs up its own side, and gives the types of the frames that came before the other closed. */
async function send(address: Address, bytes: Uint8Array): Promise<readonly number[]> {
  const stream = await surroundings.network.connect(address, { timeoutMs: 2_000 });
  const decoder = new FrameDecoder({ maxBody: MAX_BODY });
  const types: number[] = [];
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Uint8Array) => {
    for (const body of decoder.push(chunk)) types.push(body[0] ?? -1);
  });
  const closed = once(stream, 'close');
  stream.end(bytes);
  await closed;
  return types;
}

describe('anything malformed', () => {
  it.each(Object.keys(GARBAGE))(
    'at a hub, as %s, gets an ERROR or a close, and patients are served after it',
    async (what) => {
      const site = await openSite();
      const wallet = await registeredCard(site);
      const make = GARBAGE[what];
      if (make === undefined) throw new Error(`no garbage called ${what}`);
      for (let i = 0; i < 25; i++) {
        for (const type of await send(site.hub('goa-01').address, make(random))) {
          expect([FRAME.hello, FRAME.error]).toContain(type);
        }
      }
      const { outcome } = await site.tap({ wallet, hub: 'goa-01', panel: new ScriptedPanel({ pin: PIN }) });
      expect(outcome).toEqual({ kind: 'served' });
      expect((await site.hub('goa-01').status()).connections).toBe(0);
    },
  );

  it('at the RC, before TLS, gets a close, and cards are registered after it', async () => {
    const site = await openSite();
    for (const make of Object.values(GARBAGE)) {
      for (let i = 0; i < 10; i++) await sendRaw(site.rcAddress, make(random));
    }
    const wallet = await registeredCard(site);
    const { outcome } = await site.tap({ wallet, hub: 'goa-01', panel: new ScriptedPanel({ pin: PIN }) });
    expect(outcome).toEqual({ kind: 'served' });
  });
});

async function sendRaw(address: Address, bytes: Uint8Array): Promise<void> {
  const stream = await surroundings.network.connect(address, { timeoutMs: 2_000 });
  stream.on('error', () => undefined);
  stream.resume();
  const closed = once(stream, 'close');
  stream.end(bytes);
  await closed;
}
