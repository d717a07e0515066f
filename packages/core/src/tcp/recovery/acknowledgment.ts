/** An acknowledgment as loss recovery sees it; there is one object for all. */
export interface Acknowledgment {
  /** SND.UNA before and after it, SND.NXT. */
  before: number;
  una: number;
  next: number;
  /** SACK blocks, as in `TcpOptions`. */
  blocks: Int32Array;
  blockCount: number;
  /** A duplicate ACK by RFC 5681 section 2. */
  isDuplicate: boolean;
  /** The round trip that its timestamp shows, microseconds; 0 if it has none. */
  echoUs: number;
  /** The timestamp that it echoes, and whether there is one. */
  echo: number;
  hasEcho: boolean;
  nowUs: number;
}
