/** ICMP types (RFC 792) by their names, which are those of packetdrill. */
export const ICMP_TYPES = {
  echo_reply: 0,
  unreachable: 3,
  source_quench: 4,
  redirect: 5,
  echo_request: 8,
  time_exceeded: 11,
  parameter_problem: 12,
} as const;

/** The name of an ICMP type. */
export type IcmpTypeName = keyof typeof ICMP_TYPES;

const CODES = {
  3: {
    net_unreachable: 0,
    host_unreachable: 1,
    protocol_unreachable: 2,
    port_unreachable: 3,
    frag_needed: 4,
    source_route_failed: 5,
    net_unknown: 6,
    host_unknown: 7,
    source_host_isolated: 8,
    net_prohibited: 9,
    host_prohibited: 10,
    net_unreachable_for_tos: 11,
    host_unreachable_for_tos: 12,
    packet_filtered: 13,
    precedence_violation: 14,
    precedence_cutoff: 15,
  },
  5: { redirect_net: 0, redirect_host: 1, redirect_tos_net: 2, redirect_tos_host: 3 },
  11: { ttl_exceeded: 0, reassembly_time_exceeded: 1 },
  12: { pointer: 0 },
} as const;

/** The name of an ICMP code. */
export type IcmpCodeName = { [Type in keyof typeof CODES]: keyof (typeof CODES)[Type] }[keyof typeof CODES];

/** ICMP codes by type and name (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1). */
export const ICMP_CODES: Readonly<Record<number, Readonly<Record<string, number>>>> = CODES;

/** The name of a type, or its number. */
export function icmpTypeName(type: number): string {
  return nameIn(ICMP_TYPES, type);
}

/** The name of a code of a type, or its number. */
export function icmpCodeName(type: number, code: number): string {
  return nameIn(ICMP_CODES[type] ?? {}, code);
}

function nameIn(names: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(names).find(([, each]) => each === value)?.[0] ?? String(value);
}
