import type { Sodium } from 'libsodium-sumo';
import { describe, expect, it } from 'vitest';
import { Scratch } from '../../protocol/crypto/scratch.ts';

const START = 1_024;

/** A scratch in a memory that can be looked at, in which something lies before and after. */
function open() {
  const heap = new Uint8Array(8_192).fill(7);
  const scratch = new Scratch({ HEAPU8: heap, _malloc: () => START } as unknown as Sodium);
  return { heap, scratch };
}

const INPUTS = [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(32).fill(9)];

/** What is not as it was outside of the piece that was used, and not zero in it. */
function traces(heap: Uint8Array): number[] {
  return [...heap.keys()].filter((at) => heap[at] !== 7 && heap[at] !== 0);
}

describe('a scratch in the memory of WebAssembly', () => {
  it('holds each input at an address of its own, and gives a copy of the result', () => {
    const { heap, scratch } = open();
    const result = scratch.run(4, INPUTS, (out, a = 0, b = 0, c = 0) => {
      expect([...heap.subarray(a, a + 3)]).toEqual([1, 2, 3]);
      expect(b).toBeGreaterThanOrEqual(a + 3);
      expect([...heap.subarray(c, c + 32)]).toEqual(Array(32).fill(9));
      heap.set([5, 6, 7, 8], out);
      return 0;
    });
    expect(result).toEqual(Uint8Array.of(5, 6, 7, 8));
    heap.fill(0);
    expect(result).toEqual(Uint8Array.of(5, 6, 7, 8));
  });

  it('keeps nothing of what went in and came out, whether it went well, failed or threw', () => {
    const { heap, scratch } = open();
    const write = (out: number) => heap.fill(5, out, out + 40);
    scratch.run(40, INPUTS, (out) => {
      write(out);
      return 0;
    });
    expect(traces(heap)).toEqual([]);
    const failed = scratch.run(40, INPUTS, (out) => {
      write(out);
      return -1;
    });
    expect(failed).toBeNull();
    expect(traces(heap)).toEqual([]);
    const throwing = () =>
      scratch.run(40, INPUTS, (out) => {
        write(out);
        throw new Error('unreachable executed');
      });
    expect(throwing).toThrow('unreachable executed');
    expect(traces(heap)).toEqual([]);
  });

  it('touches nothing beyond what it has room for', () => {
    const { heap, scratch } = open();
    const [most] = Array.from({ length: 4_096 }, (_, length) => length).filter(
      (length) => scratch.hasRoom(length, 2) && !scratch.hasRoom(length + 1, 2),
    );
    for (const input of [0, 1, 500, (most ?? 0) - 1]) {
      scratch.run((most ?? 0) - input, [new Uint8Array(input).fill(1)], () => 0);
    }
    expect(heap.indexOf(0)).toBe(START);
    expect(heap.lastIndexOf(0)).toBeLessThan(START + 2_048);
  });
});
