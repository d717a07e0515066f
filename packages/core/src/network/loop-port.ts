/** The poll loop, as sockets see it. */
export interface LoopPort {
  /** The application calls, perhaps from outside a turn of the loop: brings the stack's time up to date. */
  enter(): void;
  /** Something was queued for sending: it goes out in this turn, or in the next one if none is under way. */
  wake(): void;
  /** A callback of the application's has thrown: the error goes to the host in a turn of its own; work goes on here. */
  raise(error: unknown): void;
  /** A socket was opened: while there are any, the process stays alive. */
  socketOpened(): void;
  /** A socket was closed. */
  socketClosed(): void;
}
