import { z } from 'zod';

const clock = z.union([z.enum(['recorded', 'fast']), z.number().positive().max(1e6)]);

/** Buffers beside those that pass through the queues, four bursts of them: the stack's stock, and what it may hold. */
const LEAST_TO_HOLD = 256;

/** The interface's `options` in the configuration. */
export const pcapOptionsSchema = z
  .strictObject({
    in: z.string().min(1).optional().describe('The capture whose packets are received, pcap or pcapng; - is stdin.'),
    device: z.string().min(1).optional().describe('The same as `in`.'),
    out: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The capture that sent packets are written to, made anew; - is stdout. Not given: they are counted only.',
      ),
    format: z
      .enum(['pcapng', 'pcap', 'pcap-ns'])
      .default('pcapng')
      .describe('Of `out`: pcapng, or the classic format with micro- or nanoseconds.'),
    clock: clock
      .default('recorded')
      .describe(
        "How the capture's time passes: as recorded, as fast as the stack can work, or so many times as fast as recorded.",
      ),
    linger: z
      .number()
      .min(0)
      .max(86_400)
      .default(1)
      .describe("Seconds of the capture's time that the interface stays after the last packet: for late answers."),
    answerArp: z
      .boolean()
      .default(true)
      .describe('Answer our ARP requests for stations of the capture, in their place: nobody else does in a replay.'),
    snapLength: z.int().min(64).max(262_144).default(262_144).describe('Bytes of a sent packet that are written.'),
    flush: z
      .enum(['poll', 'block'])
      .optional()
      .describe(
        'When what was sent is written: after every poll, or in blocks of 64 KiB and at the end. Default: poll; with the ' +
          'clock fast: block.',
      ),
    buffers: z
      .int()
      .min(512)
      .max(65_536)
      .default(2048)
      .describe('Frame buffers of 2 KiB; at least 256 and four times `burst`.'),
    burst: z.int().min(36).max(256).default(64).describe('Frame buffers received by one poll, at most.'),
  })
  .superRefine((options, context) => {
    if ((options.in === undefined) === (options.device === undefined)) {
      const message =
        options.in === undefined ? 'name the capture to read' : 'is the same as `device`; give one of them';
      context.addIssue({ code: 'custom', path: ['in'], message });
    }
    const least = LEAST_TO_HOLD + 4 * options.burst;
    if (options.buffers < least) {
      const message = `must be ${least} at least for a burst of ${options.burst}`;
      context.addIssue({ code: 'custom', path: ['buffers'], message });
    }
  });

/** Options of a capture with the defaults filled in. */
export type PcapOptions = z.output<typeof pcapOptionsSchema>;
