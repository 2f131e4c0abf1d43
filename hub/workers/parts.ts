import type { LimbasiyaService } from '../limbasiya/service.ts';
import type { Desk } from '../login/desk.ts';
import type { ConnectionServices } from '../services.ts';

/** A connection that was counted in, in another process. */
export interface NumberedVisit {
  readonly number: number;
  readonly source: string;
}

/** What a worker asks of the hub's own process, by part. Arguments and results are plain data. */
export interface Parts {
  readonly door: { admit(remoteAddress: string | undefined): Promise<NumberedVisit> };
  readonly desk: Desk;
  readonly pins: ConnectionServices['store']['pins'];
  readonly questions: ConnectionServices['questions'];
  readonly records: ConnectionServices['records'];
  readonly limbasiya: Pick<LimbasiyaService, 'admit' | 'entered' | 'isListed' | 'countPatients'>;
}

/** What a worker tells it, without waiting for anything. */
export interface Notes {
  readonly door: { loggedIn(visit: number): void; leave(visit: number): void };
  readonly reporter: ConnectionServices['reporter'];
  readonly meter: ConnectionServices['meter'];
}

type MethodsOf<T> = { readonly [P in keyof T]: { readonly [M in keyof T[P]]: true } };

/** Every method of `Parts`: what is not here cannot be asked for. */
export const ASKED: MethodsOf<Parts> = {
  door: { admit: true },
  desk: { answer: true, enter: true, leave: true },
  pins: { offer: true, prepare: true, change: true },
  questions: { tellFirst: true },
  records: { summary: true, create: true, checkIn: true },
  limbasiya: { admit: true, entered: true, isListed: true, countPatients: true },
};

/** Every method of `Notes`. */
export const TOLD: MethodsOf<Notes> = {
  door: { loggedIn: true, leave: true },
  reporter: { wake: true },
  meter: { login: true },
};
