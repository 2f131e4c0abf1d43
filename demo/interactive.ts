import { cancel, intro, isCancel, log, password, select, text } from '@clack/prompts';
import type { Panel, Question, Sign } from '../hardware/panel/panel.ts';
import type { Site } from './site.ts';
import { HUBS, PATIENT, registerPatient, setUp, tellTap } from './story.ts';
import type { Teller } from './teller.ts';

type Choice =
  | 'tap-goa-01'
  | 'tap-pune-02'
  | 'measure'
  | 'new-pin'
  | 'queue'
  | 'seen'
  | 'pull'
  | 'plug'
  | 'stop-hub'
  | 'start-hub'
  | 'restart-rc'
  | 'revoke'
  | 'new-card'
  | 'leave';

/** Lets whoever sits at the terminal play the patient, the registrar and the clinic's IT. */
export async function playInteractively(site: Site, teller: Teller): Promise<void> {
  await setUp(site, teller);
  let wallet = await registerPatient(site, teller);
  intro(`The card of ${PATIENT.name} is in your hand. Its PIN is ${PATIENT.pin}.`);
  let pulled = false;
  let stopped: Awaited<ReturnType<Site['stopHub']>> | undefined;
  for (;;) {
    const choice = await choose(pulled, stopped !== undefined);
    try {
      switch (choice) {
        case 'tap-goa-01':
        case 'tap-pune-02':
          tellTap(
            teller,
            await site.tap({ wallet, hub: choice.slice('tap-'.length), panel: new ClackPanel() }),
          );
          break;
        case 'measure':
          tellTap(
            teller,
            await site.tap({
              wallet,
              hub: HUBS[0].id,
              panel: new ClackPanel(),
              sensor: site.thermometer,
            }),
          );
          break;
        case 'new-pin':
          tellTap(
            teller,
            await site.tap({ wallet, hub: HUBS[1].id, panel: new ClackPanel(), goal: 'new-pin' }),
          );
          break;
        case 'queue':
          await tellQueue(site);
          break;
        case 'seen':
          await nextSeen(site);
          break;
        case 'pull':
          site.terminal.virtual.port.unplug();
          pulled = true;
          break;
        case 'plug':
          site.terminal.virtual.port.plugIn();
          pulled = false;
          break;
        case 'stop-hub':
          stopped = await site.stopHub(HUBS[0].id);
          break;
        case 'start-hub':
          if (stopped !== undefined) await site.startHub(HUBS[0].id, stopped);
          stopped = undefined;
          break;
        case 'restart-rc':
          await site.stopRc();
          await site.startRc();
          break;
        case 'revoke':
          await revokeAll(site);
          break;
        case 'new-card':
          wallet = await registerPatient(site, teller);
          break;
        case 'leave':
          return;
      }
    } catch (error) {
      log.error(error instanceof Error ? error.message : String(error));
    }
  }
}

async function choose(pulled: boolean, hubStopped: boolean): Promise<Choice> {
  const hub = HUBS[0].id;
  const choice = await select<Choice>({
    message: 'What happens now?',
    options: [
      { value: 'tap-goa-01', label: 'tap the card at goa-01' },
      { value: 'tap-pune-02', label: 'tap the card at pune-02' },
      { value: 'measure', label: 'tap the card at goa-01, beside a thermometer' },
      { value: 'new-pin', label: 'change the PIN, at pune-02' },
      { value: 'queue', label: `who waits at ${hub}` },
      { value: 'seen', label: `the next in the queue at ${hub} has been seen` },
      pulled
        ? { value: 'plug', label: 'plug the reader in again' }
        : { value: 'pull', label: 'pull the reader out' },
      hubStopped
        ? { value: 'start-hub', label: `start ${hub} again` }
        : { value: 'stop-hub', label: `stop ${hub}` },
      { value: 'restart-rc', label: 'restart the registration centre' },
      { value: 'revoke', label: 'revoke the card' },
      { value: 'new-card', label: 'register a new card' },
      { value: 'leave', label: 'leave' },
    ],
  });
  return isCancel(choice) ? 'leave' : choice;
}

async function tellQueue(site: Site): Promise<void> {
  const waiting = await site.hub(HUBS[0].id).office.queue();
  if (waiting.length === 0) log.info('nobody waits');
  for (const { place, since } of waiting) log.info(`number ${place}, since ${since}`);
}

async function nextSeen(site: Site): Promise<void> {
  const { office } = site.hub(HUBS[0].id);
  const [next] = await office.queue();
  if (next === undefined) {
    log.info('nobody waits');
    return;
  }
  await office.done(next.place);
  log.success(`number ${next.place} has left the queue`);
}

async function revokeAll(site: Site): Promise<void> {
  const { cards } = await site.operator.cards({ status: 'active' });
  for (const { uid } of cards) await site.operator.revokeCard(uid, 'lost');
  log.success(`${cards.length} revoked`);
}

/** The terminal's front, on this terminal. */
class ClackPanel implements Panel {
  show(sign: Sign, lines: readonly string[]): void {
    const text = lines.join(' ');
    if (sign === 'refused' || sign === 'out-of-order') log.error(text);
    else if (sign === 'welcome') log.success(text);
    else log.step(text);
  }

  async ask(_question: Question, prompt: string, signal: AbortSignal): Promise<string | undefined> {
    const answer = await password({ message: prompt, mask: '•', signal });
    if (!isCancel(answer)) return answer;
    cancel('Cancelled.');
    return undefined;
  }

  async choose(prompt: string, options: readonly string[], signal: AbortSignal): Promise<number | undefined> {
    const choice = await select({
      message: prompt,
      options: options.map((label, value) => ({ value, label })),
      signal,
    });
    return isCancel(choice) ? undefined : choice;
  }

  async untilCancelled(signal: AbortSignal): Promise<void> {
    await text({ message: 'Press Enter to stop', signal });
    // It was not stopped: it was over.
    signal.throwIfAborted();
  }

  async close(): Promise<void> {}
}
