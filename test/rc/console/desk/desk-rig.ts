import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import type { RcClient } from '../../../../certs/rc-client.ts';
import { RcUnreachableError } from '../../../../certs/rc-errors.ts';
import { Site } from '../../../../demo/site.ts';
import { Desk } from '../../../../rc/console/desk/desk.ts';
import { Screen } from '../../../../rc/console/desk/screen.ts';
import type { Printer } from '../../../../rc/console/print-page.ts';
import { surroundings } from '../../../e2e/open-site.ts';
import { FakeInput } from '../../../runtime/fake-io.ts';
import { hurriedClock } from '../../../support/hurried-clock.ts';

const SEEN = { timeout: 20_000 };

/** A terminal's screen: what was written on it, in order. */
class FakeTerminal extends Writable {
  readonly isTTY = true;
  /** Wide: no sentence is broken. */
  readonly columns = 200;
  readonly rows = 40;
  raw = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.raw += chunk.toString();
    done();
  }
}

type Asked = 'patients' | 'cardDetails' | 'beginRegistration' | 'completeRegistration' | 'revokeCard';

/** A console at a desk with a virtual reader, and a registrar who reads and types. */
export class DeskRig {
  readonly site: Site;
  readonly terminal = new FakeTerminal();
  readonly input = new FakeInput('terminal');
  readonly printed: string[] = [];
  /** What goes wrong with the next call of a method, before it is sent or on the way back. */
  readonly losses = new Map<Asked, ('request' | 'reply')[]>();
  /** What happens, once, just before the next call of a method. */
  readonly before = new Map<Asked, () => void>();
  #read = 0;
  #running: Promise<void> = Promise.resolve();

  private constructor(site: Site) {
    this.site = site;
  }

  static async open(
    options: { readonly hubs?: readonly string[]; readonly recovery?: boolean } = {},
  ): Promise<DeskRig> {
    const folder = await mkdtemp(join(tmpdir(), 'cardea-desk-'));
    const site = new Site({ surroundings, folder, logN: 0 });
    const rig = new DeskRig(site);
    onTestFinished(async () => {
      rig.input.write('\u0003');
      await rig.#running;
      await site.close();
      await rm(folder, { recursive: true, force: true });
    });
    await site.setUpNetwork();
    for (const id of options.hubs ?? []) await site.addHub(id, `Location of ${id}`);
    rig.#start(options.recovery ?? true);
    await rig.sees('Lay a card on the reader, or choose');
    return rig;
  }

  #start(recovery: boolean): void {
    const printer: Printer = { print: async (text) => void this.printed.push(text) };
    const desk = new Desk({
      client: this.#client(),
      surroundings: { clock: hurriedClock(20), random: surroundings.random },
      reader: this.site.desk.reader,
      screen: new Screen({ input: this.input, output: this.terminal }),
      printer,
      logN: 0,
      recovery,
      who: 'rc.example:8440',
    });
    this.#running = desk.run(new AbortController().signal);
  }

  /** What the whole of the screen's text is, without what steers the terminal. */
  get text(): string {
    return stripVTControlCharacters(this.terminal.raw);
  }

  /** Waits until it is on the screen, after what was read before; returns what was read up to it. */
  async sees(what: string): Promise<string> {
    // What is on the screen instead says more than that something is not.
    await expect.poll(() => this.text.slice(this.#read), SEEN).toContain(what);
    const from = this.#read;
    this.#read = this.text.indexOf(what, from) + what.length;
    return this.text.slice(from, this.#read);
  }

  types(keys: string): void {
    this.input.write(keys);
  }

  /** Types once the question is there. */
  async answers(question: string, keys: string): Promise<void> {
    await this.sees(question);
    this.types(keys);
  }

  /** To where the card is waited for. */
  async registersUpToCard(name: string, pin = '482913'): Promise<void> {
    this.types('r');
    await this.answers("The patient's name", `${name}\r`);
    await this.answers('Record number', '\r');
    await this.answers('Date of birth', '\r');
    await this.answers('PIN, typed by the patient', `${pin}\r`);
    await this.answers('The same PIN again', `${pin}\r`);
    await this.sees('Lay the new card on the reader');
  }

  left(): Promise<void> {
    return this.#running;
  }

  #client(): RcClient {
    const { losses, before } = this;
    return new Proxy(this.site.operator, {
      get(client, name) {
        const method: unknown = Reflect.get(client, name, client);
        if (typeof method !== 'function') return method;
        return async (...words: unknown[]) => {
          before.get(name as Asked)?.();
          before.delete(name as Asked);
          const loss = losses.get(name as Asked)?.shift();
          const answer = loss === 'request' ? undefined : await method.apply(client, words);
          if (loss === undefined) return answer;
          throw new RcUnreachableError('the registration centre cannot be reached: check the network');
        };
      },
    });
  }
}
