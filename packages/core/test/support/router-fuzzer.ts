import { Verdict, type FilteredDatagram } from '@lunetta/core';
import { ethernet, type PacketBuilder } from '@lunetta/testkit';
import { FrameFuzzer } from './frame-fuzzer.js';
import type { RouterLab } from './router-lab.js';

const VLAN = 10;
const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const;
const GROUP = '232.1.1.1';
const DATAGRAM_PROTOCOL = 253;
/** Behind the router, on its own links, nowhere, and groups. */
const DESTINATIONS = ['10.0.1.2', '10.0.1.77', '10.0.10.2', '10.0.1.255', '10.0.0.2', '192.0.2.1', GROUP, '127.0.0.1'];

/** As {@link FrameFuzzer}, of frames that a router has to do with. */
export class RouterFuzzer extends FrameFuzzer {
  protected override valid(): PacketBuilder {
    const { random } = this;
    const payload = new Uint8Array(random.chance(0.7) ? random.below(80) : random.below(1400));
    const dst = DESTINATIONS[random.below(DESTINATIONS.length)];
    const fields = {
      ...{ dst, ttl: random.chance(0.8) ? 64 : random.below(3), dontFragment: random.chance(0.3) },
      ...(random.chance(0.2) ? { moreFragments: random.chance(0.5), fragmentOffset: 8 * random.below(80) } : {}),
    };
    const id = random.chance(0.8) ? VLAN : random.below(4096);
    switch (random.below(8)) {
      case 0:
        return ethernet({ type: 0x8100 }).vlan({ id }).ipv4({ src: '10.0.10.2', dst }).udp().payload(payload);
      case 1:
        return ethernet({ type: 0x88a8 }).vlan({ id, type: 0x8100 }).vlan({ id }).ipv4({ dst }).udp();
      case 2:
        return ethernet()
          .ipv4({ ...fields, protocol: DATAGRAM_PROTOCOL })
          .payload(payload);
      case 3:
        return ethernet({ dst: '01:00:5e:00:00:01' })
          .ipv4({ dst: '224.0.0.1', ttl: 1, protocol: 2, options: Uint8Array.of(0x94, 4, 0, 0) })
          .payload(this.igmp());
      case 4:
        return ethernet()
          .ipv4({ dst: random.chance(0.5) ? '10.0.0.1' : dst })
          .tcp({ dstPort: 80, flags: TCP_FLAGS.filter(() => random.chance(0.25)) })
          .payload(payload);
      case 5:
      case 6:
        return ethernet().ipv4(fields).udp().payload(payload);
      default:
        return super.valid();
    }
  }

  /** A message of IGMP, of which some are right. */
  private igmp(): Uint8Array {
    const { random } = this;
    const message = new Uint8Array([8, 12, 16][random.below(3)]);
    message[0] = [0x11, 0x12, 0x16, 0x17, 0x22][random.below(5)];
    message[1] = random.below(256);
    if (random.chance(0.5)) message.set([232, 1, 1, 1], 4);
    if (message.length > 8) message[11] = (message.length - 12) / 4;
    let sum = 0;
    for (let i = 0; i < message.length; i += 2) sum += (message[i] << 8) | message[i + 1];
    sum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
    message.set([sum >> 8, sum & 255], 2);
    return message;
  }
}

/** A VLAN, functions in every hook of the filter, raw sockets, a group, a server of TCP. */
export function openRouterSockets({ stack }: RouterLab): void {
  const [side] = stack.interfaces;
  stack.addVlan(side, { name: 'vlan', id: VLAN, addresses: ['10.0.10.1/24'] });
  for (const hook of ['input', 'output', 'forward'] as const) stack.filter.add(hook, judge);
  const datagrams = stack.raw.openProtocol(DATAGRAM_PROTOCOL);
  datagrams.onPacket = ({ bytes }) => void datagrams.send(bytes.subarray(20), '10.0.0.2');
  stack.raw.openFrames().onPacket = () => undefined;
  stack.raw.openFrames(0x8100); // whose queue fills up
  const echo = stack.udp.open();
  echo.onDatagram = (datagram) => datagram.reply();
  echo.bind({ port: 7 });
  echo.joinGroup(GROUP, { interface: side.name });
  stack.tcp.listen({ port: 80 });
}

/** Looks at everything, changes some, drops and rejects some. */
function judge(datagram: FilteredDatagram): Verdict {
  const { sourcePort, destinationPort, ttl, length, tcpFlags, icmpType, isFragment, payload } = datagram;
  if (payload.length > length) throw new Error('more payload than datagram');
  if (ttl > 60) datagram.ttl = ttl - 1;
  if (sourcePort === 3) datagram.sourcePort = 4;
  if (destinationPort === 8) datagram.destination = '10.0.1.3';
  if (icmpType === 5 || tcpFlags === 3) return Verdict.DROP;
  return isFragment && length % 7 === 0 ? Verdict.REJECT : Verdict.PASS;
}
