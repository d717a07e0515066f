import type { SocketErrorCode } from '../errors/socket-error.js';
import { TcpEvent, type ControlBlock } from './control-block.js';
import { giveBackDeadlines } from './schedule.js';
import { TcpState } from './tcp-state.js';

/** The connection has failed: nothing more is sent or received. What has come in order can still be read. */
export function fail(block: ControlBlock, code: SocketErrorCode): void {
  block.failure = code;
  finish(block);
}

/** The connection is over, for good (the CLOSED state). */
export function finish(block: ControlBlock): void {
  block.tcpState = TcpState.CLOSED;
  block.shared.forget(block);
  letGo(block);
}

/** Both sides have ended, and ours last: what is left is to answer for twice a segment's lifetime. */
export function enterTimeWait(block: ControlBlock): void {
  block.tcpState = TcpState.TIME_WAIT;
  block.shared.enterTimeWait(block);
  letGo(block);
}

/** The connection needs no more than what the application has yet to read. */
function letGo(block: ControlBlock): void {
  giveBackDeadlines(block);
  block.shared.memory.stopWaiting(block);
  block.sender.release();
  if (block.isDetached) block.receiver.release();
  else block.receiver.close();
  block.notify(TcpEvent.CLOSE | TcpEvent.READABLE);
}
