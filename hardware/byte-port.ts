/** A serial line to a chip, open. Bytes written and received are in order; nothing else is promised. */
export interface BytePort {
  /** Resolves when the bytes were handed to the line. @throws ReaderLostError when the line is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** `listener` gets every chunk that comes in from now on. */
  onData(listener: (chunk: Uint8Array) => void): void;
  /** `listener` is called once: when the line vanishes, or is closed. At once where it is closed already. */
  onClose(listener: () => void): void;
  /** Closing a closed port does nothing. */
  close(): Promise<void>;
  /** Changes the speed of this end of the line, once what was written has left. */
  setSpeed(baud: number): Promise<void>;
  /** Bits per second. */
  readonly speed: number;
}

/** Opens the line, anew each time. @throws ReaderLostError with the reason, when it cannot be opened. */
export type OpenPort = () => Promise<BytePort>;
