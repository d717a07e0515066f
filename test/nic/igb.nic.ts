/** The 82576, DPDK's driver `net_e1000_igb`: the one of the three that verifies checksums and wakes a sleeping stack. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import { AT_KERNEL, FIRST_CARD } from './support/machine-arguments.js';
import { portTests } from './support/port-tests.js';
import { ServicesFixture } from './support/services-fixture.js';
import { endTest, servicesTests } from './support/services-tests.js';
import { datagram, isUdpTo, padded, pattern } from './support/stations.js';

const ECHOES = 50_000;
const PAUSE_MS = 300;
const CHARACTERS = 1_000_000;

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

  test('a Linux kernel reads a million characters over TCP, right to the last one', () => {
    expect(fixture.kernel.characters(AT_KERNEL, CHARACTERS)).toBe(characters(CHARACTERS));
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

  endTest(fixture);
  portTests(fixture);
});

/** How often the first card has interrupted the guest. */
async function interrupts(fixture: ServicesFixture): Promise<number> {
  const { stdout } = await fixture.machine.guest.run('cat', '/proc/interrupts');
  const lines = stdout.split('\n').filter((line) => line.includes(`(${FIRST_CARD.pci})`));
  return lines.flatMap((line) => line.match(/(?<= )\d+(?= )/g) ?? []).reduce((sum, count) => sum + Number(count), 0);
}
