import { WIRE_ERROR } from '../protocol/wire-error.ts';
import { TurnedAwayError } from './errors.ts';
import { checkLists } from './feed/list-age.ts';
import type { Visit } from './gate.ts';
import type { HubServices } from './services.ts';
import { patientOrigin } from './store/audit.ts';

/** Who is let in as far as a HELLO: one for all connections of a hub, in whichever process they are served. */
export interface Door {
  /**
   * Counts a new connection in, whose `leave` is due.
   * @throws TurnedAwayError when there are too many, or no login would be taken; StoreError
   */
  admit(remoteAddress: string | undefined): Promise<Visit>;
}

/** The door itself, at the gate. */
export class HubDoor implements Door {
  readonly #hub: Pick<HubServices, 'store' | 'surroundings' | 'policy' | 'gate'>;

  constructor(hub: Pick<HubServices, 'store' | 'surroundings' | 'policy' | 'gate'>) {
    this.#hub = hub;
  }

  async admit(remoteAddress: string | undefined): Promise<Visit> {
    const visit = this.#hub.gate.admit(remoteAddress);
    if (visit === null) {
      const reason = 'there are too many connections, in all or from one address';
      throw new TurnedAwayError(WIRE_ERROR.busy, 'too many connections', reason);
    }
    try {
      await checkLists(this.#hub);
      return visit;
    } catch (refusal) {
      visit.leave();
      const { store, surroundings } = this.#hub;
      const origin = patientOrigin(surroundings.clock, visit.source);
      const event = { ...origin, action: 'patient.login', outcome: 'lists-too-old' } as const;
      if (refusal instanceof TurnedAwayError) await store.audit.noteRefusal(event, surroundings.log);
      throw refusal;
    }
  }
}
