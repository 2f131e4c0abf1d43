import { type DataRequest, decodeAnswer, encodeRequest } from '../protocol/data/messages.ts';
import type { DataMethod, DataParams, DataResult } from '../protocol/data/methods.ts';
import { decodeBody, encodeBody, FRAME } from '../protocol/frames.ts';
import type { Transport } from '../protocol/transport.ts';
import { HubLostError, HubRefusedError, RequestRefusedError } from './errors.ts';
import type { HubLink } from './hub-link.ts';

/** How long a hub may take to say goodbye; what it would say changes nothing. */
const FAREWELL_MS = 1_000;

/** A session with a hub: requests, one at a time, each answered in turn (PROTOCOL 2.5, DATA). */
export class HubSession {
  readonly #link: HubLink;
  readonly #transport: Transport;
  #lastId = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #underWay = 0;

  constructor(link: HubLink, transport: Transport) {
    this.#link = link;
    this.#transport = transport;
  }

  /** The session keys' fingerprint, the same at both ends. */
  get fingerprint(): string {
    return this.#transport.fingerprint;
  }

  /** @throws RequestRefusedError when the hub says no; HubLostError when the answer does not come */
  call<M extends DataMethod>(method: M, params: DataParams<M>): Promise<DataResult<M>> {
    this.#underWay += 1;
    const answer = this.#turn
      .then(() => this.#exchange(method, params))
      .finally(() => {
        this.#underWay -= 1;
      });
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  /** Takes leave, or hangs up where an answer is still awaited; wipes the keys. */
  async close(): Promise<void> {
    try {
      if (this.#underWay === 0) await this.#exchange('session.close', {}, FAREWELL_MS);
    } catch {
      // The hub ends the session when the connection does.
    } finally {
      this.#transport.wipe();
      this.#link.close();
    }
  }

  async #exchange<M extends DataMethod>(
    method: M,
    params: DataParams<M>,
    patienceMs?: number,
  ): Promise<DataResult<M>> {
    const id = ++this.#lastId;
    try {
      // Method and params belong together by their types; TypeScript cannot follow the pair through the union.
      const request = encodeRequest({ id, method, params } as DataRequest);
      this.#link.send(encodeBody(FRAME.data, this.#transport.seal(request)));
      const body = await this.#link.receive(patienceMs);
      const answer = decodeAnswer(this.#transport.open(decodeBody(FRAME.data, body)), { id, method });
      if ('error' in answer) throw new RequestRefusedError(answer.error.message, answer.error.code);
      return answer.result;
    } catch (cause) {
      if (cause instanceof RequestRefusedError) throw cause;
      this.#link.close();
      // After WELCOME an ERROR is a lost connection (PROTOCOL 2.5), and so is an answer that makes no sense.
      const isSaid = cause instanceof HubRefusedError || cause instanceof HubLostError;
      const why = isSaid ? cause.message : 'its answer makes no sense';
      throw new HubLostError(`the session with the hub ended: ${why}`, { cause });
    }
  }
}
