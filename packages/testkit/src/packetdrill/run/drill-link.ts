import { macAddress, Stack, type NetworkInterface, type StackSettings } from '@lunetta/core';
import { TestStack } from '../../conformance/test-stack.js';
import { createMemoryCable, type MemoryCable } from '../../memory/memory-cable.js';
import { ethernet } from '../../packets/packet-builder.js';
import type { VirtualHost } from '../../virtual/virtual-host.js';

const STACK_MAC = '02:00:00:00:00:01';
const GATEWAY_MAC = '02:00:00:00:00:02';
const ETHERNET_HEADER = 14;
const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_IPV4 = 0x0800;

/** A datagram that the stack has sent, and when. */
export interface SentDatagram {
  readonly bytes: Uint8Array;
  readonly atUs: number;
}

/** How the stack of a script is set up. */
export interface DrillLinkOptions {
  readonly localIp: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly mtu: number;
  readonly settings: StackSettings;
}

/**
 * The stack of a script and the wire that it is on: the script is everybody else, behind a gateway that answers ARP by
 * itself.
 */
export class DrillLink {
  readonly stack: Stack;
  readonly iface: NetworkInterface;
  /** What the stack has sent and the script has not looked at yet. */
  readonly sent: SentDatagram[] = [];
  /** Called with every frame either way. */
  onFrame: ((direction: 'in' | 'out', frame: Uint8Array) => void) | undefined = undefined;
  private readonly cable: MemoryCable;
  private readonly peer: TestStack;

  constructor(
    private readonly host: VirtualHost,
    private readonly options: DrillLinkOptions,
  ) {
    const { localIp, prefixLength, gateway, mtu, settings } = options;
    this.cable = createMemoryCable({ scheduler: host.scheduler, mtu, buffers: 2048, poison: true });
    this.stack = new Stack(host, settings);
    this.iface = this.stack.addInterface(this.cable.a, {
      name: 'drill0',
      addresses: [`${localIp}/${prefixLength}`],
      gateway,
      hardwareAddress: macAddress.parse(STACK_MAC)!,
      mode: 'interrupt',
    });
    this.peer = new TestStack(this.cable.b);
    this.peer.poll();
    host.settle();
    this.introduceGateway();
  }

  /** A datagram comes from the gateway. */
  inject(datagram: Uint8Array): void {
    this.send(ethernet({ dst: STACK_MAC, src: GATEWAY_MAC }).payload(datagram).bytes());
    this.host.settle();
    this.collect();
  }

  /** Takes what the stack has sent: ARP requests are answered, datagrams noted. */
  collect(): void {
    for (;;) {
      const known = this.peer.inbox.length;
      this.peer.poll();
      if (this.peer.inbox.length === known) break;
    }
    for (const frame of this.peer.inbox.splice(0)) this.take(frame);
  }

  /** Ends stack and wire. */
  async close(): Promise<void> {
    const closing = this.stack.close();
    for (let turns = 0; turns < 100; turns++) {
      this.host.settle();
      await Promise.resolve();
    }
    await closing;
    this.peer.releaseAll();
    await this.cable.b.close();
  }

  private take(frame: Uint8Array): void {
    this.onFrame?.('out', frame);
    const type = (frame[12] << 8) | frame[13];
    if (type === ETHERTYPE_ARP) this.answerArp(frame);
    if (type === ETHERTYPE_IPV4) this.noteDatagram(frame);
  }

  private noteDatagram(frame: Uint8Array): void {
    const totalLength = (frame[ETHERNET_HEADER + 2] << 8) | frame[ETHERNET_HEADER + 3];
    const bytes = frame.slice(ETHERNET_HEADER, ETHERNET_HEADER + totalLength);
    this.sent.push({ bytes, atUs: this.host.clock.nowUs() });
  }

  /** Every address of the network but the stack's answers, as the gateway. */
  private answerArp(frame: Uint8Array): void {
    const packet = frame.subarray(ETHERNET_HEADER);
    const isRequest = packet[7] === 1;
    const target = packet.subarray(24, 28).join('.');
    if (!isRequest || target === this.options.localIp) return;
    this.sendArp('reply', target);
    this.host.settle();
    this.collect();
  }

  private introduceGateway(): void {
    this.collect();
    this.sendArp('request', this.options.gateway);
    this.host.settle();
    this.collect();
  }

  private sendArp(operation: 'request' | 'reply', senderIp: string): void {
    const fields = { operation, senderIp, targetMac: STACK_MAC, targetIp: this.options.localIp };
    this.send(ethernet({ dst: STACK_MAC, src: GATEWAY_MAC }).arp(fields).bytes());
  }

  private send(frame: Uint8Array): void {
    this.onFrame?.('in', frame);
    if (this.peer.queueFrame(frame) === undefined) throw new Error('the wire of the script is full');
    this.peer.poll();
  }
}

/** The gateway of the local address's network: another host of it. */
export function gatewayOf(localIp: string): string {
  const parts = localIp.split('.');
  return `${parts[0]}.${parts[1]}.255.254`;
}
