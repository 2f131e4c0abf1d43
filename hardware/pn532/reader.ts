import type { BytePort } from '../byte-port.ts';
import type { HardwareClock } from '../clock.ts';
import {
  type HardwareError,
  ReaderClosedError,
  ReaderFailedError,
  ReaderLostError,
  ReaderSilentError,
} from '../errors.ts';
import {
  type Command,
  type Effect,
  type Event,
  type FailureReason,
  IDLE,
  type State,
  step,
} from './command-machine.ts';
import { Deframer } from './deframer.ts';
import { encodeFrame, type Frame, HOST_TO_CHIP } from './frame.ts';
import type { TraceFrame } from './trace.ts';

export interface Pn532Options {
  readonly port: BytePort;
  readonly clock: HardwareClock;
  /** Sees every frame, both ways. */
  readonly trace?: TraceFrame | undefined;
}

/** Between the last byte received, or a host ACK, and the next frame: USB adapters want it (HARDWARE 7). */
const GAP_MS = 1;
/**
 * After a command was given up: time for what the chip sent before it heard of that to come in, so that no
 * late answer is taken for the next command's. USB adapters hold bytes back for 16 ms.
 */
const QUIET_AFTER_ABORT_MS = 30;

/**
 * A PN532 on an open port: the only one that touches it. Commands are run one at a time, in the order they
 * were asked for; every one settles.
 */
export class Pn532 {
  readonly #port: BytePort;
  readonly #clock: HardwareClock;
  readonly #trace: TraceFrame;
  readonly #deframer = new Deframer();
  #state: State = IDLE;
  #timer: { cancel(): void } | undefined;
  /** Who waits for the command that runs. */
  #waiter: { resolve(data: Uint8Array): void; reject(error: HardwareError): void } | undefined;
  /** Settles when the last command asked for has. */
  #lastCommand: Promise<unknown> = Promise.resolve();
  /** Settles when the last bytes to send were sent. */
  #lastSend: Promise<void> = Promise.resolve();
  /** By the clock: nothing is sent before. */
  #quietUntil = 0;
  /** Frames count only after the command they answer was sent. */
  #listening = false;
  #lost = false;
  #closing = false;

  constructor({ port, clock, trace = () => {} }: Pn532Options) {
    this.#port = port;
    this.#clock = clock;
    this.#trace = trace;
    port.onData((chunk) => this.#receive(chunk));
    port.onClose(() => this.#lose());
  }

  /** Bits per second, at this end of the line. */
  get speed(): number {
    return this.#port.speed;
  }

  /** The port vanished, or was closed. */
  get lost(): boolean {
    return this.#lost;
  }

  /** `listener` is called once when the port vanishes (not when it is closed from here). */
  onLost(listener: () => void): void {
    this.#port.onClose(() => {
      if (!this.#closing) listener();
    });
  }

  /**
   * Runs a command; the response's data, without its code.
   *
   * @throws ReaderSilentError, ReaderFailedError (error frame), ReaderLostError, ReaderClosedError
   */
  run(command: Command): Promise<Uint8Array> {
    return this.#enqueue(() => {
      if (this.#closing) throw closedError();
      return this.#runNow(command);
    });
  }

  /** Bytes that are no frame, and wake the chip: nothing answers them. */
  async wake(bytes: Uint8Array): Promise<void> {
    this.#send({ kind: 'ack' });
    this.#sendBytes(bytes, () => {});
    await this.#lastSend;
  }

  /** Confirms a response: the chip changes its speed when it has heard this (HARDWARE 3). */
  async confirm(): Promise<void> {
    this.#send({ kind: 'ack' });
    await this.#lastSend;
  }

  /** Changes the speed of this end of the line. */
  async setSpeed(baud: number): Promise<void> {
    await this.#lastSend;
    await this.#port.setSpeed(baud);
    this.#deframer.reset();
  }

  /**
   * Rejects all that wait, runs `farewell` where the chip can still hear it, and closes the port.
   * Never sends PowerDown: some boards do not wake from it (HARDWARE 7).
   */
  async close(farewell: readonly Command[] = []): Promise<void> {
    if (this.#closing) {
      await this.#lastCommand;
      return;
    }
    this.#closing = true;
    this.#feed({ name: 'close' });
    await this.#enqueue(async () => {
      for (const command of farewell) {
        // What fails here fails because the chip is gone; the port is closed in any case.
        if (!this.#lost) await this.#runNow(command).catch(() => {});
      }
      // Confirms a change of speed; otherwise it does nothing.
      this.#send({ kind: 'ack' });
      await this.#lastSend;
      // Changes nothing, and lets the last bytes leave.
      await this.#port.setSpeed(this.speed).catch(() => {});
      await this.#port.close();
    });
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lastCommand.then(work);
    this.#lastCommand = result.catch(() => {});
    return result;
  }

  #runNow(command: Command): Promise<Uint8Array> {
    if (this.#lost) return Promise.reject(lostError());
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#feed({ name: 'start', command });
    });
  }

  #receive(chunk: Uint8Array): void {
    this.#quietUntil = Math.max(this.#quietUntil, this.#clock.monotonic() + GAP_MS);
    for (const frame of this.#deframer.push(chunk)) {
      this.#trace('from-chip', frame);
      if (this.#listening) this.#feed({ name: 'frame', frame });
    }
  }

  #lose(): void {
    this.#lost = true;
    this.#feed({ name: 'port-lost' });
  }

  #feed(event: Event): void {
    const { state, effects } = step(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'send-command':
        this.#sendCommand(effect.command);
        break;
      case 'send-nack':
        this.#send({ kind: 'nack' });
        break;
      case 'send-abort':
        this.#listening = false;
        this.#send({ kind: 'ack' }, QUIET_AFTER_ABORT_MS);
        break;
      case 'start-timer':
        this.#startTimer(effect.ms);
        break;
      case 'succeed':
        this.#settle()?.resolve(effect.data);
        break;
      case 'fail':
        this.#settle()?.reject(failure(effect.reason));
        break;
    }
  }

  #settle() {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    return waiter;
  }

  #startTimer(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(ms, () => this.#feed({ name: 'timeout' }));
  }

  #sendCommand(command: Command): void {
    const data = Uint8Array.of(command.code, ...command.parameters);
    this.#listening = false;
    this.#send({ kind: 'information', tfi: HOST_TO_CHIP, data });
  }

  #send(frame: Frame, quietAfterMs = frame.kind === 'ack' ? GAP_MS : 0): void {
    this.#sendBytes(encodeFrame(frame), () => {
      this.#trace('to-chip', frame);
      this.#quietUntil = Math.max(this.#quietUntil, this.#clock.monotonic() + quietAfterMs);
      if (frame.kind === 'information') {
        this.#deframer.reset();
        this.#listening = true;
      }
    });
  }

  /** In order, each after the gap that is due; `onSend` runs in the moment of sending. */
  #sendBytes(bytes: Uint8Array, onSend: () => void): void {
    this.#lastSend = this.#lastSend.then(async () => {
      await this.#quiet();
      if (this.#lost) return;
      onSend();
      try {
        await this.#port.write(bytes);
      } catch {
        this.#lose();
      }
    });
  }

  async #quiet(): Promise<void> {
    for (;;) {
      const left = this.#quietUntil - this.#clock.monotonic();
      if (left <= 0 || this.#lost) return;
      await new Promise<void>((resolve) => {
        this.#clock.after(left, resolve);
      });
    }
  }
}

function failure(reason: FailureReason): HardwareError {
  switch (reason) {
    case 'no-ack':
      return new ReaderSilentError('the reader does not acknowledge commands: check its cable and power');
    case 'no-reply':
      return new ReaderSilentError('the reader took a command and never answered: check its power supply');
    case 'damaged':
      return new ReaderSilentError("the reader's answers arrive damaged: check its cable, and keep it short");
    case 'refused':
      return new ReaderFailedError('the reader refused a command as unknown');
    case 'port-lost':
      return lostError();
    case 'closed':
      return closedError();
  }
}

function lostError(): ReaderLostError {
  return new ReaderLostError('the reader is gone: check its cable and plug it in again');
}

function closedError(): ReaderClosedError {
  return new ReaderClosedError('the reader was closed');
}
