import type { HubIdentity } from '../../certs/hub-identity.ts';
import type { DataErrorCode } from '../../protocol/data/messages.ts';
import type { ListedHub } from '../../protocol/limbasiya/list.ts';
import type { Address } from '../../runtime/network.ts';
import type { LogLevel } from '../../runtime/pino-log.ts';
import type { HubPolicy } from '../policy.ts';

/** What a worker is told before it serves. */
export interface WorkerConfig {
  readonly listen: Address;
  readonly policy: HubPolicy;
  /** With its private key. */
  readonly identity: HubIdentity;
  /** Null where limbasiya-2021 is not allowed. */
  readonly limbasiya: Omit<ListedHub, 'address'> | null;
  readonly logLevel: LogLevel;
}

/** One thing that a worker asks of the hub's own process, or tells it. */
export interface Call {
  /** By which its answer is told from others; null where none is wanted. */
  readonly id: number | null;
  readonly part: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure };

/** An error on its way to another process. */
export type Failure =
  | {
      readonly kind: 'turned-away';
      readonly wireCode: number;
      readonly wireText: string;
      readonly reason: string;
    }
  | { readonly kind: 'request-refused'; readonly code: DataErrorCode; readonly message: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** From the hub's own process to a worker. */
export type ToWorker =
  | { readonly kind: 'start'; readonly config: WorkerConfig }
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  | { readonly kind: 'identity'; readonly identity: HubIdentity }
  | { readonly kind: 'revoked'; readonly uids: readonly Uint8Array[] }
  /** Is answered with `alive` at once, by a worker that works. */
  | { readonly kind: 'alive?' }
  | { readonly kind: 'stop' };

/** From a worker to the hub's own process. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly address: Address }
  | { readonly kind: 'not-listening'; readonly failure: Failure }
  | { readonly kind: 'calls'; readonly calls: readonly Call[] }
  | { readonly kind: 'alive' }
  | { readonly kind: 'stopped' };

/** The hub's end of a worker's process. */
export interface WorkerProcess {
  /** A worker that is gone is told nothing; its `onExit` is called. */
  post(message: ToWorker): void;
  onMessage(take: (message: FromWorker) => void): void;
  /** Called once, when it is gone in whatever way. @param how for the log */
  onExit(take: (how: string) => void): void;
  kill(): void;
}

export type StartWorker = () => WorkerProcess;

/** A worker's end. Where the hub's own process is gone, so is this one. */
export interface HubProcess {
  post(message: FromWorker): void;
  onMessage(take: (message: ToWorker) => void): void;
}
