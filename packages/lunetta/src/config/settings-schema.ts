import type { StackSettings } from '@lunetta/core';
import { z } from 'zod';
import { fields } from './fields.js';

/** One check for every member of a group of settings: no key may be missing here, and none may be too many. */
type Checks<Group extends keyof StackSettings> = Record<keyof NonNullable<StackSettings[Group]>, z.ZodType>;

const count = (max: number) => z.int().min(1).max(max);
const milliseconds = () =>
  z
    .int()
    .min(1)
    .max(24 * 3600_000);
const bytes = (min: number, max: number) => z.int().min(min).max(max);
const port = () => z.int().min(1).max(65535);

const arp = {
  maxNeighbours: count(1_000_000)
    .optional()
    .describe('Neighbours known at a time; when full, an unconfirmed one makes room. Default 4096.'),
  reachableMs: milliseconds()
    .optional()
    .describe('How long an answer is trusted before it is confirmed again, in milliseconds. Default 30000.'),
  staleMs: milliseconds()
    .optional()
    .describe(
      'How long an unconfirmed neighbour that nobody uses is remembered, in milliseconds. Default 1200000 (20 minutes).',
    ),
  maxRequests: count(100)
    .optional()
    .describe('Requests to an address, one a second, before its datagrams are given up. Default 3.'),
  maxPendingPerNeighbour: count(65_536)
    .optional()
    .describe('Frames that wait for one address; when full, the oldest is dropped. Default 64.'),
  maxPending: count(65_536)
    .optional()
    .describe('Frames that wait for ARP in all; when full, the one that waits longest is dropped. Default 256.'),
  maxProxies: count(65_536)
    .optional()
    .describe('Prefixes of others that an interface answers for (proxy entries); more are refused. Default 256.'),
} satisfies Checks<'arp'>;

const reassembly = {
  timeoutMs: milliseconds()
    .optional()
    .describe('How long the fragments of a datagram wait for the rest, in milliseconds. Default 60000.'),
  maxDatagrams: count(1_000_000)
    .optional()
    .describe('Datagrams that wait for fragments at a time; when full, the oldest goes. Default 1024.'),
  maxBytes: z
    .int()
    .min(128 << 10)
    .max(1 << 30)
    .optional()
    .describe('Bytes of memory for them in all; when full, the oldest datagrams go. Default 4194304 (4 MiB).'),
  maxFragments: count(8192)
    .optional()
    .describe('Fragments of one datagram; of one with more nothing is kept. Default 256.'),
} satisfies Checks<'reassembly'>;

const ipv4 = {
  forwarding: z.boolean().optional().describe('Whether datagrams for others are passed on. Default false.'),
  hostModel: z
    .enum(['strong', 'weak'])
    .optional()
    .describe(
      'strong: receives by the interface that has the address, sends by the one that has the source; weak: by any. ' +
        'Default strong.',
    ),
  acceptRedirects: z
    .boolean()
    .optional()
    .describe('Whether a host follows the redirects of its routers. Default true.'),
  sendRedirects: z
    .boolean()
    .optional()
    .describe('Whether a router tells hosts of a better one on their own link. Default true.'),
  forwardBroadcasts: z
    .boolean()
    .optional()
    .describe(
      'Whether a router passes on what is sent to the broadcast address of a network behind it. Default false.',
    ),
  maxRoutes: count(1_000_000).optional().describe('Routes at a time; more are refused. Default 65536.'),
  maxRedirects: count(1_000_000)
    .optional()
    .describe('Destinations for which a redirect is followed; when full, the one learnt first goes. Default 1024.'),
  redirectAgeMs: milliseconds()
    .optional()
    .describe('How long a redirect is followed, in milliseconds. Default 600000.'),
} satisfies Checks<'ipv4'>;

const pathMtu = {
  maxDestinations: count(1_000_000)
    .optional()
    .describe('Destinations whose path MTU is known; when full, the one learnt first goes. Default 4096.'),
  ageMs: milliseconds()
    .optional()
    .describe('How long a path MTU holds before a larger one is tried again, in milliseconds. Default 600000.'),
  minMtu: z.int().min(68).max(65535).optional().describe('The least path MTU believed, in bytes. Default 552.'),
} satisfies Checks<'pathMtu'>;

const icmp = {
  errorsPerSecond: count(1_000_000)
    .optional()
    .describe('ICMP errors sent a second to all destinations together. Default 1000.'),
  burst: count(1_000_000).optional().describe('ICMP errors sent at once to all destinations together. Default 100.'),
  perDestinationPerSecond: count(1_000_000)
    .optional()
    .describe('ICMP errors sent a second to one destination. Default 10.'),
  perDestinationBurst: count(1_000_000).optional().describe('ICMP errors sent at once to one destination. Default 10.'),
} satisfies Checks<'icmp'>;

const igmp = {
  maxGroups: count(65_536)
    .optional()
    .describe('Multicast groups joined at a time on one interface; beyond it joining is refused. Default 1024.'),
  maxSources: count(4096)
    .optional()
    .describe(
      "Sources in the filter of a socket's membership; beyond it joining is refused. If the sockets of an interface " +
        'name more together, the routers are asked for all sources. Default 128.',
    ),
  robustness: count(7)
    .optional()
    .describe(
      'How often a change is reported, in case a report is lost; a querier of version 3 may say otherwise. Default 2.',
    ),
} satisfies Checks<'igmp'>;

const raw = {
  maxSockets: count(65_536).optional().describe('Raw sockets at a time. Default 256.'),
  receiveBufferSize: z
    .int()
    .min(512)
    .max(1 << 30)
    .optional()
    .describe('Bytes that the queue of a raw socket may hold, with 256 charged for each packet. Default 212992.'),
} satisfies Checks<'raw'>;

const udp = {
  ephemeralPorts: z
    .tuple([port(), port()])
    .refine(([first, last]) => first <= last, 'must be [first, last] with first <= last')
    .optional()
    .describe('First and last port for sockets that name none, both included. Default [49152, 65535].'),
  receiveBufferSize: z
    .int()
    .min(512)
    .max(1 << 30)
    .optional()
    .describe(
      "Bytes that a socket's receive queue may hold, with 256 charged for each datagram; what comes then is dropped " +
        'and counted. Default 212992.',
    ),
  maxSockets: count(1_000_000).optional().describe('UDP sockets at a time. Default 65536.'),
} satisfies Checks<'udp'>;

const tcp = {
  ephemeralPorts: z
    .tuple([port(), port()])
    .refine(([first, last]) => first <= last, 'must be [first, last] with first <= last')
    .optional()
    .describe(
      'First and last port for connections that name none (RFC 6335 section 6), both included. Default [49152, 65535].',
    ),
  maxConnections: count(10_000_000)
    .optional()
    .describe(
      'Connections at a time, those that nobody has accepted yet included; beyond it a SYN is dropped. Default 262144.',
    ),
  defaultBacklog: count(1_000_000)
    .optional()
    .describe(
      'Connections of a listener that wait for the application, and half-open ones, if it names no number. Default 511.',
    ),
  maxHalfOpen: count(1_000_000)
    .optional()
    .describe(
      "Half-open connections of all listeners; beyond it, or a listener's backlog, SYNs are answered with cookies. Default 4096.",
    ),
  synCookies: z
    .boolean()
    .optional()
    .describe(
      'Answer with SYN cookies when the queue is full (RFC 4987 section 3.6); else the SYN is dropped. Default true.',
    ),
  maxTimeWait: count(10_000_000)
    .optional()
    .describe('Connections in TIME-WAIT; when full, the oldest is forgotten. Default 65536.'),
  timeWaitMs: milliseconds()
    .optional()
    .describe(
      'How long a closed connection is remembered, in milliseconds: twice the maximum segment lifetime. Default 60000.',
    ),
  maxMemory: bytes(1 << 16, 2 ** 36)
    .optional()
    .describe(
      'Bytes of send and receive buffers of all connections; beyond it text is dropped, and of the last quarter writes take nothing. Default 268435456.',
    ),
  initialReceiveBuffer: bytes(2048, 2 ** 30)
    .optional()
    .describe("Bytes of a new connection's receive buffer. Default 65536."),
  maxReceiveBuffer: bytes(2048, 2 ** 30)
    .optional()
    .describe('Bytes that a receive buffer may grow to; decides the window scale. Default 4194304.'),
  initialSendBuffer: bytes(2048, 2 ** 30)
    .optional()
    .describe("Bytes of a new connection's send buffer. Default 65536."),
  maxSendBuffer: bytes(2048, 2 ** 30)
    .optional()
    .describe('Bytes that a send buffer may grow to. Default 4194304.'),
  maxOutOfOrderRanges: count(65_536)
    .optional()
    .describe(
      'Ranges that wait out of order on a connection; a segment that would make one more is dropped. Default 128.',
    ),
  minMss: z
    .int()
    .min(28)
    .max(1460)
    .optional()
    .describe('The smallest MSS that a peer can impose, in bytes (SACK panic, CVE-2019-11479). Default 88.'),
  connectTimeoutMs: milliseconds()
    .optional()
    .describe(
      'How long connecting may take, in milliseconds (RFC 9293 section 3.8.3: at least 3 minutes). Default 180000.',
    ),
  userTimeoutMs: milliseconds()
    .optional()
    .describe(
      'How long sent data may wait for an acknowledgment, in milliseconds: R2 of RFC 9293 section 3.8.3. Default 120000.',
    ),
  synAckAttempts: count(32).optional().describe('How often a SYN-ACK is sent, at most. Default 6.'),
  initialRtoMs: milliseconds()
    .optional()
    .describe(
      'The retransmission timeout before a round trip was measured, in milliseconds (RFC 6298 section 2.1). Default 1000.',
    ),
  minRtoMs: milliseconds().optional().describe('The least retransmission timeout, in milliseconds. Default 200.'),
  maxRtoMs: milliseconds().optional().describe('The greatest retransmission timeout, in milliseconds. Default 60000.'),
  delayedAckMs: z
    .int()
    .min(1)
    .max(499)
    .optional()
    .describe(
      'How long an acknowledgment may wait, in milliseconds (RFC 9293 section 3.8.6.3: under 500). Default 40.',
    ),
  initialWindow: count(1000)
    .optional()
    .describe("Segments of a new connection's congestion window (RFC 6928). Default 10."),
  congestionControl: z
    .enum(['cubic', 'newreno'])
    .optional()
    .describe(
      "The congestion control of new connections: `cubic` (RFC 9438) or `newreno` (RFC 5681, 6582). Default 'cubic'.",
    ),
  pacing: z
    .boolean()
    .optional()
    .describe(
      'Spread what a window holds over its round trip, for paths whose queues are shorter than a window; costs a timer a connection. Default false.',
    ),
  ecn: z
    .boolean()
    .optional()
    .describe('Ask for ECN when connecting (RFC 3168); who asks us gets it in any case. Default false.'),
  sack: z.boolean().optional().describe('Offer selective acknowledgments (RFC 2018) and agree to them. Default true.'),
  timestamps: z.boolean().optional().describe('Offer timestamps (RFC 7323) and agree to them. Default true.'),
  windowScaling: z.boolean().optional().describe('Offer window scaling (RFC 7323) and agree to it. Default true.'),
  challengeAcksPerSecond: count(1_000_000)
    .optional()
    .describe('Challenge ACKs of a connection in a second (RFC 5961 section 7). Default 10.'),
  finWaitMs: milliseconds()
    .optional()
    .describe("How long a connection that was closed waits for the peer's end, in milliseconds. Default 60000."),
} satisfies Checks<'tcp'>;

const loop = {
  pollsPerTurn: count(65_536)
    .optional()
    .describe('Polls in one turn of the event loop, before other work of the process gets its turn. Default 16.'),
  emptyTurns: z
    .int()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe('Mode adaptive: turns without work before the loop sleeps. Default 64.'),
  pollIntervalUs: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe(
      'How often a device is polled that cannot wake the loop, or that is stuck, in microseconds. Default 1000.',
    ),
} satisfies Checks<'loop'>;

/** Every limit and time of the stack. */
export const settingsSchema = fields({
  arp: fields(arp).optional().describe('Times and limits of ARP.'),
  reassembly: fields(reassembly).optional().describe('Limits of putting fragments together.'),
  ipv4: fields(ipv4).optional().describe('Routes, and what is not for us.'),
  pathMtu: fields(pathMtu).optional().describe('Limits of what is learnt of path MTUs.'),
  icmp: fields(icmp).optional().describe('How many ICMP errors may be sent.'),
  igmp: fields(igmp).optional().describe('Limits of multicast memberships.'),
  raw: fields(raw).optional().describe('Limits of raw sockets.'),
  udp: fields(udp).optional().describe('Limits of UDP.'),
  tcp: fields(tcp).optional().describe('Limits, times and options of TCP.'),
  loop: fields(loop).optional().describe('How the poll loop divides the time with the rest of the process.'),
} satisfies Record<keyof StackSettings, z.ZodType>);
