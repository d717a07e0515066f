/** docs/counters.md: every drop reason and counter with its comment, and the laws of conservation. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../setup/run.mjs';
import { code, table } from './markdown.mjs';
import { SourceFile } from './source-file.mjs';

const CORE = 'packages/core/src';
const DROP_REASONS = 'packages/core/src/link/drop-reason.ts';
const CONSERVATION = 'packages/testkit/src/lab/conservation.ts';

/** The enums of counters, and where their values stand in what `stack.counters()` gives. */
const ENUMS = [
  { file: 'packages/core/src/link/link-counters.ts', name: 'LinkCounter', place: null },
  { file: 'packages/core/src/arp/arp-counters.ts', name: 'ArpCounter', place: 'interfaces[i].arp' },
  { file: 'packages/core/src/ipv4/reassembly-counters.ts', name: 'ReassemblyCounter', place: 'reassembly' },
  { file: 'packages/core/src/ipv4/fragment-counters.ts', name: 'FragmentCounter', place: 'fragments' },
  { file: 'packages/core/src/ipv4/forward-counters.ts', name: 'ForwardCounter', place: 'forwarding' },
  { file: 'packages/core/src/ipv4/path-mtu-counters.ts', name: 'PathMtuCounter', place: 'pathMtu' },
  { file: 'packages/core/src/icmp/icmp-counters.ts', name: 'IcmpCounter', place: 'icmp' },
  { file: 'packages/core/src/igmp/igmp-counters.ts', name: 'IgmpCounter', place: 'igmp' },
  { file: 'packages/core/src/tcp/tcp-counters.ts', name: 'TcpCounter', place: 'tcp' },
  { file: 'packages/core/src/udp/udp-counters.ts', name: 'UdpCounter', place: 'udp' },
];

/** Under which name of `stack.counters()` a counter of the link stands. */
const LINK_PLACES = {
  rxFrames: 'interfaces[i].rx.frames',
  rxBytes: 'interfaces[i].rx.bytes',
  delivered: 'interfaces[i].rx.delivered',
  consumed: 'interfaces[i].rx.consumed',
  forwarded: 'interfaces[i].rx.forwarded',
  txAccepted: 'interfaces[i].tx.accepted',
  txSent: 'interfaces[i].tx.sent',
  txBytes: 'interfaces[i].tx.bytes',
};

export function countersPage() {
  checkAllEnumsAreHere();
  const reasons = new SourceFile(DROP_REASONS).enumeration('DropReason');
  const law = new SourceFile(CONSERVATION).commentOf('expectConserved').replace(/^.*?: /, '');
  const [linkDriver, counters] = ['link/link-driver.ts', 'stack/counters.ts'].map(
    (file) => new SourceFile(`packages/core/src/${file}`),
  );
  return `# Counters

\`stack.counters()\` gives all of them; \`lunetta services\` prints them as JSON on SIGUSR2. This page is made from the
code by \`node scripts/write-limits.mjs\`; a test fails if it is out of date. Limits: [limits.md](limits.md).

## Laws of conservation

Asserted at any moment: ${law}

\`\`\`
rx.frames   = rx.delivered + rx.consumed + rx.forwarded + sum of rx.dropped
tx.accepted = tx.sent + sum of tx.dropped + tx.queued + tx.pending
buffers.size = buffers.available + buffers.inUse + buffers.device     after close: inUse = device = 0
sum of link.refused = 0
\`\`\`

\`expectConserved(stack)\` of \`@lunetta/testkit\` throws if one of them is broken; \`StackLab.close()\` calls it, so that
every test of the stack asserts them.

## Why a frame is dropped

${reasons.comment}

### Received: \`interfaces[i].rx.dropped\`

${reasonTable(reasons.members, 'received')}

### Accepted for sending: \`interfaces[i].tx.dropped\`

${reasonTable(reasons.members, 'accepted for sending')}

## What is counted

${ENUMS.map(enumSection).join('\n\n')}

### At this moment

Not sums but what is there now.

${table(['name', 'what'], gauges(counters))}

## The device

\`interfaces[i].link\`: what the driver counts since the device was opened. Losses in \`dropped\` happened below the stack
and are no part of the laws; their names are the driver's own.

${table(['name', 'what'], memberRows(linkDriver, 'LinkStatistics'))}

\`interfaces[i].buffers\`: where the frame buffers are.

${table(['name', 'what'], memberRows(linkDriver, 'QueueAudit'))}
`;
}

function checkAllEnumsAreHere() {
  for (const file of readdirSync(join(ROOT, CORE), { recursive: true })) {
    const path = `${CORE}/${file}`;
    if (!file.endsWith('-counters.ts') || ENUMS.some((known) => known.file === path)) continue;
    if (!/^export enum /m.test(readFileSync(join(ROOT, path), 'utf8'))) continue; // a driver's, shown as `link`
    throw new Error(`say in scripts/docs/counters-page.mjs where the counters of ${path} stand`);
  }
}

function reasonTable(members, section) {
  const rows = members.filter((member) => member.section === section);
  if (rows.length === 0) throw new Error(`${DROP_REASONS}: no section '${section}' any more`);
  return table(
    ['reason', 'when'],
    rows.map(({ name, comment }) => [code(name), comment]),
  );
}

function enumSection({ file, name, place }) {
  const { comment, members } = new SourceFile(file).enumeration(name);
  const unit = /the unit is (an? \w+)/.exec(comment)?.[1];
  if (unit === undefined) throw new Error(`${file}: the comment of ${name} does not say the unit`);
  const rows = members.map((member) => {
    const at = place === null ? LINK_PLACES[member.name] : `${place}.${member.name}`;
    if (at === undefined) throw new Error(`say in scripts/docs/counters-page.mjs where ${member.name} stands`);
    return [code(at), member.comment || inWords(member.name)];
  });
  return `### ${code(name)}\n\nThe unit is ${unit} where no other is said.\n\n${table(['name', 'what'], rows)}`;
}

function gauges(counters) {
  const { tx, held } = Object.fromEntries(counters.interfaceMembers('InterfaceCounters').map((m) => [m.name, m]));
  if (tx === undefined || held === undefined) throw new Error('InterfaceCounters has other members now');
  return [
    [code('interfaces[i].tx.queued'), "Frames in the link's queue for sending."],
    [code('interfaces[i].tx.pending'), 'Frames that wait for ARP.'],
    [code('interfaces[i].held'), held.comment],
    [code('interfaces[i].arp.neighbours'), 'Neighbours known or asked for.'],
    [code('reassembly.waiting'), 'Datagrams that wait for fragments.'],
    [code('routes.size'), 'Routes, those of our own networks included.'],
    [code('routes.redirects'), 'Destinations for which a redirect is followed.'],
    [code('pathMtu.destinations'), 'Destinations with a path MTU below that of the link.'],
    [code('igmp.groups'), 'Multicast groups joined, those of each interface counted, all hosts not.'],
    [code('tcp.connections'), 'Connections that are not closed, but for TIME-WAIT.'],
    [code('tcp.halfOpen'), 'Connections of listeners whose handshake is not over.'],
    [code('tcp.timeWait'), 'Connections in TIME-WAIT.'],
    [code('tcp.listeners'), 'Listeners.'],
    [code('tcp.bufferBytes'), 'Bytes that send and receive buffers hold.'],
    [code('udp.sockets'), 'Open sockets.'],
  ];
}

function memberRows(source, type) {
  return source.interfaceMembers(type).map(({ name, comment }) => [code(name), comment || inWords(name)]);
}

/** `requestsSent` as `Requests sent.`, for a counter whose name says all. */
function inWords(name) {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${words[0].toUpperCase()}${words.slice(1)}.`.replace(
    /^(Rx|Tx) (\w+)\./,
    (_, way, what) => `${what[0].toUpperCase()}${what.slice(1)} ${way === 'Rx' ? 'received' : 'sent'}.`,
  );
}
