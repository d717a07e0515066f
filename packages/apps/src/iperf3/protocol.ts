/** What iperf3 (esnet/iperf) says on its control connection: single bytes of state, and JSON after its length. */
export const IPERF3_PORT = 5201;
/** A text that names a test: 36 characters and a zero, first on every connection. */
export const COOKIE_LENGTH = 37;

export enum State {
  TEST_START = 1,
  TEST_RUNNING = 2,
  TEST_END = 4,
  PARAM_EXCHANGE = 9,
  CREATE_STREAMS = 10,
  SERVER_TERMINATE = 11,
  CLIENT_TERMINATE = 12,
  EXCHANGE_RESULTS = 13,
  DISPLAY_RESULTS = 14,
  IPERF_DONE = 16,
}
/** A test is under way already; as a signed byte -1. */
export const ACCESS_DENIED = 0xff;

/** What a client asks for, as far as it matters here. */
export interface Parameters {
  readonly udp?: boolean;
  readonly parallel?: number;
  readonly reverse?: boolean;
  readonly bidirectional?: boolean;
  readonly len?: number;
  readonly nodelay?: boolean;
}

/** Bytes and times of a stream, as both sides tell each other at the end. */
export interface StreamResult {
  readonly id: number;
  readonly bytes: number;
  readonly retransmits: number;
  readonly seconds: number;
}

/** The number that iperf3 gives its stream `index`: 1, 3, 4, 5, ... */
export function streamId(index: number): number {
  return index === 0 ? 1 : index + 2;
}

/** JSON after its length, four bytes, most significant first. */
export function encodeJson(value: unknown): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(value));
  const bytes = new Uint8Array(4 + text.length);
  new DataView(bytes.buffer).setUint32(0, text.length);
  bytes.set(text, 4);
  return bytes;
}

/** The results of a side. */
export function resultsOf(streams: readonly StreamResult[], isSender: boolean): object {
  return {
    cpu_util_total: 0,
    cpu_util_user: 0,
    cpu_util_system: 0,
    sender_has_retransmits: isSender ? 1 : -1,
    congestion_used: 'cubic',
    streams: streams.map(({ id, bytes, retransmits, seconds }) => ({
      ...{ id, bytes, retransmits: isSender ? retransmits : -1, jitter: 0, errors: 0, omitted_errors: 0 },
      ...{ packets: 0, omitted_packets: 0, start_time: 0, end_time: seconds },
    })),
  };
}
