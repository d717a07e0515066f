import type { Socket } from 'node:net';
import type { Order, Report } from '../guest/protocol.js';
import { GuestProcess, type Ended } from './guest-process.js';
import { JsonChannel } from './json-channel.js';

/** The emulated machine from inside: its agent starts processes and writes files. Paths are the host's; `/run` is writable. */
export class Guest {
  /** Done when the agent runs. */
  readonly ready: Promise<void>;
  private readonly channel: JsonChannel<Report>;
  private readonly processes: GuestProcess[] = [];
  private announceReady!: () => void;

  constructor(socket: Socket) {
    this.ready = new Promise((resolve) => (this.announceReady = resolve));
    this.channel = new JsonChannel(socket);
    this.channel.onMessage = (report) => this.take(report);
  }

  /** Starts a command. */
  start(...command: readonly string[]): GuestProcess {
    const process = this.processes.length;
    const started = new GuestProcess(
      command,
      (signal) => this.order({ order: 'signal', process, signal }),
      (text) => this.order({ order: 'input', process, text }),
    );
    this.processes.push(started);
    this.order({ order: 'start', process, command });
    return started;
  }

  /** Runs a command to its end. */
  run(...command: readonly string[]): Promise<Ended> {
    return this.start(...command).end();
  }

  /** Writes a file below `/run`. */
  write(path: string, text: string): void {
    this.order({ order: 'write', path, text });
  }

  private order(order: Order): void {
    this.channel.send(order);
  }

  private take(report: Report): void {
    if (report.report === 'ready') this.announceReady();
    else if (report.report === 'end') this.processes[report.process]?.ended(report.code, report.signal);
    else this.processes[report.process]?.heard(report.report, report.text);
  }
}
