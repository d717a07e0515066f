/** The 82576, DPDK's driver `net_e1000_igb`: the one of the three that verifies checksums and wakes a sleeping stack. */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import { AT_KERNEL, FIRST_CARD, SECOND_CARD } from './support/machine-arguments.js';
import { portTests } from './support/port-tests.js';
import { queueTests } from './support/queue-tests.js';
import { SegmentCapture } from './support/segment-capture.js';
import { ServicesFixture } from './support/services-fixture.js';
import { servicesTests } from './support/services-tests.js';
import { datagram, isUdpTo, padded, pattern } from './support/stations.js';

const ECHOES = 50_000;
const PAUSE_MS = 300;
const CHARACTERS = 1_000_000;
const LONGEST_FRAME = 1514;

/** Lines of 72 printing characters, each beginning one later than the one before (RFC 864). */
function characters(length: number): string {
  const all = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
    .join('')
    .repeat(2);
  let text = '';
  for (let line = 0; text.length < length; line++) text += `${all.slice(line % 95, (line % 95) + 72)}\r\n`;
  return text.slice(0, length);
}

describeTap('lunetta services on an emulated 82576 (igb)', () => {
  const fixture = new ServicesFixture('igb', { vlanStrip: true });
  servicesTests(fixture, ECHOES);

  test('TCP leaves it to the card to cut up what it sends: a Linux kernel reads a million characters', async () => {
    const before = (await fixture.counters()).interfaces[1].tx;
    const capture = await SegmentCapture.start(fixture.kernel, 'tcp src port 19');
    expect(fixture.kernel.characters(AT_KERNEL, CHARACTERS)).toBe(characters(CHARACTERS));
    const segments = await capture.until(CHARACTERS / 2); // on a busy machine a capture may begin late, or miss some
    const after = (await fixture.counters()).interfaces[1].tx;
    expect((after.bytes - before.bytes) / (after.sent - before.sent)).toBeGreaterThan(3 * LONGEST_FRAME);
    expect(Math.max(...segments.map(({ frameLength }) => frameLength))).toBe(LONGEST_FRAME);
    expect(segments.filter(({ isGood }) => !isGood)).toEqual([]);
  });

  test('the interrupts of the card wake the sleeping stack', async () => {
    const before = await interrupts(fixture);
    for (let i = 0; i < 10; i++) {
      await pause(PAUSE_MS);
      fixture.machine.peer.send(padded(datagram().udp({ srcPort: 6001 }).payload(pattern(i))));
      await fixture.machine.peer.receive((frame) => isUdpTo(frame, 6001));
    }
    expect((await interrupts(fixture)) - before).toBeGreaterThanOrEqual(5);
  });

  test('a card that is pulled under load ends the services, which say so and give every buffer back', async () => {
    const { machine, kernel } = fixture;
    const reader = kernel.start('nc', '-d', AT_KERNEL, '19');
    let isOver = false;
    try {
      await once(reader.stdout, 'data');
      reader.stdout.resume();
      const pulled = machine.monitor.execute('device_del', { id: SECOND_CARD.id });
      const ended = fixture.end().finally(() => (isOver = true));
      for (let i = 0; !isOver; i++) {
        const packet = datagram().udp({ srcPort: 6002 });
        machine.peer.send(padded(packet.payload(pattern(i % 1400))));
        await pause(5);
      }
      await pulled;
      const { code, signal, stderr } = await ended;
      expect({ code, signal, stderr }).toEqual({
        code: 1,
        signal: null,
        stderr: `lunetta: interface kernel: its device ${SECOND_CARD.pci} was removed. Make it again and start anew\n`,
      });
      await machine.monitor.deviceDeleted(SECOND_CARD.id);
    } finally {
      reader.kill();
    }
  });

  queueTests(fixture);
  portTests(fixture);
});

/** How often the first card has interrupted the guest. */
async function interrupts(fixture: ServicesFixture): Promise<number> {
  const { stdout } = await fixture.machine.guest.run('cat', '/proc/interrupts');
  const lines = stdout.split('\n').filter((line) => line.includes(`(${FIRST_CARD.pci})`));
  return lines.flatMap((line) => line.match(/(?<= )\d+(?= )/g) ?? []).reduce((sum, count) => sum + Number(count), 0);
}
