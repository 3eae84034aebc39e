import { connect } from 'node:net';

/**
 * Sends these bytes as they are, and reads what comes until the server closes or falls silent. A client library would not
 * send what an attacker sends.
 */
export function sendRaw(port: number, bytes: string | Buffer, silenceMs = 1500): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const end = (): void => {
      socket.destroy();
      resolve(Buffer.concat(chunks).toString('latin1'));
    };
    socket.setTimeout(silenceMs, end);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', end);
    socket.on('error', end);
    socket.write(bytes);
  });
}
