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
  pathMtu: fields(pathMtu).optional().describe('Limits of what is learnt of path MTUs.'),
  icmp: fields(icmp).optional().describe('How many ICMP errors may be sent.'),
  udp: fields(udp).optional().describe('Limits of UDP.'),
  loop: fields(loop).optional().describe('How the poll loop divides the time with the rest of the process.'),
} satisfies Record<keyof StackSettings, z.ZodType>);
