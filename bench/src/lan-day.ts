/**
 * A virtual day of an idle LAN: stacks on one switch that have spoken to their neighbours once, announce themselves, and
 * forget each other as ARP and the switch have it. `node bench/dist/lan-day.js [STACKS]` prints the milliseconds of three
 * days, set-up included. The goal: 100 stacks in less than 2 seconds.
 */
import { fileURLToPath } from 'node:url';
import { type LanHost, withLan } from '@lunetta/testkit';

/** Milliseconds for a virtual day. */
export async function lanDay(stacks: number): Promise<number> {
  const started = performance.now();
  await withLan({}, async (lan) => {
    const middle = lan.switch('switch');
    const hosts = Array.from({ length: stacks }, (_, i): LanHost => {
      const host = lan.host(`host${i}`, `10.0.${i >> 7}.${(i & 127) + 1}/16`);
      lan.cable(host, middle, { delay: '10us' });
      return host;
    });
    let answers = 0;
    for (const [i, { stack }] of hosts.entries()) {
      const next = (i + 1) % stacks;
      stack.ping(
        `10.0.${next >> 7}.${(next & 127) + 1}`,
        {},
        ({ error }) => void (answers += error === undefined ? 1 : 0),
      );
    }
    await lan.advance('24h');
    if (answers !== stacks) throw new Error(`${answers} of ${stacks} pings were answered`);
  });
  return performance.now() - started;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stacks = Number(process.argv[2] ?? 100);
  for (let run = 0; run < 3; run++) console.log(`${stacks} stacks: ${Math.round(await lanDay(stacks))} ms`);
}
