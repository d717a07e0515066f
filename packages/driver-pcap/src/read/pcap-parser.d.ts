/** The parts of pcap-parser 0.2 that are used; the package has no types of its own. */
declare module 'pcap-parser' {
  import type { EventEmitter } from 'node:events';
  import type { Readable } from 'node:stream';

  export interface GlobalHeader {
    readonly majorVersion: number;
    readonly minorVersion: number;
    readonly linkLayerType: number;
  }

  export interface PacketHeader {
    readonly timestampSeconds: number;
    readonly timestampMicroseconds: number;
    readonly capturedLength: number;
    readonly originalLength: number;
  }

  export interface Packet {
    readonly header: PacketHeader;
    readonly data: Buffer;
  }

  export type Parser = EventEmitter<{
    globalHeader: [GlobalHeader];
    packetHeader: [PacketHeader];
    packet: [Packet];
    error: [Error];
    end: [];
  }>;

  export function parse(input: string | Readable): Parser;
}
