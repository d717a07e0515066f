import type { Socket } from 'node:net';
import { JsonChannel } from './json-channel.js';
import { within } from './within.js';

interface Message {
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
  readonly data?: { readonly device?: string };
}

const PATIENCE_MS = 60_000;

/** QEMU's monitor: commands about the emulated machine, and its events (QEMU Machine Protocol). */
export class Qmp {
  private readonly channel: JsonChannel<Message>;
  private readonly pending = new Map<number, (answer: Message) => void>();
  private readonly events: Message[] = [];
  private watchers: (() => void)[] = [];
  private sent = 0;

  constructor(socket: Socket) {
    this.channel = new JsonChannel(socket);
    this.channel.onMessage = (message) => this.take(message);
  }

  /** Runs a command. @throws Error with QEMU's own words */
  async execute(command: string, words: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = ++this.sent;
    const answered = new Promise<Message>((resolve) => this.pending.set(id, resolve));
    this.channel.send({ execute: command, arguments: words, id });
    const { error, return: result } = await within(PATIENCE_MS, `the monitor's answer to ${command}`, answered);
    if (error !== undefined) throw new Error(`${command}: ${error.desc}`);
    return result;
  }

  /** Waits until QEMU has told that a device is out of the machine. */
  async deviceDeleted(device: string): Promise<void> {
    const isTold = (): boolean =>
      this.events.some(({ event, data }) => event === 'DEVICE_DELETED' && data?.device === device);
    const told = async (): Promise<void> => {
      while (!isTold()) await new Promise<void>((resolve) => this.watchers.push(resolve));
    };
    await within(PATIENCE_MS, `the end of the device ${device}`, told());
  }

  private take(message: Message): void {
    if (message.event !== undefined) {
      this.events.push(message);
      for (const wake of this.watchers.splice(0)) wake();
    } else if (message.id !== undefined) {
      this.pending.get(message.id)?.(message);
      this.pending.delete(message.id);
    }
  }
}
