import type { SocketErrorCode } from '../errors/socket-error.js';
import { ConnectionOptions } from './connection-options.js';
import { TcpEvent } from './control-block.js';
import { TcpState } from './tcp-state.js';

/** What {@link TcpConnection.read} gives when nothing more will come. */
export const END_OF_STREAM = -1;

/** Who is handed a connection that a peer has opened: its listener. */
export interface Acceptor {
  offer(connection: TcpConnection): void;
}

/**
 * A TCP connection, made by `stack.tcp.connect` or by a listener. Reading and writing never block: {@link read} and
 * {@link write} move what can be moved, and a callback tells when there is more. A callback that is set late is called
 * for what has happened before, so that no wake-up is lost.
 */
export class TcpConnection extends ConnectionOptions {
  /** @internal The listener that it is yet to be handed to. */
  acceptor: Acceptor | undefined = undefined;
  private connectHandler: (() => void) | undefined = undefined;
  private readableHandler: (() => void) | undefined = undefined;
  private writableHandler: (() => void) | undefined = undefined;
  private urgentHandler: (() => void) | undefined = undefined;
  private softErrorHandler: ((code: SocketErrorCode) => void) | undefined = undefined;
  private closeHandler: ((error: SocketErrorCode | undefined) => void) | undefined = undefined;

  /** Called once the connection is established. */
  get onConnect(): (() => void) | undefined {
    return this.connectHandler;
  }

  set onConnect(handler: (() => void) | undefined) {
    this.connectHandler = handler;
    this.redeliver(TcpEvent.CONNECT);
  }

  /** Called when there is something to read, or the stream has ended: once for all that came in a burst. */
  get onReadable(): (() => void) | undefined {
    return this.readableHandler;
  }

  set onReadable(handler: (() => void) | undefined) {
    this.readableHandler = handler;
    if (this.readableLength > 0 || this.isReadEnded) this.events |= TcpEvent.READABLE;
    this.redeliver(TcpEvent.READABLE);
  }

  /** Called when there is room again after {@link write} took less than it was given. */
  get onWritable(): (() => void) | undefined {
    return this.writableHandler;
  }

  set onWritable(handler: (() => void) | undefined) {
    this.writableHandler = handler;
    this.redeliver(TcpEvent.WRITABLE);
  }

  /** Called when the peer marks text as urgent, or more of it (RFC 9293 section 3.8.5); it comes in its place like all other. */
  get onUrgent(): (() => void) | undefined {
    return this.urgentHandler;
  }

  set onUrgent(handler: (() => void) | undefined) {
    this.urgentHandler = handler;
    this.redeliver(TcpEvent.URGENT);
  }

  /**
   * Called with what the connection may survive (RFC 9293 section 3.9.1.8): the network reports an error
   * (`EHOSTUNREACH`, `ENETUNREACH`, ...), or the peer has not answered three times (`ETIMEDOUT`).
   */
  get onSoftError(): ((code: SocketErrorCode) => void) | undefined {
    return this.softErrorHandler;
  }

  set onSoftError(handler: ((code: SocketErrorCode) => void) | undefined) {
    this.softErrorHandler = handler;
    this.redeliver(TcpEvent.SOFT_ERROR);
  }

  /**
   * Called once when the connection is over: without an error once both sides have ended and all was acknowledged; else
   * with `ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, `EHOSTUNREACH`, `ENETUNREACH`, `ECONNABORTED` (by {@link abort}).
   * What has come in order before can still be read, and holds memory until then, or until {@link close}.
   */
  get onClose(): ((error: SocketErrorCode | undefined) => void) | undefined {
    return this.closeHandler;
  }

  set onClose(handler: ((error: SocketErrorCode | undefined) => void) | undefined) {
    this.closeHandler = handler;
    this.redeliver(TcpEvent.CLOSE);
  }

  /** Bytes that can be read now. */
  get readableLength(): number {
    return this.receiver.ring.length;
  }

  /** Bytes from the next one to read to the end of what the peer has marked as urgent; 0: nothing urgent is left. */
  get urgentLength(): number {
    return this.receiver.urgentLength;
  }

  /** True once all that the peer sent was read and it has ended, or the connection is over. */
  get isReadEnded(): boolean {
    if (this.receiver.ring.length > 0) return false;
    return this.receiver.isFinished || this.tcpState === TcpState.CLOSED || this.tcpState === TcpState.TIME_WAIT;
  }

  /** Bytes that {@link write} would take now. */
  get writableLength(): number {
    return this.isWriteEnded ? 0 : this.sender.room;
  }

  /** Bytes written that the peer has not acknowledged. */
  get bufferedLength(): number {
    return this.sender.ring.length;
  }

  /** True after {@link end}, or once the connection is over. */
  get isWriteEnded(): boolean {
    return this.sender.isEnded || this.tcpState === TcpState.CLOSED || this.tcpState === TcpState.TIME_WAIT;
  }

  /**
   * Writes a copy of `bytes` from `from` on, as much as there is room for; it leaves in this turn of the event loop or
   * the next. If not all was taken, {@link onWritable} tells when there is room. Before the connection is established
   * it is kept.
   *
   * @returns bytes taken, 0 or more; -1 if nothing can be written any more: after {@link end}, or see {@link error}
   */
  write(bytes: Uint8Array, from = 0): number {
    if (this.isWriteEnded) return -1;
    const { sender } = this;
    const { room } = sender;
    const ring = sender.openRing();
    const wanted = bytes.length - from;
    const length = ring.reserveMost(ring.length + Math.min(wanted, room)) - ring.length;
    if (length < wanted) this.isWriteBlocked = true;
    if (length <= 0) {
      if (ring.length > 0) return 0;
      sender.closeRing();
      if (room > 0 && wanted > 0) this.shared.memory.waitFor(this); // no acknowledgment will come
      return 0;
    }
    ring.write(ring.length, bytes, from, length);
    ring.length += length;
    this.shared.calls.enter();
    this.shared.touch(this);
    return length;
  }

  /**
   * Takes what can be read into `target`.
   *
   * @returns bytes read; 0: nothing there now; {@link END_OF_STREAM}: the peer has ended, or the connection is over
   */
  read(target: Uint8Array): number {
    const length = Math.min(target.length, this.receiver.ring.length);
    if (length === 0) return this.isReadEnded ? END_OF_STREAM : 0;
    this.receiver.ring.copyOut(0, length, target, 0);
    this.consume(length);
    return length;
  }

  /** The next bytes to read, as far as they lie in one piece: a view, valid until {@link consume} or the end of the callback. */
  peek(): Uint8Array {
    return this.receiver.ring.peek();
  }

  /** Takes `length` bytes that {@link peek} has shown. */
  consume(length: number): void {
    const { receiver, sender, shared } = this;
    receiver.ring.drop(Math.min(length, receiver.ring.length));
    receiver.consumed(length, sender.rtt.smoothedUs, shared.nowUs);
    receiver.trim();
    if (this.deadlines === shared.lending.noDeadlines) receiver.rest(); // no timer will do it
    if (receiver.isWindowUpdateDue) {
      this.shared.calls.enter();
      receiver.isAckDue = true;
      shared.touch(this);
    }
  }

  /** Ends our stream: what was written is still sent, then the FIN. Reading goes on. Idempotent. */
  end(): void {
    this.shared.calls.end(this);
  }

  /**
   * Ends both ways: what was written is still sent and the connection closed in order; what the peer still sends is
   * refused with a reset, as is what was not read. No callback but {@link onClose} comes any more.
   */
  close(): void {
    this.shared.calls.close(this);
  }

  /** Ends the connection at once with a reset; what was not sent is lost. */
  abort(): void {
    this.shared.calls.abort(this);
  }

  dispatch(): void {
    const { acceptor } = this;
    if (acceptor !== undefined) {
      this.acceptor = undefined;
      acceptor.offer(this);
    }
    if (this.take(TcpEvent.CONNECT, this.connectHandler)) this.connectHandler!();
    if (this.take(TcpEvent.READABLE, this.readableHandler)) this.readableHandler!();
    if (this.take(TcpEvent.WRITABLE, this.writableHandler)) this.writableHandler!();
    if (this.take(TcpEvent.URGENT, this.urgentHandler)) this.urgentHandler!();
    if (this.take(TcpEvent.SOFT_ERROR, this.softErrorHandler) && this.softError !== undefined) {
      this.softErrorHandler!(this.softError);
    }
    if (this.take(TcpEvent.CLOSE, this.closeHandler)) this.closeHandler!(this.failure);
  }

  /** @internal True if there is somebody to be told of what has happened. */
  get hasNews(): boolean {
    const { events } = this;
    return (
      this.acceptor !== undefined ||
      ((events & TcpEvent.CONNECT) !== 0 && this.connectHandler !== undefined) ||
      ((events & TcpEvent.READABLE) !== 0 && this.readableHandler !== undefined) ||
      ((events & TcpEvent.WRITABLE) !== 0 && this.writableHandler !== undefined) ||
      ((events & TcpEvent.URGENT) !== 0 && this.urgentHandler !== undefined) ||
      ((events & TcpEvent.SOFT_ERROR) !== 0 && this.softErrorHandler !== undefined) ||
      ((events & TcpEvent.CLOSE) !== 0 && this.closeHandler !== undefined)
    );
  }

  /** True if the event has happened and somebody waits for it; then it counts as told. */
  private take(event: TcpEvent, handler: object | undefined): boolean {
    if ((this.events & event) === 0 || handler === undefined) return false;
    this.events &= ~event;
    return !this.isDetached || event === TcpEvent.CLOSE;
  }

  private redeliver(event: TcpEvent): void {
    if ((this.events & event) !== 0) this.shared.touch(this);
  }
}
