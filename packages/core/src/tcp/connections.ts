import { SocketError } from '../errors/socket-error.js';
import { DropReason } from '../link/drop-reason.js';
import type { Packet } from '../link/packet.js';
import type { LoopPort } from '../network/loop-port.js';
import type { NetworkLayer } from '../network/network-layer.js';
import type { NetworkError } from '../network/network-error.js';
import type { Path } from '../network/path.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import type { Timer } from '../time/timer.js';
import * as tcp from '../wire/tcp.js';
import { ActiveOpen, type ActiveOpenPort, type Ends } from './active-open.js';
import { AckArrival } from './ack-arrival.js';
import { fail } from './closing.js';
import { ConnectionCalls } from './connection-calls.js';
import { ConnectionTimers } from './connection-timers.js';
import { isSynchronized, type ControlBlock, type TcpShared } from './control-block.js';
import { Handshake } from './handshake.js';
import { Lending } from './lending.js';
import type { HalfOpen } from './listen/half-open.js';
import { InitialNumbers } from './listen/initial-numbers.js';
import { Listeners } from './listen/listeners.js';
import { PassiveOpen, type PassiveOpenPort } from './listen/passive-open.js';
import { Slots } from './listen/slots.js';
import { TcpListener, type ListenerPort } from './listen/tcp-listener.js';
import { RingMemory } from './ring-memory.js';
import { SharedPaths } from './shared-paths.js';
import { CONSUMED, SegmentArrival } from './segment-arrival.js';
import type { Segment } from './segment.js';
import { isBefore } from './sequence.js';
import { SegmentWriter } from './send/segment-writer.js';
import { Transmission } from './send/transmission.js';
import { TcpConnection } from './tcp-connection.js';
import { TcpCounter } from './tcp-counters.js';
import type { TcpLimits } from './tcp-limits.js';
import { TimeWaits } from './time-wait.js';

/** Every connection of the stack: finds them, makes them, lets them go; what they share. */
export class Connections implements TcpShared, ListenerPort, ActiveOpenPort, PassiveOpenPort {
  readonly memory: RingMemory;
  readonly lending: Lending<ControlBlock>;
  private readonly paths: SharedPaths;
  private readonly slots: Slots<TcpConnection>;
  private readonly listeners = new Listeners();
  private readonly writer: SegmentWriter;
  private readonly transmission: Transmission;
  private readonly handshake: Handshake;
  private readonly arrival: SegmentArrival;
  private readonly timeWaits: TimeWaits;
  private readonly active: ActiveOpen;
  private readonly passive: PassiveOpen;
  readonly calls: ConnectionCalls;
  /** Connections that something has happened to, to be looked at when the burst is over. */
  private readonly touched: (TcpConnection | undefined)[] = [];
  private touchedCount = 0;

  constructor(
    private readonly network: NetworkLayer,
    private readonly loop: LoopPort,
    private readonly time: StackTime,
    private readonly timers: TimerWheel,
    random: Random,
    readonly limits: TcpLimits,
    readonly counters: Float64Array,
  ) {
    this.memory = new RingMemory(limits.maxMemory, () => loop.wake());
    this.slots = new Slots(random);
    this.paths = new SharedPaths(random);
    const numbers = new InitialNumbers(random);
    const writer = new SegmentWriter(network, loop, counters);
    this.writer = writer;
    this.transmission = new Transmission(network, writer);
    this.handshake = new Handshake(network, writer);
    this.calls = new ConnectionCalls(this, loop, this.transmission);
    const refuse = (block: ControlBlock, segment: Segment): void => this.refuse(segment, block.path);
    this.arrival = new SegmentArrival(this.handshake, new AckArrival(), this.transmission, refuse);
    const connectionTimers = new ConnectionTimers(network, this.transmission, this.handshake);
    this.lending = new Lending(this.memory, time, timers, (block) => connectionTimers.expire(block));
    this.timeWaits = new TimeWaits(limits, time, timers, writer, counters, random);
    this.active = new ActiveOpen(limits, network, numbers, random, this.handshake, this);
    this.passive = new PassiveOpen(limits, network, writer, numbers, time, timers, counters, random, this);
  }

  get nowUs(): number {
    return this.time.nowUs;
  }

  gauges() {
    return {
      connections: this.slots.size,
      halfOpen: this.passive.size,
      timeWait: this.timeWaits.size,
      listeners: this.listeners.size,
      bufferBytes: this.memory.usedBytes,
    };
  }

  // ---- segments ----

  /** Brings a segment to its connection; its fate as in `SegmentArrival`. */
  arrive(segment: Segment, packet: Packet): number {
    const ports = (segment.remotePort << 16) | segment.localPort;
    const connection = this.slots.get(segment.remote, ports, segment.local);
    if (connection !== undefined) return this.arrival.arrive(connection, segment);
    const wasWaiting = this.timeWaits.size > 0 && this.timeWaits.has(segment.remote, ports, segment.local);
    if (wasWaiting) {
      const reason = this.timeWaits.arrive(segment);
      if (reason !== undefined) return reason;
    }
    const fate = this.passive.arrive(segment);
    if (fate !== undefined) return this.continueWith(segment, fate);
    return this.arriveForListener(segment, packet, wasWaiting ? this.timeWaits.lastSend : 0);
  }

  /** RFC 9293 sections 3.10.7.1 and 3.10.7.2. */
  private arriveForListener(segment: Segment, packet: Packet, after: number): number {
    const listener = this.listeners.find(segment.local, segment.localPort);
    if (segment.has(tcp.RST)) return DropReason['tcp.noPort'];
    if (listener !== undefined) {
      if (!segment.has(tcp.ACK)) {
        if (!segment.has(tcp.SYN) || segment.has(tcp.FIN)) return DropReason['tcp.noSyn'];
        return this.passive.open(listener, segment, packet, after, this.isFull);
      }
      const fate = segment.has(tcp.SYN) ? undefined : this.passive.takeCookie(listener, segment, packet);
      if (fate !== undefined) return this.continueWith(segment, fate);
    }
    const path = this.network.pathBack(packet);
    if (path !== undefined) this.refuse(segment, path);
    return listener === undefined ? DropReason['tcp.noPort'] : DropReason['tcp.badAck'];
  }

  private get isFull(): boolean {
    return this.slots.size + this.passive.size >= this.limits.maxConnections;
  }

  refuse(segment: Segment, path: Path): void {
    const { localPort, remotePort, ack, end } = segment;
    if (this.network.revalidate(path) !== undefined) return;
    if (segment.has(tcp.ACK)) this.writer.bare(path, localPort, remotePort, ack, 0, tcp.RST, 0);
    else this.writer.bare(path, localPort, remotePort, 0, end, tcp.RST | tcp.ACK, 0);
  }

  establish(halfOpen: HalfOpen, segment: Segment, isOnce: boolean): boolean {
    if (this.isFull) return false;
    const connection = this.create(halfOpen.path);
    connection.acceptor = halfOpen.listener;
    this.handshake.takeOver(connection, halfOpen, isOnce);
    this.add(connection);
    this.handshake.establish(connection, segment);
    connection.sender.windowSeq = (segment.seq - 1) | 0; // the window of this very segment counts
    this.counters[TcpCounter.accepted]++;
    return true;
  }

  /** The rest of a segment with which a connection was established. */
  private continueWith(segment: Segment, fate: number): number {
    if (fate !== CONSUMED) return fate;
    const ports = (segment.remotePort << 16) | segment.localPort;
    const connection = this.slots.get(segment.remote, ports, segment.local);
    return connection === undefined ? fate : this.arrival.arrive(connection, segment);
  }

  /** The connection between these that has `seq` under way: an error about anything else is a guess (RFC 5927 section 4.1). */
  senderOf(remote: number, ports: number, local: number, seq: number): TcpConnection | undefined {
    const connection = this.slots.get(remote, ports, local);
    if (connection === undefined) return undefined;
    const { una, next } = connection.sender;
    return isBefore(seq, una) || !isBefore(seq, next) ? undefined : connection;
  }

  /** The network tells of an error (RFC 9293 section 3.9.2.2). */
  networkError(connection: TcpConnection, { code, reporter }: NetworkError): void {
    this.touch(connection);
    if (code === 'EMSGSIZE') return this.transmission.shrink(connection);
    connection.soften(code);
    if (isSynchronized(connection.tcpState)) return;
    // Hard errors end what is not established yet; so does our own link, which finds nobody.
    if (code === 'ECONNREFUSED' || reporter === 0) fail(connection, code);
  }

  // ---- the end of a burst ----

  touch(block: ControlBlock): void {
    if (block.isTouched) return;
    block.isTouched = true;
    this.touched[this.touchedCount++] = block as TcpConnection;
    this.loop.wake();
  }

  /** Looks at every connection that something has happened to, and at those for which there is memory again. */
  settle(): void {
    for (let i = 0; i < this.touchedCount || this.memory.tellWaiter(); i++) {
      const connection = this.touched[i]!;
      this.touched[i] = undefined;
      try {
        connection.dispatch();
      } catch (error) {
        this.loop.raise(error);
      }
      if (connection.deadlines.isSynDue) this.handshake.resume(connection);
      this.transmission.transmit(connection);
      connection.isTouched = false;
      if (connection.hasNews) this.touch(connection);
    }
    if (this.touchedCount > 0) this.lending.used();
    this.touchedCount = 0;
  }

  arm(timer: Timer, deadlineUs: number): void {
    this.timers.arm(timer, deadlineUs);
  }

  cancel(timer: Timer): void {
    this.timers.cancel(timer);
  }

  // ---- the application ----

  listen(address: string | undefined, parsed: number, port: number, backlog: number): TcpListener {
    if (!this.listeners.isFree(parsed, port)) throw new SocketError('EADDRINUSE', 'listen', `port ${port} is taken`);
    const listener = new TcpListener(this, address, parsed, port, backlog);
    this.listeners.add(listener);
    this.loop.socketOpened();
    return listener;
  }

  forgetListener(listener: TcpListener): void {
    this.passive.forgetAll(listener);
    this.listeners.delete(listener);
    for (const connection of listener.queue.splice(0)) this.calls.abort(connection);
    for (const connection of this.slots.list()) if (connection.acceptor === listener) this.calls.abort(connection);
    this.loop.socketClosed();
  }

  /** See `Tcp.connect`. */
  connect(ends: Ends, timeoutMs: number): TcpConnection {
    if (this.isFull) throw new SocketError('ENOBUFS', 'connect', 'the setting is tcp.maxConnections');
    return this.active.open(ends, timeoutMs);
  }

  create(path: Path): TcpConnection {
    return new TcpConnection(this, this.paths.take(path));
  }

  isTaken(remote: number, ports: number, local: number): boolean {
    return this.slots.get(remote, ports, local) !== undefined || this.timeWaits.has(remote, ports, local);
  }

  add(connection: TcpConnection): void {
    const { path, remotePort, localPort } = connection;
    connection.slot = 0;
    this.slots.add(path.remote, (remotePort << 16) | localPort, path.local, connection);
    this.loop.socketOpened();
  }

  forget(block: ControlBlock): void {
    if (block.slot < 0) return;
    block.slot = -1;
    const { path, remotePort, localPort } = block;
    this.slots.delete(path.remote, (remotePort << 16) | localPort, path.local);
    this.paths.give(path);
    this.loop.socketClosed();
  }

  enterTimeWait(block: ControlBlock): void {
    this.forget(block);
    this.timeWaits.add(block);
  }

  guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.loop.raise(error);
    }
  }

  /** Ends all, for good. */
  closeAll(): void {
    for (const listener of this.listeners.list()) listener.close();
    for (const connection of this.slots.list()) this.calls.abort(connection);
    this.settle();
    this.timeWaits.close();
    this.lending.close();
  }
}
