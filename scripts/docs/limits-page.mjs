/** docs/limits.md: every setting with its default, range and comment, and the limits that are fixed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../setup/run.mjs';
import { code, table } from './markdown.mjs';
import { SourceFile } from './source-file.mjs';

const SCHEMA = 'packages/lunetta/schema/lunetta.config.schema.json';

/** Where each group of settings is declared. */
const GROUPS = [
  { group: 'arp', file: 'packages/core/src/arp/arp-limits.ts', type: 'ArpLimits', defaults: 'DEFAULT_ARP_LIMITS' },
  {
    group: 'reassembly',
    file: 'packages/core/src/ipv4/reassembly-limits.ts',
    type: 'ReassemblyLimits',
    defaults: 'DEFAULT_REASSEMBLY_LIMITS',
  },
  {
    group: 'ipv4',
    file: 'packages/core/src/ipv4/ipv4-settings.ts',
    type: 'Ipv4Settings',
    defaults: 'DEFAULT_IPV4_SETTINGS',
  },
  {
    group: 'pathMtu',
    file: 'packages/core/src/ipv4/path-mtu-limits.ts',
    type: 'PathMtuLimits',
    defaults: 'DEFAULT_PATH_MTU_LIMITS',
  },
  { group: 'icmp', file: 'packages/core/src/icmp/rate-limit.ts', type: 'IcmpLimits', defaults: 'DEFAULT_ICMP_LIMITS' },
  { group: 'igmp', file: 'packages/core/src/igmp/igmp-limits.ts', type: 'IgmpLimits', defaults: 'DEFAULT_IGMP_LIMITS' },
  { group: 'raw', file: 'packages/core/src/raw/raw-limits.ts', type: 'RawLimits', defaults: 'DEFAULT_RAW_LIMITS' },
  { group: 'udp', file: 'packages/core/src/udp/udp-limits.ts', type: 'UdpLimits', defaults: 'DEFAULT_UDP_LIMITS' },
  { group: 'tcp', file: 'packages/core/src/tcp/tcp-limits.ts', type: 'TcpLimits', defaults: 'DEFAULT_TCP_LIMITS' },
  {
    group: 'loop',
    file: 'packages/core/src/stack/poll-loop.ts',
    type: 'LoopSettings',
    defaults: 'DEFAULT_LOOP_SETTINGS',
  },
];

/**
 * What tells that a limit was reached: a counter, a drop reason or an error code; undefined where there is nothing to
 * tell (times, shares of the processor). Every setting stands here, so that a new one is thought about.
 */
const TOLD_BY = {
  'arp.maxNeighbours': 'counter `arp.evicted`',
  'arp.reachableMs': undefined,
  'arp.staleMs': undefined,
  'arp.maxRequests': 'counter `arp.unresolved`, drop `arp.unresolved`, `EHOSTUNREACH` to the socket',
  'arp.maxPendingPerNeighbour': 'drop `arp.pendingFull`',
  'arp.maxPending': 'drop `arp.pendingFull`',
  'arp.maxProxies': '`LUNETTA_ERR_MISUSE` from `neighbours.addProxy`',
  'reassembly.timeoutMs': 'counter `reassembly.timedOut`, ICMP time exceeded',
  'reassembly.maxDatagrams': 'counter `reassembly.evicted`',
  'reassembly.maxBytes': 'counter `reassembly.evicted`, drop `ipv4.reassemblyFull`',
  'reassembly.maxFragments': 'counter `reassembly.refused`, drop `ipv4.refusedFragment`',
  'ipv4.forwarding': undefined,
  'ipv4.hostModel': undefined,
  'ipv4.acceptRedirects': 'drop `icmp.unmatched`',
  'ipv4.sendRedirects': undefined,
  'ipv4.forwardBroadcasts': 'drop `forward.broadcast`',
  'ipv4.maxRoutes': '`LUNETTA_ERR_MISUSE` from `routes.add`',
  'ipv4.maxRedirects': 'gauge `routes.redirects`',
  'ipv4.redirectAgeMs': undefined,
  'pathMtu.maxDestinations': 'counter `pathMtu.evicted`',
  'pathMtu.ageMs': 'counter `pathMtu.aged`',
  'pathMtu.minMtu': undefined,
  'icmp.errorsPerSecond': 'counter `icmp.errorsRateLimited`',
  'icmp.burst': 'counter `icmp.errorsRateLimited`',
  'icmp.perDestinationPerSecond': 'counter `icmp.errorsRateLimited`',
  'icmp.perDestinationBurst': 'counter `icmp.errorsRateLimited`',
  'igmp.maxGroups': '`ENOBUFS` from `joinGroup`',
  'igmp.maxSources': '`ENOBUFS` from `joinGroup` and `blockSource`',
  'igmp.robustness': undefined,
  'raw.maxSockets': '`ENOBUFS` from `openProtocol` and `openFrames`',
  'raw.receiveBufferSize': '`socket.lost`',
  'udp.ephemeralPorts': '`EADDRINUSE` from `bind` or `send`',
  'udp.receiveBufferSize': 'counter `udp.receiveQueueFull`, drop `udp.receiveQueueFull`, `socket.lost`',
  'udp.maxSockets': '`ENOBUFS` from `open`',
  'tcp.ephemeralPorts': '`EADDRINUSE` from `connect`',
  'tcp.maxConnections': 'drop `tcp.tooMany`, `ENOBUFS` from `connect`',
  'tcp.defaultBacklog': 'counter `tcp.cookiesSent`, drop `tcp.acceptQueueFull`',
  'tcp.maxHalfOpen': 'counter `tcp.cookiesSent`, drop `tcp.synQueueFull`',
  'tcp.synCookies': undefined,
  'tcp.maxTimeWait': 'counter `tcp.timeWaitEvicted`',
  'tcp.timeWaitMs': undefined,
  'tcp.maxMemory': 'drop `tcp.noMemory`, `write` takes nothing',
  'tcp.initialReceiveBuffer': undefined,
  'tcp.maxReceiveBuffer': 'the window that is advertised',
  'tcp.initialSendBuffer': undefined,
  'tcp.maxSendBuffer': '`write` takes less, `onWritable`',
  'tcp.maxOutOfOrderRanges': 'drop `tcp.tooManyRanges`',
  'tcp.minMss': undefined,
  'tcp.connectTimeoutMs': 'counter `tcp.timedOut`, `ETIMEDOUT` to the connection',
  'tcp.userTimeoutMs': 'counter `tcp.timedOut`, `ETIMEDOUT` to the connection',
  'tcp.synAckAttempts': 'counter `tcp.halfOpenExpired`',
  'tcp.initialRtoMs': undefined,
  'tcp.minRtoMs': undefined,
  'tcp.maxRtoMs': undefined,
  'tcp.delayedAckMs': undefined,
  'tcp.initialWindow': undefined,
  'tcp.congestionControl': undefined,
  'tcp.pacing': undefined,
  'tcp.ecn': undefined,
  'tcp.sack': undefined,
  'tcp.timestamps': undefined,
  'tcp.windowScaling': undefined,
  'tcp.challengeAcksPerSecond': 'counter `tcp.challengeAcksLimited`',
  'tcp.finWaitMs': undefined,
  'loop.pollsPerTurn': undefined,
  'loop.emptyTurns': undefined,
  'loop.pollIntervalUs': undefined,
};

const TAP_OPTIONS = 'packages/driver-tap/src/tap-options.ts';
const TAP_TOLD_BY = {
  buffers: '`rxNoBuffer` of the link; `EAGAIN` to a sender',
  burst: '',
};

/**
 * Limits that no setting changes: file under packages/, constant, unit, what happens at the limit, and what it bounds
 * where the code does not say. Of `..._BITS` the power of two is shown.
 */
const FIXED = [
  ['core/src/arp/arp-limits.ts', 'REQUEST_INTERVAL_US', 'us', 'The next request waits.'],
  [
    'core/src/arp/arp-limits.ts',
    'DEFEND_INTERVAL_US',
    'us',
    'Counted (`arp.conflicts`), neither answered nor reported.',
  ],
  ['core/src/arp/arp-limits.ts', 'RETRY_INTERVAL_US', 'us', 'The address is not used meanwhile.'],
  ['core/src/icmp/icmp-errors.ts', 'MAX_ERROR_LENGTH', 'bytes', 'The quotation is cut off.'],
  [
    'core/src/icmp/rate-limit.ts',
    'BUCKET_BITS',
    'buckets',
    'Share their allowance.',
    'Destinations that hash to one bucket',
  ],
  [
    'core/src/ipv4/path-cache.ts',
    'CACHE_BITS',
    'paths',
    'The newer one takes the place of one of four.',
    'Paths back to peers, by hash',
  ],
  [
    'core/src/loopback/loopback-port.ts',
    'BUFFERS',
    'buffers',
    '`EAGAIN` to a sender; drop `noBuffer` of the link for what is only lent.',
  ],
  ['core/src/udp/receive-queue.ts', 'CHARGE_EACH', 'bytes', 'See `settings.udp.receiveBufferSize`.'],
  ['core/src/udp/send-paths.ts', 'MAX_PATHS', 'a socket', 'All are forgotten, and worked out again.'],
  ['core/src/stack/network-interface.ts', 'LARGEST_FRAME', 'bytes', 'Drop `link.chainTooLong`.'],
  ['core/src/stack/stack.ts', 'CLOSING_POLLS', 'polls', 'What is still queued then: drop `link.closed`.'],
  [
    'core/src/link/pool/queue-sizes.ts',
    'MAX_STOCK',
    'buffers',
    '`EAGAIN` to a sender; counters `arp.noRoom`, `icmp.noRoom`.',
  ],
];

export function limitsPage() {
  const schema = JSON.parse(readFileSync(join(ROOT, SCHEMA), 'utf8'));
  const settings = GROUPS.flatMap((group) => settingRows(group, schema));
  for (const path of Object.keys(TOLD_BY)) {
    if (!settings.some(([setting]) => setting === code(`settings.${path}`)))
      throw new Error(`no setting ${path} any more`);
  }
  return `# Limits

Everything that a peer or an application can fill is bounded. This page is made from the code by
\`node scripts/write-limits.mjs\`; a test fails if it is out of date. Counters and drop reasons: [counters.md](counters.md).

## Settings

By their place in \`lunetta.config.json\`. A value outside of the range is refused when the configuration is read.

${table(['setting', 'default', 'range', 'what it bounds, and what happens when it is full', 'told by'], settings)}

## Options of the driver tap

In the interface's \`options\`. The stack may hold \`buffers - 2 * burst - ${constant('packages/core/src/link/pool/queue-sizes.ts', 'MAX_STOCK').value}\` buffers at a time (of fewer than 1,024
buffers \`buffers * 3 / 4 - 2 * burst\`) beside the burst it works on (frames that wait for ARP, datagrams that an application retains), so that reception never
starves. Beyond that a frame that is to wait for ARP takes the place of the oldest (drop \`arp.pendingFull\`), and
\`retain()\` gives undefined.

${table(['option', 'default', 'range', 'what it bounds', 'told by'], Object.keys(TAP_TOLD_BY).map(tapRow))}

## Fixed

${table(['constant', 'value', 'what it bounds', 'at the limit'], FIXED.map(fixedRow))}

At most 65,536 pings of our own wait at a time: a sequence number is not used twice at once (\`EAGAIN\`).
`;
}

function settingRows({ group, file, type, defaults }, schema) {
  const source = new SourceFile(file);
  const texts = source.objectTexts(defaults);
  const ranges = schema.properties.settings.properties[group].properties;
  return source.interfaceMembers(type).map(({ name, comment }) => {
    const path = `${group}.${name}`;
    if (!(path in TOLD_BY)) throw new Error(`say in scripts/docs/limits-page.mjs what tells that ${path} was reached`);
    if (comment === '') throw new Error(`${file}: ${name} has no comment that says what it bounds`);
    return [code(`settings.${path}`), plain(texts.get(name)), rangeOf(ranges[name]), comment, TOLD_BY[path] ?? ''];
  });
}

function tapRow(name) {
  const { min, max, default: value, describe } = new SourceFile(TAP_OPTIONS).zodProperty(name);
  return [code(name), value, `${min} to ${max}`, describe, TAP_TOLD_BY[name]];
}

function fixedRow([path, name, unit, atLimit, otherwise = '']) {
  const file = `packages/${path}`;
  const { value, comment } = constant(file, name);
  const what = comment || otherwise;
  if (value === undefined || what === '') throw new Error(`${file}: ${name} has no plain value or no comment`);
  const shown = name.endsWith('_BITS') ? 1 << value : value;
  return [`[${code(name)}](../${file})`, `${shown} ${unit}`, what, atLimit];
}

function constant(file, name) {
  return new SourceFile(file).constant(name);
}

/** A schema's range, of a number or of both numbers of a pair; or the values there are. */
function rangeOf(schema) {
  if (schema.type === 'boolean') return 'true or false';
  if (schema.enum !== undefined) return schema.enum.join(' or ');
  const { minimum, maximum } = schema.type === 'array' ? schema.items[0] : schema;
  return `${minimum} to ${maximum}`;
}

/** A default as it stands in the code, products worked out and without separators. */
function plain(text) {
  const factors = text.split('*').map((factor) => factor.replaceAll('_', '').trim());
  return factors.length > 1 ? String(factors.reduce((product, factor) => product * Number(factor), 1)) : factors[0];
}
