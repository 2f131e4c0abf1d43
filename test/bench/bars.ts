/** What a measured value is held against. */
export interface Bar {
  readonly value: number;
  /** The side on which the bar is met, the bar itself included. */
  readonly side: 'at most' | 'at least';
}

const atMost = (value: number): Bar => ({ value, side: 'at most' });
const atLeast = (value: number): Bar => ({ value, side: 'at least' });

/** The bars that a release is held to. Results of other names have none. */
const BARS: Readonly<Record<string, Bar>> = {
  'login-cpu-vs-mtls': atMost(0.4),
  'login-growth': atMost(1.2),
  'hub-memory': atMost(200),
  'feed-rate': atLeast(20_000),
  'card-read-115200': atMost(1.3),
  'card-read-921600': atMost(1.3),
  'pin-to-welcome': atMost(150),
  'device-memory': atMost(110),
  'device-start': atMost(1),
};

export function barOf(name: string): Bar | undefined {
  return Object.hasOwn(BARS, name) ? BARS[name] : undefined;
}

export function isMet(value: number, { value: bar, side }: Bar): boolean {
  return side === 'at most' ? value <= bar : value >= bar;
}
