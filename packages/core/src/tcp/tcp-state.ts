/** The states of a connection (RFC 9293 section 3.3.2), in an order in which they can be compared. */
export enum TcpState {
  CLOSED,
  SYN_SENT,
  SYN_RECEIVED,
  ESTABLISHED,
  CLOSE_WAIT,
  FIN_WAIT_1,
  FIN_WAIT_2,
  CLOSING,
  LAST_ACK,
  TIME_WAIT,
}

/** The name of a state. */
export type TcpStateName = keyof typeof TcpState;
