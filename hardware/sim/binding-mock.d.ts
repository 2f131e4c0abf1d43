/** What is used of `@serialport/binding-mock`, whose own types an ES module cannot see. */
declare module '@serialport/binding-mock' {
  import type { SerialPortStream } from '@serialport/stream';

  type Binding = SerialPortStream['settings']['binding'];

  export interface MockPortBinding extends Awaited<ReturnType<Binding['open']>> {
    /** Makes the port receive `data`. */
    emitData(data: Buffer): void;
  }

  export const MockBinding: {
    createPort(path: string, options?: { readonly maxReadSize?: number; readonly echo?: boolean }): void;
    /** Forgets every port. */
    reset(): void;
    list: Binding['list'];
    open(options: Parameters<Binding['open']>[0]): Promise<MockPortBinding>;
  };
}
