import type { TcpConnection } from 'lunetta';
import { ByteReader } from './byte-reader.js';
import { encodeJson, resultsOf, State, streamId, type Parameters, type StreamResult } from './protocol.js';
import { TestStream } from './test-stream.js';

/** A control message longer than this is none. */
const MAX_JSON_LENGTH = 65_536;
/** Streams of a test in one direction. */
const MAX_STREAMS = 128;
const DEFAULT_BLOCK = 131_072;

/** How a test went. */
export interface TestReport {
  readonly peer: string;
  readonly isReverse: boolean;
  readonly streams: readonly StreamResult[];
}

/** One test: a control connection and the streams that it asks for. */
export class Session {
  private readonly streams: TestStream[] = [];
  private readonly reader: ByteReader;
  private parameters: Parameters = {};
  private expected = 1;
  private startMs = 0;
  private seconds = 0;
  private isOver = false;

  /**
   * @param cookie what names the test
   * @param nowMs a clock in milliseconds
   * @param onEnd called once, with the report if the test came to its end, else with what went wrong
   */
  constructor(
    private readonly control: TcpConnection,
    private readonly cookie: string,
    private readonly nowMs: () => number,
    private readonly onEnd: (report: TestReport | Error) => void,
  ) {
    control.noDelay = true;
    this.reader = new ByteReader(control, () => this.end(new Error('the client has gone')));
    control.onClose = () => this.end(new Error('the client has gone'));
    this.say(State.PARAM_EXCHANGE);
    this.readJson((value) => this.begin(value as Parameters));
  }

  /** True if a connection with this cookie is a stream that is waited for. */
  isWaitingFor(cookie: string): boolean {
    return cookie === this.cookie && this.streams.length < this.expected;
  }

  /** Takes a stream; once all are there, the test runs. */
  addStream(connection: TcpConnection): void {
    const index = this.streams.length;
    const { reverse = false, bidirectional = false } = this.parameters;
    // Of both directions the client's own streams come first.
    const isSender = bidirectional ? index >= this.expected / 2 : reverse;
    if (this.parameters.nodelay === true) connection.noDelay = true;
    this.streams.push(new TestStream(connection, streamId(index), isSender));
    if (this.streams.length < this.expected) return;
    this.say(State.TEST_START);
    this.say(State.TEST_RUNNING);
    this.startMs = this.nowMs();
    const block = new Uint8Array(Math.max(1, Math.min(this.parameters.len ?? DEFAULT_BLOCK, 1 << 20)));
    for (const stream of this.streams) stream.start(block);
    this.awaitState();
  }

  private begin(parameters: Parameters): void {
    const { udp = false, parallel = 1, bidirectional = false } = parameters;
    if (udp || !(parallel >= 1) || parallel > MAX_STREAMS) {
      this.control.abort();
      return this.end(new Error(udp ? 'the client asks for UDP, here is TCP only' : `${parallel} streams`));
    }
    this.parameters = parameters;
    this.expected = bidirectional ? 2 * parallel : parallel;
    this.say(State.CREATE_STREAMS);
  }

  /** What the client says next of how the test goes on. */
  private awaitState(): void {
    this.reader.next(1, ([byte]) => {
      const state: State = byte;
      switch (state) {
        case State.TEST_END:
          this.seconds = (this.nowMs() - this.startMs) / 1000;
          for (const stream of this.streams) stream.stop();
          this.say(State.EXCHANGE_RESULTS);
          return this.readJson(() => this.tellResults());
        case State.IPERF_DONE:
          return this.end(this.report());
        case State.CLIENT_TERMINATE:
          return this.end(new Error('the client has stopped the test'));
        default:
          return this.end(new Error(`the client says ${state}, which means nothing here`));
      }
    });
  }

  private tellResults(): void {
    const isSender = this.parameters.reverse === true || this.parameters.bidirectional === true;
    this.control.write(encodeJson(resultsOf(this.report().streams, isSender)));
    this.say(State.DISPLAY_RESULTS);
    this.awaitState();
  }

  private report(): TestReport {
    return {
      peer: `${this.control.remoteAddress}:${this.control.remotePort}`,
      isReverse: this.parameters.reverse === true,
      streams: this.streams.map((stream) => stream.result(this.seconds)),
    };
  }

  private readJson(done: (value: unknown) => void): void {
    this.reader.next(4, (bytes) => {
      const length = new DataView(bytes.buffer).getUint32(0);
      if (length > MAX_JSON_LENGTH) return this.end(new Error(`a control message of ${length} bytes`));
      this.reader.next(length, (text) => {
        try {
          done(JSON.parse(new TextDecoder().decode(text)));
        } catch (error) {
          this.end(error as Error);
        }
      });
    });
  }

  private say(state: State): void {
    this.control.write(Uint8Array.of(state));
  }

  private end(outcome: TestReport | Error): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const stream of this.streams) stream.close();
    this.control.onClose = undefined;
    this.control.close();
    this.onEnd(outcome);
  }
}
