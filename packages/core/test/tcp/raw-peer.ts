import type { StackSettings, TcpConnection } from '@lunetta/core';
import { ethernet, StackLab, type TcpValues } from '@lunetta/testkit';

const PORT = 80;
const PEER_PORT = 5000;

/** A connection between a stack and the test, which sends its segments one by one. */
export class RawPeer {
  readonly lab: StackLab;
  readonly connection: TcpConnection;
  /** The test's next sequence number, and the stack's. */
  seq = 1001;
  ack: number;

  constructor(settings: StackSettings = {}) {
    this.lab = new StackLab({ settings });
    this.lab.befriend();
    let accepted: TcpConnection | undefined;
    this.lab.stack.tcp.listen({ port: PORT }).onConnection = (connection) => (accepted = connection);
    const [answer] = this.lab.ask(this.segment({ seq: 1000, flags: ['SYN'], options: [{ mss: 1000 }] }));
    this.ack = (answer.tcp!.seq + 1) >>> 0;
    this.send({});
    this.connection = accepted!;
  }

  /** A segment from the test: what is not given is an ACK of everything. */
  segment(fields: Partial<TcpValues>, payload = '') {
    const around = { srcPort: PEER_PORT, dstPort: PORT, seq: this.seq, ack: this.ack };
    return ethernet()
      .ipv4()
      .tcp({ ...around, ...fields })
      .payload(payload);
  }

  /** Sends a segment, and counts its text as sent; what the stack answers at once. */
  send(fields: Partial<TcpValues>, payload = '') {
    const answers = this.lab.ask(this.segment(fields, payload));
    this.seq += payload.length;
    return answers;
  }
}
