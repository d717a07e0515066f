import { expect, test } from '@jest/globals';
import { type CableFrame, readPacket, withLan } from '@lunetta/testkit';
import { pattern, Reader } from './support.js';

test('an acknowledgment that is found as the timer expires counts: nothing is sent to probe for it', () =>
  withLan({ seed: 1 }, async (lan) => {
    const [a, b] = [lan.host('a', '10.0.0.1/24'), lan.host('b', '10.0.0.2/24')];
    const cable = lan.cable(a, b, { delay: '10ms' });
    let reader: Reader | undefined;
    b.stack.tcp.listen({ port: 80 }).onConnection = (connection) => (reader = new Reader(connection));
    const client = a.stack.tcp.connect({ address: '10.0.0.2', port: 80 });
    await lan.advance('1s');
    const frames: CableFrame[] = [];
    cable.observe((frame) => frames.push(frame));
    client.noDelay = true;
    client.write(pattern(2000));
    await lan.advance('1ms');
    // A stack that is busy elsewhere: it looks at its card again when the timer is due, long after the answer has come.
    const { queue } = a.iface.io;
    const [poll, arm] = [queue.poll.bind(queue), queue.arm.bind(queue)];
    queue.poll = () => 0;
    queue.arm = () => true;
    const probeUs = 2 * client.statistics().rttUs + 2000; // RFC 8985 section 7.2
    await lan.advance(probeUs - 1000 - 1);
    queue.poll = poll;
    queue.arm = arm;
    await lan.advance('1s');
    expect(a.stack.counters().tcp).toMatchObject({ tailLossProbes: 0, segmentsResent: 0 });
    const sent = frames.filter(({ isForward }) => isForward).map(({ bytes }) => readPacket(bytes));
    expect(sent.flatMap(({ tcp, payload }) => (tcp === undefined ? [] : payload.length))).toEqual([1448, 552]);
    client.close();
    reader!.connection.close();
    await lan.advance('2min');
  }));
