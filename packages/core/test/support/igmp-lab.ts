import { expect } from '@jest/globals';
import { ipv4Address, macAddress } from '@lunetta/core';
import {
  describePacket,
  ethernet,
  StackLab,
  type FieldPatterns,
  type IgmpValues,
  type Ipv4Values,
  type PacketBuilder,
  type StackLabOptions,
} from '@lunetta/testkit';
import '@lunetta/testkit/jest';

const ALL_HOSTS = '224.0.0.1';
/** RFC 2113. */
export const ROUTER_ALERT = Uint8Array.of(0x94, 4, 0, 0);

/** A lab whose station is a multicast router, and another host. */
export class IgmpLab extends StackLab {
  constructor(options: StackLabOptions = {}) {
    super(options);
    this.advance('3s'); // the second announcement is over
    this.receive();
  }

  /** The IGMP messages that the stack has sent since the last call, in words; all that is sent is held to the standards. */
  said(): string[] {
    this.host.settle();
    return this.receive().map((frame) => {
      expect(frame).toMatchPacket(ethernet().ipv4({ src: StackLab.STACK_IP, ttl: 1, options: ROUTER_ALERT }).igmp());
      return /igmp (.*)$/.exec(describePacket(frame))![1];
    });
  }

  /** What is said within a time, with the millisecond by which it was. */
  saidWithin(ms: number, stepMs = 100): { ms: number; message: string }[] {
    const heard: { ms: number; message: string }[] = [];
    for (let now = 0; now < ms; now += stepMs) {
      this.advance(`${stepMs}ms`);
      for (const message of this.said()) heard.push({ ms: now + stepMs, message });
    }
    return heard;
  }

  /** A router asks. */
  query(fields: FieldPatterns<IgmpValues> = {}, ip: FieldPatterns<Ipv4Values> = {}): void {
    this.send(queryFrame(fields, ip));
  }

  /** Another host reports a group in version 2. */
  reportOfAnother(group: string, src = StackLab.PEER_IP): void {
    const options = ROUTER_ALERT;
    this.send(
      ethernet({ dst: groupMac(group) })
        .ipv4({ src, dst: group, ttl: 1, options })
        .igmp({ type: 'v2_report', group }),
    );
  }
}

/** The frame in which a router asks all hosts. */
export function queryFrame(fields: FieldPatterns<IgmpValues> = {}, ip: FieldPatterns<Ipv4Values> = {}): PacketBuilder {
  return ethernet({ dst: groupMac(ALL_HOSTS) })
    .ipv4({ dst: ALL_HOSTS, ttl: 1, tos: 0xc0, options: ROUTER_ALERT, ...ip })
    .igmp(fields);
}

/** The MAC address of a group (RFC 1112 section 6.4). */
export function groupMac(group: string): string {
  const lo = macAddress.ipv4MulticastLo(ipv4Address.parse(group)!);
  return macAddress.format(macAddress.toBytes(macAddress.IPV4_MULTICAST_HI, lo));
}
