import type { StackSettings } from '@lunetta/core';
import { VirtualHost } from '../../virtual/virtual-host.js';
import { comparePacket, type CompareProfile } from '../packets/compare.js';
import { decodePacket, type DecodedPacket } from '../packets/decoded.js';
import { encodePacket } from '../packets/encode.js';
import { Flow } from '../packets/flow.js';
import { notationOf } from '../packets/notation.js';
import { unknownOptions } from '../syntax/script-options.js';
import type { CallSpec, DrillEvent, DrillScript, DrillTime, PacketSpec, Place } from '../syntax/ast.js';
import { Calls } from './calls.js';
import { DrillLink, gatewayOf, type SentDatagram } from './drill-link.js';
import type { Outcome } from './drill-socket.js';
import { DrillFailure } from './failure.js';
import { readShell } from './shell.js';
import { SYMBOLS } from './symbols.js';
import { TcpDrillSocket } from './tcp-drill-socket.js';
import { UdpDrillSocket } from './udp-drill-socket.js';

/** What a script runs with; its own `--name=value` lines come before these. */
export interface DrillOptions {
  /** How much earlier or later than the script says something may happen; 1000 us if not given. */
  readonly toleranceUs?: number;
  readonly settings?: StackSettings;
  readonly profile?: Partial<CompareProfile>;
  readonly seed?: number;
  /** Called with every frame on the wire, its time in microseconds from the start of the script. */
  readonly onFrame?: (direction: 'in' | 'out', frame: Uint8Array, atUs: number) => void;
}

/** How a script ended. */
export interface DrillResult {
  readonly file: string;
  /** What went otherwise than the script says; undefined if it passed. */
  readonly failure: DrillFailure | undefined;
  /** What of the script was left out, such as shell commands that mean nothing here. */
  readonly notes: readonly string[];
}

/** A call that waits for something to happen. */
interface BlockedCall {
  readonly event: DrillEvent;
  readonly call: CallSpec;
  /** When it is to return, from the start of the script. */
  readonly untilUs: number;
}

const STRICT: CompareProfile = { comparesOptionOrder: true, comparesWindow: true };
/** How long an expected packet without a time is waited for. */
const LONGEST_WAIT_US = 3600e6;

/**
 * Runs a script in virtual time against a stack of its own.
 *
 * @throws DrillFailure for a script that asks for what cannot be
 */
export async function runDrill(script: DrillScript, options: DrillOptions = {}): Promise<DrillResult> {
  const runner = new DrillRunner(script, options);
  try {
    runner.run();
    return { file: script.file, failure: undefined, notes: runner.notes };
  } catch (failure) {
    if (failure instanceof DrillFailure) return { file: script.file, failure, notes: runner.notes };
    throw failure;
  } finally {
    await runner.close();
  }
}

/** One run of one script. */
class DrillRunner {
  readonly notes: readonly string[];
  private readonly host: VirtualHost;
  private readonly link: DrillLink;
  private readonly flow: Flow;
  private readonly calls: Calls;
  private readonly toleranceUs: number;
  private readonly profile: CompareProfile;
  private readonly beginUs: number;
  private readonly blocked: BlockedCall[] = [];
  /** When the event before was, from the start of the script. */
  private previousUs = 0;

  constructor(
    private readonly script: DrillScript,
    options: DrillOptions,
  ) {
    const given = script.options;
    const shell = script.events.flatMap(({ action }) => (action.kind === 'shell' ? [action.text] : []));
    const { settings, notes } = readShell(shell);
    const code = script.events.filter(({ action }) => action.kind === 'code');
    const unknown = unknownOptions(given).map((name) => `left out: --${name}`);
    this.notes = [...unknown, ...notes, ...code.map(({ place }) => `left out: code at line ${place.line}`)];
    this.toleranceUs = Number(given.get('tolerance_usecs') ?? options.toleranceUs ?? 1000);
    this.profile = { ...STRICT, ...options.profile };
    this.host = new VirtualHost({ seed: options.seed ?? 1 });
    const localIp = given.get('local_ip') ?? '192.168.0.1';
    const port = Number(given.get('bind_port') ?? 8080);
    this.flow = new Flow(localIp, given.get('remote_ip') ?? '192.0.2.1', port, port);
    this.link = new DrillLink(this.host, {
      localIp,
      prefixLength: 16,
      gateway: given.get('gateway_ip') ?? gatewayOf(localIp),
      mtu: Number(given.get('mtu') ?? 1500),
      settings: { ...options.settings, ...settings },
    });
    this.beginUs = this.host.clock.nowUs();
    this.link.onFrame = (direction, frame) => options.onFrame?.(direction, frame, this.nowUs);
    const ends = { localPort: port, remoteIp: this.flow.remoteIp, remotePort: port };
    const udp = {
      open: (type: number) => (type === SYMBOLS['SOCK_DGRAM'] ? new UdpDrillSocket(this.link.stack, ends) : undefined),
    };
    const tcp = {
      open: (type: number) => (type === SYMBOLS['SOCK_STREAM'] ? new TcpDrillSocket(this.link.stack, ends) : undefined),
    };
    this.calls = new Calls(script, [udp, tcp]);
  }

  /** @throws DrillFailure at the first thing that is not as the script says */
  run(): void {
    for (const event of this.script.events) this.runEvent(event);
    this.finish();
  }

  close(): Promise<void> {
    return this.link.close();
  }

  private get nowUs(): number {
    return this.host.clock.nowUs() - this.beginUs;
  }

  private runEvent(event: DrillEvent): void {
    const { action, time } = event;
    if (time.kind === 'absolute' && time.startUs < this.previousUs) {
      const what = `an event cannot be earlier than the one before it, at ${seconds(this.previousUs)}`;
      throw new DrillFailure(this.script, event.place, 'time', what);
    }
    switch (action.kind) {
      case 'packet':
        if (action.direction === '>') return this.expectPacket(event, action);
        this.passTo(this.startOf(event));
        this.flow.localPort = this.localPort;
        this.link.inject(encodePacket(action, this.flow));
        return this.retryBlocked();
      case 'call':
        this.passTo(this.startOf(event));
        return this.makeCall(event, action);
      default:
        return; // read before the start
    }
  }

  /** The port that packets come to: that of the socket used last. */
  private get localPort(): number {
    const port = this.calls.current?.localPort ?? 0;
    return port !== 0 ? port : this.flow.localPort;
  }

  /** When an event is to be, from the start of the script; the next one's relative time counts from there. */
  private startOf({ time }: DrillEvent): number {
    if (time.kind === 'any') return this.nowUs;
    this.previousUs = (time.kind === 'relative' ? this.previousUs : 0) + time.startUs;
    return this.previousUs;
  }

  /** Lets time pass up to a moment, event by event, so that each has its own time. */
  private passTo(untilUs: number): void {
    while (this.nextStepUs() <= untilUs) this.stepTo(this.nextStepUs());
    this.stepTo(untilUs);
  }

  private nextStepUs(): number {
    return Math.max(this.host.scheduler.nextTimerAt() - this.beginUs, this.nowUs);
  }

  private stepTo(us: number): void {
    this.host.advance(Math.max(0, us - this.nowUs));
    this.link.collect();
    this.retryBlocked();
  }

  private makeCall(event: DrillEvent, call: CallSpec): void {
    const outcome = this.calls.make(call, event.place);
    this.host.settle();
    this.link.collect();
    if (outcome.kind !== 'blocks') {
      if (event.time.blocks) throw this.wrongTime(event, `${call.name} has returned at once`, event.time);
      return this.checkOutcome(call, outcome);
    }
    if (!event.time.blocks) {
      const what = `${call.name} would wait, with nothing to wait for; give it a time A...B`;
      throw new DrillFailure(this.script, event.place, 'time', what);
    }
    const { startUs, endUs } = event.time;
    this.blocked.push({ event, call, untilUs: this.previousUs - startUs + endUs });
  }

  /** Makes the calls that wait once more. */
  private retryBlocked(): void {
    for (const waiting of [...this.blocked]) {
      const { event, call, untilUs } = waiting;
      const outcome = this.calls.make(call, event.place);
      if (outcome.kind === 'blocks') {
        if (this.nowUs <= untilUs + this.toleranceUs) continue;
        throw this.wrongTime(event, `${call.name} has not returned`, {
          ...event.time,
          startUs: untilUs,
          endUs: untilUs,
        });
      }
      this.blocked.splice(this.blocked.indexOf(waiting), 1);
      if (Math.abs(this.nowUs - untilUs) > this.toleranceUs) {
        throw this.wrongTime(event, `${call.name} has returned`, { ...event.time, startUs: untilUs, endUs: untilUs });
      }
      this.checkOutcome(call, outcome);
    }
  }

  private checkOutcome(call: CallSpec, outcome: Exclude<Outcome, { kind: 'blocks' }>): void {
    const { result } = call;
    if (result.kind === 'any') return;
    const text = (each: typeof outcome): string => (each.kind === 'value' ? String(each.value) : `-1 ${each.code}`);
    if (text(result) === text(outcome)) return;
    throw new DrillFailure(this.script, call.resultPlace, 'result', `${call.name} has returned something else`, [
      `  expected: ${text(result)}`,
      `  seen:     ${text(outcome)}`,
    ]);
  }

  private expectPacket(event: DrillEvent, spec: PacketSpec): void {
    const { time } = event;
    const base = time.kind === 'relative' ? this.previousUs : 0;
    const isAny = time.kind === 'any';
    const lastUs = isAny ? this.nowUs + LONGEST_WAIT_US : base + time.endUs + this.toleranceUs;
    this.link.collect();
    while (this.link.sent.length === 0 && this.nextStepUs() <= lastUs) this.stepTo(this.nextStepUs());
    const sent = this.link.sent.shift();
    if (sent === undefined) {
      this.stepTo(isAny ? this.nowUs : Math.max(this.nowUs, lastUs));
      throw new DrillFailure(this.script, event.place, 'packet', `no packet has come by ${seconds(this.nowUs)}`);
    }
    const atUs = sent.atUs - this.beginUs;
    this.flow.localPort = this.localPort;
    this.compare(spec, sent);
    if (!isAny && (atUs < base + time.startUs - this.toleranceUs || atUs > lastUs)) {
      throw this.wrongTime(
        event,
        'the packet came',
        { ...time, startUs: base + time.startUs, endUs: base + time.endUs },
        atUs,
      );
    }
    this.previousUs = isAny ? atUs : base + time.startUs;
  }

  private compare(spec: PacketSpec, sent: SentDatagram): void {
    const seen = this.decode(spec.places.get('packet')!, sent);
    const mismatch = comparePacket(spec, seen, this.flow, this.profile);
    if (mismatch === undefined) return;
    const place = spec.places.get(mismatch.field) ?? spec.places.get('packet')!;
    throw new DrillFailure(this.script, place, mismatch.field, `the packet differs in ${mismatch.field}`, [
      `  expected: ${mismatch.expected}`,
      `  seen:     ${mismatch.seen}   in  ${notationOf(seen, this.flow)}`,
    ]);
  }

  private decode(place: Place, { bytes }: SentDatagram): DecodedPacket {
    try {
      return decodePacket(bytes);
    } catch (error) {
      throw new DrillFailure(this.script, place, 'packet', `the packet is malformed: ${(error as Error).message}`);
    }
  }

  /** Nothing may be left: no packet, no call. */
  private finish(): void {
    for (const { untilUs } of [...this.blocked]) this.passTo(untilUs + this.toleranceUs + 1);
    this.host.settle();
    this.link.collect();
    const [left] = this.link.sent;
    if (left === undefined) return;
    const place = { line: this.script.lines.length, column: 1 };
    const seen = notationOf(this.decode(place, left), this.flow);
    const what = `a packet that the script does not expect, at ${seconds(left.atUs - this.beginUs)}: ${seen}`;
    throw new DrillFailure(this.script, place, 'extra', what);
  }

  private wrongTime(event: DrillEvent, what: string, { startUs, endUs }: DrillTime, atUs = this.nowUs): DrillFailure {
    const range = startUs === endUs ? seconds(startUs) : `${seconds(startUs)} to ${seconds(endUs)}`;
    return new DrillFailure(this.script, event.place, 'time', `${what} at ${seconds(atUs)}, which is the wrong time`, [
      `  expected: ${range}, give or take ${this.toleranceUs} us`,
      `  seen:     ${seconds(atUs)}`,
    ]);
  }
}

function seconds(us: number): string {
  return `${(us / 1e6).toFixed(6)} s`;
}
