/**
 * The wake-up protocol over a real device: single frames at random gaps of 0 to 200 microseconds meet the poll loop at
 * every moment of its going to sleep. A lost wake-up leaves a frame unanswered until the next one comes, which it does
 * only when the client has given up. Every order of events is gone through in testkit's model; this is the proof that
 * driver, libuv and kernel keep to it. `LUNETTA_SOAK_FRAMES` sets the number of frames.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import { Lab } from '../bench/src/tap/lab.js';
import { runLoadgen } from '../bench/src/tap/loadgen.js';
import { services } from '../bench/src/tap/peers.js';

const FRAMES = Number(process.env['LUNETTA_SOAK_FRAMES'] ?? 1_000_000);
const LONGEST_GAP_US = 200;
const STALL_US = 100_000;
/** A lost wake-up is seen as an answer that takes as long, or never comes. */
const PATIENCE_S = 1;

describeTap('wake-up over TAP in interrupt mode', () => {
  let lab: Lab;
  beforeEach(() => {
    lab = new Lab();
  });
  afterEach(() => lab.close());

  test(`${FRAMES} single frames at random gaps are answered, none after 100 ms`, async () => {
    const { client, host, server } = await services('interrupt')(lab);
    const words = ['udp-ping', '--host', host, '--count', FRAMES, '--gap-us', LONGEST_GAP_US, '--timeout', PATIENCE_S];
    const { lost, bad, rtt_us: roundTrip } = await runLoadgen(lab, client, words);
    expect({ lost, bad, answered: roundTrip.n }).toEqual({ lost: 0, bad: 0, answered: FRAMES });
    expect(roundTrip.max).toBeLessThan(STALL_US);
    expect(await server.end()).toBe(0);
  });
});
