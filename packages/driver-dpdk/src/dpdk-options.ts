import { z } from 'zod';

/** A PCI address as `lspci -D` prints it; the domain may be left out. */
const PCI_ADDRESS = /^(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i;
/** DPDK's virtual devices begin with the name of their driver. */
const VIRTUAL_DEVICE = /^(?:net|eth)_[A-Za-z0-9_]+(?:,.+)?$/;

/** Packet types that receive-side scaling may look at. */
export const RSS_TYPES = [
  'ipv4',
  'ipv4-fragment',
  'ipv4-tcp',
  'ipv4-udp',
  'ipv4-other',
  'ipv6',
  'ipv6-tcp',
  'ipv6-udp',
] as const;
export type RssType = (typeof RSS_TYPES)[number];

const pciAddress = z.string().regex(PCI_ADDRESS, 'must be a PCI address, such as 0000:01:00.0');

/** DPDK's environment: one for the whole process; the first interface that is opened decides. */
const ealSchema = z
  .strictObject({
    memory: z
      .enum(['auto', 'hugepages', 'none'])
      .default('auto')
      .describe('Where memory comes from: hugepages, ordinary pages (`none`), or hugepages if there are any.'),
    megabytes: z.int().min(32).max(65536).default(256).describe('Memory for all of DPDK where there are no hugepages.'),
    filePrefix: z
      .string()
      .regex(/^[\w.-]+$/, 'must be letters, digits, _, . and -')
      .optional()
      .describe("Distinguishes this process's files from those of others. Default: `lunetta-` and the process id."),
    lcores: z.string().min(1).optional().describe("DPDK's --lcores. Default: one, on the first processor allowed."),
    devices: z.array(pciAddress).default([]).describe('Further PCI devices that are to be usable in this process.'),
    plugins: z.array(z.string().min(1)).default([]).describe("Drivers' libraries, or folders of them, to load (-d)."),
    arguments: z.array(z.string().min(1)).default([]).describe("Further words for DPDK's command line."),
  })
  .prefault({});

const rssSchema = z
  .strictObject({
    types: z.array(z.enum(RSS_TYPES)).default([]).describe("Default: the driver's choice of IP, UDP and TCP."),
    key: z
      .string()
      .regex(/^(?:[0-9a-f]{2})+$/i, 'must be an even number of hexadecimal digits')
      .optional()
      .describe("The Toeplitz key; most devices want 40 bytes. Default: the device's own."),
    table: z
      .array(z.int().min(0).max(63))
      .max(512)
      .default([])
      .describe('Queues by hash; repeated to fill the table of the device.'),
  })
  .prefault({});

/** The interface's `options` in the configuration. */
export const dpdkOptionsSchema = z
  .strictObject({
    device: z
      .string()
      .refine((name) => PCI_ADDRESS.test(name) || VIRTUAL_DEVICE.test(name), {
        message: 'must be a PCI address, such as 0000:01:00.0, or a virtual device, such as net_tap0,iface=dpdk0',
      })
      .describe('The device: a PCI address, or a virtual device of DPDK with its arguments.'),
    eal: ealSchema,
    netns: z.string().min(1).optional().describe('Network namespace in which a virtual device finds its interface.'),
    queues: z.int().min(1).max(64).default(1).describe('Queues each way.'),
    queue: z.int().min(0).max(63).optional().describe('Open only this queue: each worker thread opens one of its own.'),
    rxDescriptors: z.int().min(32).max(8192).default(512).describe('Frames that the device can receive ahead.'),
    txDescriptors: z.int().min(32).max(8192).default(512).describe('Frames that wait in the device for sending.'),
    buffers: z.int().min(512).max(524288).default(4096).describe('Frame buffers of the port.'),
    burst: z.int().min(1).max(256).default(64).describe('Frames received by one poll.'),
    memory: z.string().min(1).max(32).optional().describe('Ports that give the same name share their frame buffers.'),
    frames: z
      .enum(['native', 'webassembly'])
      .default('native')
      .describe('Whose memory frames lie in: DPDK’s, or a WebAssembly.Memory (virtual devices only).'),
    promiscuous: z.boolean().default(false).describe('Receive what is for others, too.'),
    allMulticast: z.boolean().default(false).describe('Receive all multicast.'),
    rxOffloads: z.boolean().default(true).describe('Let the device verify checksums, if it can.'),
    txOffloads: z.boolean().default(true).describe('Offer what the device can do on sending.'),
    tso: z
      .boolean()
      .default(true)
      .describe('Let the device cut up TCP segments, if it can: frame buffers then take 15 KiB each.'),
    vlanStrip: z.boolean().default(false).describe('Let the device take VLAN tags off.'),
    interrupts: z.boolean().default(true).describe('Let the device wake a sleeping stack, if it can.'),
    rss: rssSchema,
    poison: z.boolean().default(false).describe('Overwrite buffers that come back: shows who still reads them.'),
  })
  .refine(({ queue, queues }) => queue === undefined || queue < queues, {
    path: ['queue'],
    message: 'must be less than queues',
  })
  .refine(({ rss, queues }) => rss.table.every((queue) => queue < queues), {
    path: ['rss', 'table'],
    message: 'must name queues below `queues`',
  })
  .superRefine((options, context) => {
    const least = leastBuffers(options);
    if (options.buffers >= least) return;
    const message = `must be at least ${least}: rxDescriptors, txDescriptors and six bursts for each queue`;
    context.addIssue({ code: 'custom', path: ['buffers'], message });
  })
  .refine(({ frames, device }) => frames === 'native' || !PCI_ADDRESS.test(device), {
    path: ['frames'],
    message: 'webassembly is for virtual devices: a PCI device needs hugepages, so use native',
  })
  .refine(({ frames, memory, queue }) => frames === 'native' || (memory === undefined && queue === undefined), {
    path: ['frames'],
    message: 'webassembly goes with neither memory nor queue',
  });

/** Options of a DPDK device with the defaults filled in. */
export type DpdkOptions = z.output<typeof dpdkOptionsSchema>;

/** Whether a device is named by its PCI address. */
export function isPciAddress(device: string): boolean {
  return PCI_ADDRESS.test(device);
}

/** The PCI address with its domain, as DPDK names the device. */
export function fullPciAddress(address: string): string {
  return (/^[^:]+:[^:]+:/.test(address) ? address : `0000:${address}`).toLowerCase();
}

interface MemoryUse {
  readonly queues: number;
  readonly queue?: number | undefined;
  readonly rxDescriptors: number;
  readonly txDescriptors: number;
  readonly burst: number;
}

/** What devices hold of a memory, and what must be left to receive and to answer. */
function leastBuffers({ queues, queue, rxDescriptors, txDescriptors, burst }: MemoryUse): number {
  return (queue === undefined ? queues : 1) * (rxDescriptors + txDescriptors + 6 * burst);
}
