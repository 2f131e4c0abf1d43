import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { answerParent } from './child.ts';

const methods = {
  /** A mutual TLS 1.3 server that does nothing but shake hands. */
  async listen(identity: {
    readonly key: string;
    readonly cert: string;
    readonly ca: string;
  }): Promise<{ readonly port: number }> {
    const server = createServer(
      { ...identity, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: true, noDelay: true },
      (socket: TLSSocket) => {
        socket.on('error', () => {});
        socket.resume();
      },
    );
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: (server.address() as AddressInfo).port };
  },
};

export type TlsServer = typeof methods;

answerParent(methods);
