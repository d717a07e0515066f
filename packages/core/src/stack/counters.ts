import { ARP_COUNTERS, ArpCounter } from '../arp/arp-counters.js';
import type { ForwardCounter } from '../ipv4/forward-counters.js';
import type { FragmentCounter } from '../ipv4/fragment-counters.js';
import type { PathMtuCounter } from '../ipv4/path-mtu-counters.js';
import type { ReassemblyCounter } from '../ipv4/reassembly-counters.js';
import type { IcmpCounter } from '../icmp/icmp-counters.js';
import type { IgmpCounter } from '../igmp/igmp-counters.js';
import { DROP_REASONS, DropReason } from '../link/drop-reason.js';
import { LinkCounter } from '../link/link-counters.js';
import type { LinkStatistics, QueueAudit } from '../link/link-driver.js';
import type { TcpCounter } from '../tcp/tcp-counters.js';
import type { UdpCounter } from '../udp/udp-counters.js';
import type { NetworkInterface } from './network-interface.js';

/** What ARP counts on one link. */
type ArpAccounts = Readonly<Record<keyof typeof ArpCounter | 'neighbours', number>>;

/** The accounts of one interface; the unit is a frame where no other is said. */
export interface InterfaceCounters {
  readonly name: string;
  readonly rx: {
    readonly frames: number;
    readonly bytes: number;
    readonly delivered: number;
    readonly consumed: number;
    readonly forwarded: number;
    /** By reason, only those that happened. */
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly tx: {
    readonly accepted: number;
    readonly sent: number;
    readonly bytes: number;
    /** In the link's queue now. */
    readonly queued: number;
    /** Waiting for ARP now. */
    readonly pending: number;
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly arp: ArpAccounts;
  /** The VLANs on it; their frames count with those of the interface. */
  readonly vlans: readonly { readonly name: string; readonly id: number; readonly arp: ArpAccounts }[];
  /** Buffers held beyond the present burst. */
  readonly held: number;
  readonly link: LinkStatistics;
  readonly buffers: QueueAudit;
}

/** Everything that the stack counts. */
export interface StackCounters {
  readonly interfaces: readonly InterfaceCounters[];
  readonly reassembly: Readonly<Record<keyof typeof ReassemblyCounter | 'waiting', number>>;
  readonly fragments: Readonly<Record<keyof typeof FragmentCounter, number>>;
  readonly forwarding: Readonly<Record<keyof typeof ForwardCounter, number>>;
  /** How many there are now. */
  readonly routes: { readonly size: number; readonly redirects: number };
  readonly pathMtu: Readonly<Record<keyof typeof PathMtuCounter | 'destinations', number>>;
  readonly icmp: Readonly<Record<keyof typeof IcmpCounter, number>>;
  readonly igmp: Readonly<Record<keyof typeof IgmpCounter | 'groups', number>>;
  readonly tcp: Readonly<
    Record<keyof typeof TcpCounter | 'connections' | 'halfOpen' | 'timeWait' | 'listeners' | 'bufferBytes', number>
  >;
  readonly udp: Readonly<Record<keyof typeof UdpCounter | 'sockets', number>>;
}

/** Of the loopback interface. */
const NO_ARP = new Float64Array(ARP_COUNTERS);

/** The accounts of an interface that has a port of its own, at this moment; `vlans` are those on it. */
export function interfaceCounters(iface: NetworkInterface, vlans: readonly NetworkInterface[] = []): InterfaceCounters {
  const { io, port } = iface;
  const pending = [iface, ...vlans].reduce((sum, { link }) => sum + (link.arp?.resolver.pendingCount ?? 0), 0);
  const { counters } = io;
  return {
    name: iface.name,
    rx: {
      frames: counters[LinkCounter.rxFrames],
      bytes: counters[LinkCounter.rxBytes],
      delivered: counters[LinkCounter.delivered],
      consumed: counters[LinkCounter.consumed],
      forwarded: counters[LinkCounter.forwarded],
      dropped: byReason(io.rxDrops),
    },
    tx: {
      accepted: counters[LinkCounter.txAccepted],
      sent: counters[LinkCounter.txSent],
      bytes: counters[LinkCounter.txBytes],
      queued: io.txCount,
      pending,
      dropped: byReason(io.txDrops),
    },
    arp: arpAccounts(iface),
    vlans: vlans.map((vlan) => ({ name: vlan.name, id: vlan.tag!.id, arp: arpAccounts(vlan) })),
    held: io.held,
    link: port.statistics(),
    buffers: io.queue.audit(),
  };
}

function arpAccounts({ link: { arp } }: NetworkInterface): ArpAccounts {
  return { ...named(ArpCounter, arp?.counters ?? NO_ARP), neighbours: arp?.resolver.size ?? 0 };
}

/** Counters by their names: `names` is the enum of their indices. */
export function named<Name extends string>(
  names: Readonly<Record<Name, number | string>>,
  values: Float64Array,
): Record<Name, number> {
  const entries = Object.entries(names).filter(([, index]) => typeof index === 'number');
  return Object.fromEntries(entries.map(([name, index]) => [name, values[index as number]])) as Record<Name, number>;
}

function byReason(drops: Float64Array): Record<string, number> {
  const counted: Record<string, number> = {};
  for (let reason = 0; reason < DROP_REASONS; reason++) {
    if (drops[reason] > 0) counted[DropReason[reason]] = drops[reason]!;
  }
  return counted;
}
