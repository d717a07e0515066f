import { describe, test } from '@jest/globals';
import { ARP_BEHAVIOURS } from './arp-behaviours.js';
import { compareSent, isAnnouncement, withoutIdentification } from './compare-sent.js';
import { IPV4_BEHAVIOURS } from './ipv4-behaviours.js';
import type { MatrixTarget, TimedFrame } from './matrix-target.js';
import { memoryTarget } from './memory-target.js';
import { readPacket } from '../packets/packet.js';
import { UDP_BEHAVIOURS } from './udp-behaviours.js';

const PATIENCE_MS = 30_000;
const GROUPS = { ARP: ARP_BEHAVIOURS, 'IPv4 and ICMP': IPV4_BEHAVIOURS, UDP: UDP_BEHAVIOURS };

/**
 * Defines the jest suite of what the stack does on any link: the same frames in, the same frames out. What it sends is
 * held to the standards, to what is expected, and, byte by byte, to what it sends on a memory cable; in virtual time with
 * its times.
 */
export function describeBehaviour(target: MatrixTarget): void {
  const isVirtual = target.clock === 'virtual';
  const comparison = { withTimes: isVirtual, paddedTo: target.paddedTo ?? 0 };
  // In the machine's time the two announcements come when they come.
  const compared = (frames: readonly TimedFrame[]): TimedFrame[] =>
    frames.filter((frame) => isVirtual || !isAnnouncement(frame));

  describe(`behaviour on ${target.name}`, () => {
    for (const [group, behaviours] of Object.entries(GROUPS)) {
      describe(group, () => {
        for (const { name, needsVirtualTime, conversation } of behaviours) {
          if (needsVirtualTime && !isVirtual) continue;
          test(
            name,
            async () => {
              const { script, expected } = conversation;
              const sent = compared(await target.run(script));
              for (const { bytes } of sent) readPacket(bytes);
              compareSent(sent, compared(expected), 'expected', { ...comparison, by: withoutIdentification });
              const onMemory = compared(await memoryTarget().run(script));
              compareSent(sent, onMemory, 'on a memory cable', { ...comparison, by: (frame) => frame });
            },
            PATIENCE_MS,
          );
        }
      });
    }
  });
}
