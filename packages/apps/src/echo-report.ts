import type { LunettaStack } from 'lunetta';
import type { Sender, UdpEcho } from './services/udp-echo.js';

/** The rate is taken over so much time at least. */
const RATE_INTERVAL_MS = 900; // less than the second between two lines, which may come a little early

/** What has passed through an echo server, for people and for programs. */
export class EchoReport {
  private lastSender: Sender | undefined = undefined;
  private shown: string;
  private rate = 0;
  private rateSince = performance.now();
  private rateFrom = 0;

  constructor(
    private readonly stack: Pick<LunettaStack, 'counters'>,
    private readonly echo: UdpEcho,
  ) {
    this.shown = this.fingerprint;
  }

  /** Takes the numbers of this moment; true if there is something new to show. */
  update(): boolean {
    const { datagrams } = this.echo.counters;
    const elapsedMs = performance.now() - this.rateSince;
    if (elapsedMs >= RATE_INTERVAL_MS) {
      this.rate = Math.round(((datagrams - this.rateFrom) * 1000) / elapsedMs);
      this.rateSince += elapsedMs;
      this.rateFrom = datagrams;
    }
    this.lastSender = this.echo.takeSender() ?? this.lastSender;
    const now = this.fingerprint;
    const isNew = now !== this.shown;
    this.shown = now;
    return isNew;
  }

  /** For programs. */
  get numbers() {
    const { datagrams, bytes } = this.echo.counters;
    const { icmp } = this.stack.counters();
    return {
      event: 'passed',
      datagrams,
      bytes,
      perSecond: this.rate,
      pings: icmp.echoRequestsAnswered,
      dropped: this.dropped,
      ...(this.lastSender === undefined ? {} : { from: `${this.lastSender.address}:${this.lastSender.port}` }),
    };
  }

  /** For people. */
  get text(): string {
    const { datagrams, bytes, perSecond, pings, dropped, from } = this.numbers;
    const parts = [
      `datagrams echoed: ${datagrams} (${bytes} bytes, ${perSecond}/s)`,
      `pings answered: ${pings}`,
      `dropped: ${dropped}`,
    ];
    return from === undefined ? parts.join(', ') : `${parts.join(', ')}; last from ${from}`;
  }

  /** Changes with what is to be told; a rate alone is no news. */
  private get fingerprint(): string {
    return JSON.stringify({ ...this.numbers, perSecond: 0 });
  }

  /** Frames and datagrams that came to nothing, other stations' talk that does not concern us left aside. */
  private get dropped(): number {
    let total = 0;
    for (const count of Object.values(this.echo.counters.dropped)) total += count;
    for (const { rx, tx } of this.stack.counters().interfaces) {
      for (const [reason, count] of [...Object.entries(rx.dropped), ...Object.entries(tx.dropped)]) {
        if (!reason.startsWith('ethernet.')) total += count;
      }
    }
    return total;
  }
}
