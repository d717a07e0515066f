import { ethernet, ipv4, type PacketBuilder, SeededRandom, StackLab } from '@lunetta/testkit';

const { PEER_IP, STACK_IP } = StackLab;
const INTERESTING = [0, 1, 4, 7, 8, 0x14, 0x3f, 0x40, 0x45, 0x4f, 0x7f, 0x80, 0xfe, 0xff];

/** Makes frames that are nearly right: valid ones of every kind that the stack knows, with some bytes changed. */
export class FrameFuzzer {
  protected readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  /** The next frame. */
  frame(): Uint8Array {
    const { random } = this;
    const frame = this.valid().bytes();
    const changes = random.chance(0.2) ? 0 : 1 + random.below(4);
    for (let i = 0; i < changes; i++) {
      // Most changes fall into the headers.
      const at = random.below(random.chance(0.9) ? Math.min(frame.length, 62) : frame.length);
      frame[at] = random.chance(0.5) ? INTERESTING[random.below(INTERESTING.length)] : random.int32();
    }
    if (random.chance(0.5)) this.mendChecksum(frame);
    if (random.chance(0.15)) return frame.subarray(0, 14 + random.below(frame.length - 13));
    return frame;
  }

  /** A valid frame to be changed. */
  protected valid(): PacketBuilder {
    const { random } = this;
    const src = random.chance(0.7) ? PEER_IP : `10.0.0.${2 + random.below(250)}`;
    const payload = Uint8Array.from({ length: random.chance(0.9) ? random.below(80) : random.below(1400) }, () => 65);
    const ports = { srcPort: 1 + random.below(9), dstPort: [7, 8, 9, 10, 11][random.below(5)] };
    const options = new Uint8Array(random.chance(0.2) ? 4 * random.below(11) : 0);
    for (let i = 0; i < options.length; i++) {
      options[i] = random.chance(0.5) ? [0, 1, 7, 68, 131, 137, 148][random.below(7)] : random.below(44);
    }
    switch (random.below(7)) {
      case 0:
        return ethernet().arp({ operation: 1 + random.below(2), senderIp: src });
      case 1:
        return ethernet()
          .ipv4({ src, protocol: 1, options })
          .payload(this.icmp(payload, random.chance(0.5) ? 8 : 0));
      case 2:
        return ethernet()
          .ipv4({ src, protocol: 1 })
          .payload(this.icmp(this.quoted(ports), [3, 4, 5, 11, 12][random.below(5)]));
      case 3:
        return ethernet({ dst: 'ff:ff:ff:ff:ff:ff' }).ipv4({ src, dst: '10.0.0.255' }).udp(ports).payload(payload);
      default:
        return ethernet().ipv4({ src, options }).udp(ports).payload(payload);
    }
  }

  private icmp(rest: Uint8Array, type: number): Uint8Array {
    const message = new Uint8Array(8 + rest.length);
    message.set([type, this.random.below(5), 0, 0, this.random.int32(), 0, 0, 1]);
    message.set(rest, 8);
    sum(message, 0, message.length, 2);
    return message;
  }

  /** A datagram of ours, as an error quotes it. */
  private quoted({ srcPort, dstPort }: { srcPort: number; dstPort: number }): Uint8Array {
    const ports = { srcPort: dstPort, dstPort: srcPort };
    const datagram = ipv4({ src: STACK_IP, dst: PEER_IP }).udp(ports).payload(new Uint8Array(4));
    return datagram.bytes().subarray(0, this.random.chance(0.8) ? 28 : this.random.below(33));
  }

  /** Makes the IPv4 header's checksum right, so that the frame gets further. */
  private mendChecksum(frame: Uint8Array): void {
    const end = 14 + ((frame[14] & 15) << 2);
    if (frame[12] !== 8 || frame[13] !== 0 || end > frame.length || end < 34) return;
    sum(frame, 14, end, 24);
  }
}

/** Writes the Internet checksum of `[at, end)` at `fieldAt`. */
function sum(bytes: Uint8Array, at: number, end: number, fieldAt: number): void {
  bytes[fieldAt] = bytes[fieldAt + 1] = 0;
  let total = 0;
  for (let i = at; i < end; i++) total += (i - at) % 2 === 0 ? bytes[i] << 8 : bytes[i];
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  bytes[fieldAt] = (~total & 0xffff) >> 8;
  bytes[fieldAt + 1] = ~total & 0xff;
}

/** Sockets of every kind on ports 7 to 10: echo, queue, connected, thrower of nothing but replies of other lengths. */
export function openSockets(lab: StackLab): void {
  const [echo, queue, connected, odd] = [7, 8, 9, 10].map((port) => {
    const socket = lab.stack.udp.open();
    socket.bind({ port });
    return socket;
  });
  echo.onDatagram = (datagram) => datagram.reply();
  queue.receiveBufferSize = 10_000;
  connected.connect(PEER_IP, 5);
  connected.onError = () => connected.send(Uint8Array.of(1));
  odd.onDatagram = (datagram) => {
    const { length } = datagram;
    if (length % 3 === 0) datagram.retain()?.release();
    else if (length % 3 === 1) datagram.reply(Math.min(length * 2, 1472));
    else odd.send(datagram.copy().bytes, datagram.remoteAddress, Math.max(1, datagram.remotePort));
  };
}
