import { z } from 'zod';
import { bundle } from '../../protocol/fhir/resources.ts';
import { askControl, type ControlHandlers, NotServingError } from '../../runtime/control-socket.ts';
import type { Json } from '../../runtime/json.ts';
import type { Archive } from './archive.ts';
import type { HubRecords } from './records.ts';

/** What the clinic's staff do with records: at the hub that serves, or at its store while none does. */
export type RecordsOffice = Pick<HubRecords, 'queue' | 'done'> & Pick<Archive, 'list' | 'export' | 'import'>;

export function officeOf(records: HubRecords, archive: Archive): RecordsOffice {
  return {
    queue: () => records.queue(),
    done: (place) => records.done(place),
    list: (after) => archive.list(after),
    export: (after) => archive.export(after),
    import: (content) => archive.import(content),
  };
}

const page = z.object({
  after: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .nullable(),
});
const donePlace = z.object({ place: z.int().min(1) });

const waiting = z.array(z.object({ place: z.int(), since: z.string(), subject: z.string() }));
const done = z.object({ wasWaiting: z.boolean() });
const patientRecords = z.object({
  subject: z.string(),
  observations: z.int(),
  encounters: z.int(),
  latest: z.string(),
});
const listed = z.object({ items: z.array(patientRecords), next: z.string().nullable() });
const exported = z.object({ items: z.array(bundle), next: z.string().nullable() });
const imported = z.object({ added: z.int(), known: z.int(), differing: z.int() });

/** The office's methods on the control socket. */
export function officeHandlers(office: RecordsOffice): ControlHandlers {
  return {
    'records.here': () => true,
    'queue.list': async () => plain(await office.queue()),
    'queue.done': async (params) => ({ wasWaiting: await office.done(donePlace.parse(params).place) }),
    'records.list': async (params) => plain(await office.list(page.parse(params).after)),
    'records.export': async (params) => plain(await office.export(page.parse(params).after)),
    'records.import': async (params) => plain(await office.import(params)),
  };
}

/** Whether a hub serves `folder`, whose office is to be asked then. @throws ControlError */
export async function isOfficeServed(folder: string): Promise<boolean> {
  try {
    return (await askControl(folder, { method: 'records.here' })) === true;
  } catch (cause) {
    if (cause instanceof NotServingError) return false;
    throw cause;
  }
}

/** The office of the hub that serves `folder`. All throw ControlError and its kin. */
export function remoteOffice(folder: string): RecordsOffice {
  const ask = (method: string, params: Json = null) =>
    askControl(folder, { method, params }, { startWith: 'cardea-hub serve', timeoutMs: 60_000 });
  return {
    queue: async () => waiting.parse(await ask('queue.list')),
    done: async (place) => done.parse(await ask('queue.done', { place })).wasWaiting,
    list: async (after) => listed.parse(await ask('records.list', { after })),
    export: async (after) => exported.parse(await ask('records.export', { after })),
    import: async (content) => imported.parse(await ask('records.import', plain(content))),
  };
}

/** As it will be on the line. */
function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
