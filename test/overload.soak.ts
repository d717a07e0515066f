/**
 * Overload and nonsense over a real device. Under ten times the load that can be served a stack must go on serving what
 * it can instead of spending its time on what it drops; random frames must harm nobody else's datagrams; and once they are
 * worked off all is as before, with every buffer back at the end.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import type { StackCounters } from 'lunetta';
import { Lab } from '../bench/src/tap/lab.js';
import { TAP_DEVICE, TAP_MAC } from '../bench/src/tap/links.js';
import { runLoadgen, type Blast, type EchoLoad } from '../bench/src/tap/loadgen.js';
import { echoServer, services, type Peer } from '../bench/src/tap/peers.js';
import { cpuTimeMs } from './support/cpu-time.js';

const SECONDS = 3;
/** The server's application works so long on each datagram: it can do 20,000 a second at most. */
const WORK_US = 50;
/** Offered so many times as much as was served without overload. */
const OVERLOAD = 10;
/** Goodput under overload in relation to its peak. */
const LEAST_GOODPUT = 0.8;

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

/** Echoes for a time, as many as the server does with a few under way. */
async function flood({ client, host }: Peer): Promise<EchoLoad> {
  return await runLoadgen(lab, client, [
    'udp-flood',
    '--host',
    host,
    '--secs',
    SECONDS,
    '--window',
    16,
    '--timeout',
    1,
  ]);
}

/** A few thousand single echoes. */
async function ping({ client, host }: Peer): Promise<EchoLoad> {
  return await runLoadgen(lab, client, ['udp-ping', '--host', host, '--count', 3000, '--warmup', 0.2, '--timeout', 1]);
}

/** Frames sent by the stack during a task, and the server's CPU time. */
async function served({ server }: Peer, task: () => Promise<unknown>): Promise<{ echoes: number; cpuMs: number }> {
  const sent = async () => (await server.counters<StackCounters>()).interfaces[0].tx.sent;
  const [before, cpuBefore] = [await sent(), cpuTimeMs(server.pid)];
  await task();
  return { echoes: (await sent()) - before, cpuMs: cpuTimeMs(server.pid) - cpuBefore };
}

/** Waits until the server has worked off what was sent: until it takes in nothing between two looks at its counters. */
async function workedOff({ server }: Peer): Promise<void> {
  const taken = async () => JSON.stringify((await server.counters<StackCounters>()).interfaces[0].rx);
  for (let before = await taken(), now = ''; now !== before; before = now, now = await taken());
}

describeTap('overload over TAP', () => {
  test('ten times as much as can be served leaves goodput at 80 % of its peak', async () => {
    const peer = await echoServer('slow application', { workUs: WORK_US })(lab);
    await flood(peer); // compiles it
    // By CPU time, not by the clock: what other processes take of the core is neither the server's gain nor its fault.
    let pps = 0;
    const peak = await served(peer, async () => ({ pps } = await flood(peer)));
    const rate = OVERLOAD * pps;
    const words = ['udp-blast', '--host', peer.host, '--secs', SECONDS, '--rate', Math.round(rate), '--batch', 4];
    let offered = 0;
    const overload = await served(peer, async () => {
      offered = (await runLoadgen<Blast>(lab, peer.client, words)).sent_pps;
    });
    expect(offered).toBeGreaterThan((OVERLOAD * pps) / 2);
    expect(overload.echoes / overload.cpuMs).toBeGreaterThan((LEAST_GOODPUT * peak.echoes) / peak.cpuMs);

    await workedOff(peer);
    expect(await ping(peer)).toMatchObject({ lost: 0, bad: 0 });
    const after = await served(peer, () => flood(peer));
    expect(after.echoes / after.cpuMs).toBeGreaterThan((LEAST_GOODPUT * peak.echoes) / peak.cpuMs);
    expect(await peer.server.end()).toBe(0);
  });

  test('random frames at full speed harm nobody: echoes go on, and after them all is as before', async () => {
    const peer = await services('adaptive')(lab);
    const before = await ping(peer);
    expect(before).toMatchObject({ lost: 0, bad: 0 });

    const target = ['--host', peer.host, '--device', TAP_DEVICE, '--mac', TAP_MAC];
    const blast = runLoadgen<Blast>(lab, peer.client, ['frame-blast', ...target, '--secs', SECONDS, '--rate', 200_000]);
    const during = await flood(peer);
    expect((await blast).sent).toBeGreaterThan(10_000);
    expect(during.bad).toBe(0);
    expect(during.rtt_us.n).toBeGreaterThan(1000);

    await workedOff(peer);
    const after = await ping(peer);
    expect(after).toMatchObject({ lost: 0, bad: 0 });
    expect(after.rtt_us.p50).toBeLessThan(5 * before.rtt_us.p50);
    const { rx } = (await peer.server.counters<StackCounters>()).interfaces[0];
    const dropped = Object.values(rx.dropped).reduce((sum, count) => sum + count, 0);
    expect(dropped).toBeGreaterThan(10_000);
    expect(await peer.server.end()).toBe(0); // 1 if a buffer was not given back
  });
});
