import type { LoopPort } from '../network/loop-port.js';
import { fail } from './closing.js';
import { isSynchronized, type ConnectionPort, type ControlBlock, type TcpShared } from './control-block.js';
import { deadlinesOf } from './schedule.js';
import type { Transmission } from './send/transmission.js';
import { TcpState } from './tcp-state.js';

/** The calls with which an application ends a connection (RFC 9293 sections 3.10.4 and 3.10.5). */
export class ConnectionCalls implements ConnectionPort {
  constructor(
    private readonly shared: TcpShared,
    private readonly loop: LoopPort,
    private readonly transmission: Transmission,
  ) {}

  enter(): void {
    this.loop.enter();
  }

  end(connection: ControlBlock): void {
    const { sender } = connection;
    if (sender.isEnded || connection.slot < 0) return;
    this.loop.enter();
    sender.isEnded = true;
    if (connection.tcpState === TcpState.ESTABLISHED) connection.tcpState = TcpState.FIN_WAIT_1;
    else if (connection.tcpState === TcpState.CLOSE_WAIT) connection.tcpState = TcpState.LAST_ACK;
    this.shared.touch(connection);
  }

  close(connection: ControlBlock): void {
    if (connection.isDetached) return;
    connection.isDetached = true;
    if (connection.slot < 0) return connection.receiver.release();
    // What was not read is lost, and the peer is told so (RFC 9293 section 3.6.1, RFC 2525 section 2.17).
    if (!isSynchronized(connection.tcpState) || connection.receiver.ring.length > 0) return this.abort(connection);
    this.end(connection);
    if (connection.tcpState !== TcpState.FIN_WAIT_2) return;
    deadlinesOf(connection).aliveAtUs = this.shared.nowUs + this.shared.limits.finWaitMs * 1000;
    this.shared.touch(connection);
  }

  abort(connection: ControlBlock): void {
    if (connection.slot < 0) return connection.receiver.release(); // it is over; what was not read is not wanted
    this.loop.enter();
    if (isSynchronized(connection.tcpState) || connection.tcpState === TcpState.SYN_RECEIVED) {
      this.transmission.reset(connection);
    }
    connection.isDetached = true;
    fail(connection, 'ECONNABORTED');
  }
}
