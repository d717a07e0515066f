import { expect, test } from '@jest/globals';
import type { PingResult } from '@lunetta/core';
import { ethernet, type LanHost, withLan } from '@lunetta/testkit';

const TIMEOUT_MS = 120_000; // for a busy machine

test(
  'a virtual day of 100 stacks on a switch, neighbours forgotten and asked for again',
  () =>
    withLan({}, async (lan) => {
      const middle = lan.switch('sw');
      const hosts = Array.from({ length: 100 }, (_, i): LanHost => {
        const host = lan.host(`h${i}`, `10.0.0.${i + 1}/24`);
        lan.cable(host, middle, { delay: '10us' });
        return host;
      });
      const results: PingResult[] = [];
      const pingNext = (i: number) =>
        hosts[i].stack.ping(`10.0.0.${((i + 1) % 100) + 1}`, {}, (result) => results.push(result));
      for (let hour = 0; hour < 24; hour += 6) {
        for (let i = 0; i < 100; i++) pingNext(i);
        await lan.advance('6h');
      }
      expect(results).toHaveLength(400);
      expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
      const [{ arp }] = hosts[0].stack.counters().interfaces;
      expect(arp.neighbours).toBe(0); // all forgotten within hours
      expect(middle.addresses.aged).toBeGreaterThanOrEqual(300);
    }),
  TIMEOUT_MS,
);

test(
  '1000 stations on a switch',
  () =>
    withLan({ history: 10 }, async (lan) => {
      const middle = lan.switch('sw', { limit: 1000 });
      const stations = Array.from({ length: 1000 }, (_, i) => {
        const station = lan.station(`s${i}`);
        lan.cable(station, middle, { delay: '1ms' });
        return station;
      });
      const [first, ...others] = stations;
      const frame = (dst: string, src: string) => ethernet({ dst, src, type: 0x88b5 }).payload(new Uint8Array(46));
      first.send(frame('ff:ff:ff:ff:ff:ff', first.mac));
      await lan.advance('10ms');
      expect(stations.map((station) => station.receive().length)).toEqual([0, ...new Array<number>(999).fill(1)]);
      for (const station of others) station.send(frame(first.mac, station.mac));
      await lan.advance('10ms');
      expect(middle.addresses).toMatchObject({ known: 1000, refused: 0 });
      expect(stations.map((station) => station.receive().length)).toEqual([999, ...new Array<number>(999).fill(0)]);
    }),
  TIMEOUT_MS,
);
