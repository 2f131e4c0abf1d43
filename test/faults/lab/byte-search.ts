/** Looks for many byte strings in one pass: hundreds of secrets in megabytes of files. */
export class ByteSearch<T> {
  /** By their first four bytes. */
  readonly #byHead = new Map<number, { readonly bytes: Buffer; readonly what: T }[]>();
  /** Whether any begins with these two: most places are passed over by it. */
  readonly #heads = new Uint8Array(0x1_0000);

  /** @param bytes four at least */
  add(bytes: Buffer, what: T): void {
    const head = bytes.readUInt32BE(0);
    this.#heads[head >>> 16] = 1;
    this.#byHead.set(head, [...(this.#byHead.get(head) ?? []), { bytes, what }]);
  }

  /** All that are in `content`, with where they begin. */
  *in(content: Buffer): Generator<{ readonly what: T; readonly at: number }> {
    for (let at = 0; at + 4 <= content.length; at++) {
      const two = ((content[at] ?? 0) << 8) | (content[at + 1] ?? 0);
      if (this.#heads[two] === 0) continue;
      for (const { bytes, what } of this.#byHead.get(content.readUInt32BE(at)) ?? []) {
        if (content.subarray(at, at + bytes.length).equals(bytes)) yield { what, at };
      }
    }
  }
}
