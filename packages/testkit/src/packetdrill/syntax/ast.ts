/** A script of packetdrill, parsed. */
export interface DrillScript {
  /** Where it stands, for messages. */
  readonly file: string;
  /** Its lines, comments included. */
  readonly lines: readonly string[];
  /** `--name=value` lines, names with their leading dashes taken off. */
  readonly options: ReadonlyMap<string, string>;
  readonly events: readonly DrillEvent[];
}

/** A place in a script: lines and columns count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** When something happens or is to happen, in microseconds. */
export interface DrillTime {
  /** `absolute`: from the start of the script; `relative`: from the event before; `any`: it does not matter. */
  readonly kind: 'absolute' | 'relative' | 'any';
  readonly startUs: number;
  /** The end of the range in which it may happen, or at which a blocking call returns; `startUs` if there is none. */
  readonly endUs: number;
  /** `A...B`: a call that blocks from A to B. */
  readonly blocks: boolean;
}

/** One event of a script. */
export interface DrillEvent {
  readonly place: Place;
  readonly time: DrillTime;
  readonly action: PacketSpec | CallSpec | CommandSpec;
}

/** A shell command or a piece of code. */
interface CommandSpec {
  readonly kind: 'shell' | 'code';
  readonly text: string;
}

/** A number as it stands in the script; undefined: not given, not compared. */
type Given = number | undefined;

/** ECN codepoints (RFC 3168 section 5) by their names in scripts. */
export const ECN_NAMES = { noecn: 0, ect1: 1, ect0: 2, ce: 3 } as const;

/** What a script says of the IP header. */
export interface IpSpec {
  readonly ecn: Given;
  readonly tos: Given;
  readonly ttl: Given;
  readonly id: Given;
}

/** A packet: `<` comes in, `>` is expected to go out. */
export interface PacketSpec {
  readonly kind: 'packet';
  readonly direction: '<' | '>';
  readonly ip: IpSpec;
  readonly transport: TcpSpec | UdpSpec | IcmpSpec;
  /** Where each field that can be compared stands, by its name. */
  readonly places: ReadonlyMap<string, Place>;
}

/** A TCP option of a script. */
export type TcpOptionSpec =
  | { readonly name: 'mss' | 'wscale'; readonly value: number }
  | { readonly name: 'nop' | 'eol' | 'sackOK' }
  | { readonly name: 'sack'; readonly blocks: readonly (readonly [left: number, right: number])[] }
  | { readonly name: 'TS'; readonly value: number; readonly echo: number }
  | { readonly name: 'FO'; readonly cookie: Uint8Array };

/** A TCP segment; sequence numbers are relative to the initial ones. */
export interface TcpSpec {
  readonly protocol: 'tcp';
  /** Letters of `FSRPUEWA.`; `.` is ACK. */
  readonly flags: string;
  readonly seq: number;
  readonly length: number;
  readonly ack: Given;
  readonly win: Given;
  readonly urg: Given;
  /** undefined: `<...>`, not compared. */
  readonly options: readonly TcpOptionSpec[] | undefined;
}

/** A UDP datagram. */
export interface UdpSpec {
  readonly protocol: 'udp';
  /** Payload in bytes. */
  readonly length: number;
}

/** What an ICMP error quotes. */
export type QuotedSpec =
  | { readonly protocol: 'tcp'; readonly seq: number; readonly length: number }
  | { readonly protocol: 'udp'; readonly length: number };

/** An ICMP message. */
export interface IcmpSpec {
  readonly protocol: 'icmp';
  readonly type: number;
  readonly code: number;
  /** Of fragmentation needed. */
  readonly mtu: Given;
  /** Of echo messages. */
  readonly id: Given;
  readonly seq: Given;
  /** Of echo messages: bytes of data. */
  readonly length: Given;
  readonly quoted: QuotedSpec | undefined;
}

/** A system call. */
export interface CallSpec {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Arg[];
  readonly result: CallResult;
  /** Where the result stands. */
  readonly resultPlace: Place;
}

/** What a call is to return. */
export type CallResult =
  | { readonly kind: 'any' }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'error'; readonly code: string };

/** An argument of a call. */
export type Arg =
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'symbols'; readonly names: readonly string[]; readonly place: Place }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Arg[] }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Arg>; readonly place: Place };
