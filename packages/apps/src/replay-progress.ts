import type { PcapPort } from '@lunetta/driver-pcap';
import { Presets, SingleBar } from 'cli-progress';

const BAR_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 2000;

/** How far a capture is read: a bar on a terminal, percentages otherwise, on stderr; nothing where the end is not known. */
export class ReplayProgress {
  private readonly bar: SingleBar | undefined = undefined;
  private readonly timer: NodeJS.Timeout | undefined = undefined;
  private readonly byteLength: number;
  private shown = -1;

  constructor(private readonly port: PcapPort) {
    this.byteLength = port.progress.byteLength ?? 0;
    if (this.byteLength === 0) return;
    if (process.stderr.isTTY) {
      const options = { stream: process.stderr, clearOnComplete: true, format: '{bar} {percentage} %  {eta} s' };
      this.bar = new SingleBar(options, Presets.shades_classic);
      this.bar.start(this.byteLength, 0);
    }
    const interval = this.bar === undefined ? LINE_INTERVAL_MS : BAR_INTERVAL_MS;
    this.timer = setInterval(() => this.show(), interval).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.bar?.stop();
  }

  private show(): void {
    const { offset } = this.port.progress;
    if (this.bar !== undefined) {
      this.bar.update(Math.min(offset, this.byteLength));
      return;
    }
    const percent = Math.min(100, Math.floor((offset / this.byteLength) * 100));
    if (percent !== this.shown) process.stderr.write(`${percent} %\n`);
    this.shown = percent;
  }
}
