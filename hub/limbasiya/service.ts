import type { ListedHub } from '../../protocol/limbasiya/list.ts';
import type { PatientList } from './patient-list.ts';

/** What a hub has that accepts limbasiya-2021. */
export interface LimbasiyaService {
  /** The hub as the cards list it. */
  readonly self: Omit<ListedHub, 'address'>;
  readonly list: PatientList;
}

/** What it means to accept this suite, for the clinic's IT. */
export const WHAT_IT_MEANS =
  'this hub accepts limbasiya-2021 cards, which are for study and migration only: who finds such a card can guess its password offline, every hub and every other such card hold what unmasks it, and a revoked one is let in until this hub next reads its list';
