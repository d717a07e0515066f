import { DEFAULT_ARP_LIMITS, type ArpLimits } from '../arp/arp-limits.js';
import { DEFAULT_ICMP_LIMITS, type IcmpLimits } from '../icmp/rate-limit.js';
import { DEFAULT_IGMP_LIMITS, type IgmpLimits } from '../igmp/igmp-limits.js';
import { DEFAULT_IPV4_SETTINGS, type Ipv4Settings } from '../ipv4/ipv4-settings.js';
import { DEFAULT_PATH_MTU_LIMITS, type PathMtuLimits } from '../ipv4/path-mtu-limits.js';
import { DEFAULT_REASSEMBLY_LIMITS, type ReassemblyLimits } from '../ipv4/reassembly-limits.js';
import { DEFAULT_TCP_LIMITS, type TcpLimits } from '../tcp/tcp-limits.js';
import { DEFAULT_RAW_LIMITS, type RawLimits } from '../raw/raw-limits.js';
import { DEFAULT_UDP_LIMITS, type UdpLimits } from '../udp/udp-limits.js';
import { DEFAULT_LOOP_SETTINGS, type LoopSettings } from './poll-loop.js';

/** Every limit and time of the stack that can be set; what is not given has its default. */
export interface StackSettings {
  readonly arp?: Partial<ArpLimits> | undefined;
  readonly reassembly?: Partial<ReassemblyLimits> | undefined;
  readonly ipv4?: Partial<Ipv4Settings> | undefined;
  readonly pathMtu?: Partial<PathMtuLimits> | undefined;
  readonly icmp?: Partial<IcmpLimits> | undefined;
  readonly igmp?: Partial<IgmpLimits> | undefined;
  readonly raw?: Partial<RawLimits> | undefined;
  readonly udp?: Partial<UdpLimits> | undefined;
  readonly tcp?: Partial<TcpLimits> | undefined;
  readonly loop?: Partial<LoopSettings> | undefined;
}

/** Settings with every default filled in. */
export interface FullStackSettings {
  readonly arp: ArpLimits;
  readonly reassembly: ReassemblyLimits;
  readonly ipv4: Ipv4Settings;
  readonly pathMtu: PathMtuLimits;
  readonly icmp: IcmpLimits;
  readonly igmp: IgmpLimits;
  readonly raw: RawLimits;
  readonly udp: UdpLimits;
  readonly tcp: TcpLimits;
  readonly loop: LoopSettings;
}

/** Fills in the defaults; a member that is undefined counts as not given. */
export function fillSettings(settings: StackSettings): FullStackSettings {
  return {
    arp: withDefaults(DEFAULT_ARP_LIMITS, settings.arp),
    reassembly: withDefaults(DEFAULT_REASSEMBLY_LIMITS, settings.reassembly),
    ipv4: withDefaults(DEFAULT_IPV4_SETTINGS, settings.ipv4),
    pathMtu: withDefaults(DEFAULT_PATH_MTU_LIMITS, settings.pathMtu),
    icmp: withDefaults(DEFAULT_ICMP_LIMITS, settings.icmp),
    igmp: withDefaults(DEFAULT_IGMP_LIMITS, settings.igmp),
    raw: withDefaults(DEFAULT_RAW_LIMITS, settings.raw),
    udp: withDefaults(DEFAULT_UDP_LIMITS, settings.udp),
    tcp: withDefaults(DEFAULT_TCP_LIMITS, settings.tcp),
    loop: withDefaults(DEFAULT_LOOP_SETTINGS, settings.loop),
  };
}

function withDefaults<T extends object>(defaults: T, given: Partial<T> = {}): T {
  const defined = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(defined) };
}
