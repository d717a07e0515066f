/** What a call came to: its value, its error, or that it waits. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'blocks' };

/** An address as a call names it; undefined for `...`: the script's own. */
export interface NamedAddress {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** A datagram or piece of a stream that was received. */
export interface ReceiveRequest {
  readonly length: number;
  /** `MSG_` bits. */
  readonly flags: number;
}

/** A socket of a script. TCP and UDP each bring one; what a kind of socket does not do answers `EOPNOTSUPP`. */
export interface DrillSocket {
  /** Whether calls return `EAGAIN` instead of waiting. */
  nonBlocking: boolean;
  /** The port that it sends from; 0 if none yet. */
  readonly localPort: number;
  bind(to: NamedAddress): Outcome;
  connect(to: NamedAddress): Outcome;
  listen(backlog: number): Outcome;
  /** The socket of the connection, or the outcome if there is none. */
  accept(): DrillSocket | Outcome;
  /** `how` is one of `SHUT_`. */
  shutdown(how: number): Outcome;
  send(payload: Uint8Array, to: NamedAddress | undefined, flags: number): Outcome;
  /** On `value`, {@link receivedFlags} tells more. */
  receive(request: ReceiveRequest): Outcome;
  /** `msg_flags` of the last {@link receive}. */
  readonly receivedFlags: number;
  /** Sets an option; `level` and `option` by their names. */
  setOption(level: number, option: number, value: number): Outcome;
  getOption(level: number, option: number): number | undefined;
  /** `POLL` bits that hold now. */
  readonly readiness: number;
  close(): void;
}

/** Makes the sockets of a script. */
export interface SocketMaker {
  /** @returns undefined for a type that it does not make */
  open(type: number): DrillSocket | undefined;
}
