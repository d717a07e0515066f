import { afterEach, describe, expect, test } from '@jest/globals';
import { ethernet, StackLab } from '@lunetta/testkit';
import '@lunetta/testkit/jest';

let lab: StackLab;
afterEach(() => lab.close());

const HELLO = new TextEncoder().encode('hello');

describe('UDP echo', () => {
  test('a datagram comes back from the port it was sent to, with its bytes', () => {
    lab = new StackLab();
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => {
      expect(datagram.reply()).toBeUndefined();
    };
    lab.introduce();
    const [first] = lab.exchange(ethernet().ipv4().udp({ srcPort: 5000, dstPort: 7 }).payload(HELLO));
    // The stack has our address from our request, unconfirmed: it asks for it once more, after the answer.
    const echo = ethernet({ padding: new Uint8Array(0) })
      .ipv4()
      .udp({ srcPort: 7, dstPort: 5000 });
    expect(first).toMatchPacket(echo.payload(HELLO));
  });

  test('a datagram from a stranger is answered once ARP has found him', () => {
    lab = new StackLab();
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => void datagram.reply();
    const [request] = lab.exchange(ethernet().ipv4().udp({ srcPort: 5000, dstPort: 7 }).payload(HELLO));
    expect(request).toMatchPacket(ethernet().arp({ operation: 'request', targetIp: StackLab.PEER_IP }));
  });
});

test('an ICMP echo request comes back as a reply with its data', () => {
  lab = new StackLab();
  lab.introduce();
  const data = Uint8Array.from({ length: 56 }, (_, i) => i);
  const frames = lab.exchange(ethernet().ipv4().icmp({ rest: 0x12345678 }).payload(data));
  const reply = ethernet().ipv4().icmp({ type: 'echo_reply', code: 0, rest: 0x12345678 }).payload(data);
  expect(frames).toContainPacket(reply, 1);
  expect(frames.find((frame) => frame[13] === 0)).toHaveLength(14 + 20 + 8 + 56);
});
