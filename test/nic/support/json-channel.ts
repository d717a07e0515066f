import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A socket that carries one JSON value a line, both ways. */
export class JsonChannel<Received> {
  /** Who gets what arrives. */
  onMessage: (message: Received) => void = () => undefined;

  constructor(private readonly socket: Socket) {
    socket.on('error', () => socket.destroy()); // the machine is gone, which its exit tells
    createInterface({ input: socket }).on('line', (line) => this.onMessage(JSON.parse(line) as Received));
  }

  send(message: unknown): void {
    this.socket.write(`${JSON.stringify(message)}\n`);
  }
}
