import { isIPv4 } from 'node:net';
import { z } from 'zod';

/** Bytes that an interface name may have: IFNAMSIZ of linux/if.h without the final zero. */
const MAX_NAME_BYTES = 15;

/** What is wrong with a name for a network interface (dev_valid_name in net/core/dev.c), or undefined. */
export function deviceNameProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  const bytes = new TextEncoder().encode(name).length;
  if (bytes > MAX_NAME_BYTES) return `has ${bytes} bytes; Linux takes at most ${MAX_NAME_BYTES}`;
  if (name === '.' || name === '..') return 'is a reserved name';
  // The kernel makes numbers out of a %: `tap%d` would open another device than the one named.
  const bad = /[\s/:%\0]/.exec(name);
  return bad === null ? undefined : `holds ${JSON.stringify(bad[0])}, which an interface name must not`;
}

function isHostAddress(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/');
  return (
    isIPv4(address) && /^\d{1,2}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= 32 && rest.length === 0
  );
}

/**
 * The interface's `options` in the configuration. What is said of the kernel's side (`persist`, `up`, `hostAddress`)
 * is done only to a device that the driver creates; one that is there already belongs to who made it.
 */
export const tapOptionsSchema = z
  .strictObject({
    device: z
      .string()
      .default('lun0')
      .superRefine((name, context) => {
        const problem = deviceNameProblem(name);
        if (problem !== undefined) context.addIssue({ code: 'custom', message: `the name ${problem}` });
      })
      .describe('The TAP device: attached to if it exists, else created.'),
    netns: z
      .string()
      .min(1)
      .optional()
      .describe('The network namespace of the device: a name of `ip netns`, or a path such as /proc/123/ns/net.'),
    persist: z.boolean().default(false).describe('A device that we create stays when we close it.'),
    up: z.boolean().default(false).describe("Set a device that we create up on the kernel's side."),
    hostAddress: z
      .string()
      .refine(isHostAddress, 'must be an IPv4 address with its prefix length, such as 10.0.0.1/24')
      .optional()
      .describe("The address of the kernel's side of a device that we create, such as 10.0.0.1/24."),
    buffers: z
      .int()
      .min(256)
      .max(16384)
      .default(2048)
      .describe('Frame buffers. A buffer takes 2 KiB at an MTU of 1500, in memory only once it has been used.'),
    burst: z.int().min(1).max(256).default(64).describe('Frames received by one poll.'),
    offloads: z
      .boolean()
      .default(true)
      .describe('TCP passes between us and the kernel in pieces of up to 64 KiB, and checksums need not be made.'),
    poison: z.boolean().default(false).describe('Overwrite buffers that come back: shows who still reads them.'),
  })
  .refine((options) => options.buffers >= 4 * options.burst, {
    path: ['buffers'],
    message: 'must be at least four times burst',
  });

/** Options of a TAP device with the defaults filled in. */
export type TapOptions = z.output<typeof tapOptionsSchema>;
