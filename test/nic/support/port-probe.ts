import type { ProbeReport, ReceivedFrame, SentFrame } from '../guest/protocol.js';
import type { GuestProcess } from './guest-process.js';
import { FIRST_CARD, PORT_PROBE } from './machine-arguments.js';
import type { Machine } from './machine.js';

type Opened = Extract<ProbeReport, { report: 'open' }>;
type Closed = Extract<ProbeReport, { report: 'closed' }>;

/** The first card, opened in the guest as a port without a stack. */
export class PortProbe {
  private readonly process: GuestProcess;
  private seen = 0;

  constructor(
    private readonly machine: Machine,
    options: Readonly<Record<string, unknown>>,
  ) {
    const words = JSON.stringify({ device: FIRST_CARD.pci, ...options });
    this.process = machine.guest.start(process.execPath, PORT_PROBE, words);
  }

  /** Waits until its link is up. */
  async opened(): Promise<Opened> {
    return (await this.next('open')) as Opened;
  }

  /** Sends frames to the card; what it says of each. */
  async receive(...frames: readonly Uint8Array[]): Promise<ReceivedFrame[]> {
    this.machine.peer.send(...frames);
    const received: ReceivedFrame[] = [];
    while (received.length < frames.length) received.push((await this.next('received')) as ReceivedFrame);
    return received;
  }

  /** Has the card send a frame; what comes out of its cable, `count` frames. */
  async send(frame: Uint8Array, words: Partial<SentFrame>, count = 1): Promise<Uint8Array[]> {
    const order = { frame: Buffer.from(frame).toString('hex'), flags: 0, headerLengths: 0, vlanAndMss: 0, ...words };
    this.process.input(`${JSON.stringify(order)}\n`);
    const sent: Uint8Array[] = [];
    while (sent.length < count) sent.push(await this.machine.peer.receive());
    return sent;
  }

  /** Waits until the card is gone, and the port closed. */
  async gone(): Promise<Closed> {
    let report = await this.next();
    while (report.report === 'received') report = await this.next();
    if (report.report !== 'gone') throw new Error(`the card was to be gone, and not ${report.report}`);
    const closed = await this.next('closed');
    const { code, stderr } = await this.process.end();
    if (code !== 0) throw new Error(stderr);
    return closed as Closed;
  }

  private async next(kind?: ProbeReport['report']): Promise<ProbeReport> {
    const [line] = await this.process.output(/^\{.*\}\n/m, this.seen);
    this.seen += line.length;
    const report = JSON.parse(line) as ProbeReport;
    if (kind !== undefined && report.report !== kind) throw new Error(`${kind} was expected, and not ${line}`);
    return report;
  }
}
