import { describe, expect, test } from '@jest/globals';
import {
  ethernet,
  type Hub,
  type PacketBuilder,
  type Station,
  type Switch,
  type VirtualLan,
  withLan,
} from '@lunetta/testkit';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

function to(dst: string, from: Station, mark = 0): PacketBuilder {
  return ethernet({ dst, src: from.mac, type: 0x88b5 }).payload(Uint8Array.of(mark));
}

/** `count` stations on a switch or hub. */
function stationsOn(lan: VirtualLan, middle: Switch | Hub, count: number): Station[] {
  return Array.from({ length: count }, (_, i) => {
    const station = lan.station(`s${i}`);
    lan.cable(station, middle);
    return station;
  });
}

/** How many frames each has heard. */
const heardBy = (stations: readonly Station[]): number[] => stations.map((station) => station.receive().length);

test('a hub repeats to all others', () =>
  withLan({}, async (lan) => {
    const stations = stationsOn(lan, lan.hub('hub'), 4);
    stations[1].send(to(stations[2].mac, stations[1]));
    await lan.advance('1ms');
    expect(heardBy(stations)).toEqual([1, 0, 1, 1]);
  }));

describe('a switch', () => {
  test('floods what it does not know, and learns where a station is from what it sends', () =>
    withLan({}, async (lan) => {
      const middle = lan.switch('sw');
      const stations = stationsOn(lan, middle, 4);
      const [a, b] = stations;
      a.send(to(b.mac, a));
      await lan.advance('1ms');
      expect(heardBy(stations)).toEqual([0, 1, 1, 1]);
      b.send(to(a.mac, b));
      a.send(to(b.mac, a));
      await lan.advance('1ms');
      expect(heardBy(stations)).toEqual([1, 1, 0, 0]);
      a.send(to(BROADCAST, a), to('01:00:5e:00:00:01', a));
      await lan.advance('1ms');
      expect(heardBy(stations)).toEqual([0, 2, 2, 2]);
      expect(middle.counts).toMatchObject({ received: 5, flooded: 3, forwarded: 2, sent: 3 * 3 + 2 });
      expect(middle.addresses).toEqual({ known: 2, aged: 0, moved: 0, refused: 0 });
    }));

  test('forgets who is silent, after the time since the last frame', () =>
    withLan({}, async (lan) => {
      const middle = lan.switch('sw', { age: '10s' });
      const stations = stationsOn(lan, middle, 3);
      const [a, b, c] = stations;
      a.send(to(BROADCAST, a));
      b.send(to(BROADCAST, b));
      await lan.advance('6s');
      a.send(to(b.mac, a)); // a is seen again
      await lan.advance('3999ms');
      expect(middle.addresses).toMatchObject({ known: 2, aged: 0 });
      await lan.advance('1ms');
      expect(middle.addresses).toMatchObject({ known: 1, aged: 1 });
      heardBy(stations);
      c.send(to(b.mac, c), to(a.mac, c));
      await lan.advance('1ms');
      expect(heardBy(stations)).toEqual([2, 1, 0]);
    }));

  test('learns no more than its limit, floods to the others, and has room again when one is forgotten', () =>
    withLan({}, async (lan) => {
      const middle = lan.switch('sw', { limit: 2, age: '10s' });
      const stations = stationsOn(lan, middle, 4);
      for (const station of stations) {
        station.send(to(BROADCAST, station));
        await lan.advance('1s');
      }
      expect(middle.addresses).toMatchObject({ known: 2, refused: 2 });
      heardBy(stations);
      stations[0].send(to(stations[1].mac, stations[0]), to(stations[2].mac, stations[0]));
      await lan.advance('1ms');
      expect(heardBy(stations)).toEqual([0, 2, 1, 1]);
      await lan.advance('8s'); // the second one is forgotten
      stations[3].send(to(BROADCAST, stations[3]));
      await lan.advance('1ms');
      expect(middle.addresses).toMatchObject({ known: 2, aged: 1, refused: 2 });
    }));

  test('follows a station that comes to another port, and forgets a port whose cable is pulled out', () =>
    withLan({}, async (lan) => {
      const middle = lan.switch('sw');
      const [a, b, c] = stationsOn(lan, middle, 3);
      b.send(to(BROADCAST, b));
      await lan.advance('1ms');
      c.send(to(a.mac, b)); // in the name of b
      await lan.advance('1ms');
      heardBy([a, b, c]);
      a.send(to(b.mac, a));
      await lan.advance('1ms');
      expect(heardBy([a, b, c])).toEqual([0, 0, 1]);
      expect(middle.addresses.moved).toBe(1);
      const moving = lan.station('moving');
      const cable = lan.cable(moving, middle);
      moving.send(to(BROADCAST, moving));
      await lan.advance('1ms');
      cable.unplug();
      expect(middle.addresses.known).toBe(2);
    }));

  test('sends nothing back, and nothing that bridges keep or that is no frame', () =>
    withLan({}, async (lan) => {
      const middle = lan.switch('sw');
      const hub = lan.hub('hub');
      lan.cable(hub, middle);
      const [a, b] = stationsOn(lan, hub, 2);
      const c = lan.station('c');
      lan.cable(c, middle);
      b.send(to(BROADCAST, b));
      await lan.advance('1ms');
      heardBy([a, b, c]);
      a.send(to(b.mac, a), to('01:80:c2:00:00:0e', a), new Uint8Array(13));
      a.send(ethernet({ dst: b.mac, src: '01:00:00:00:00:01' }).payload(new Uint8Array(46)));
      await lan.advance('1ms');
      expect(heardBy([a, b, c])).toEqual([0, 4, 0]);
      expect(middle.counts).toMatchObject({ filtered: 1, reserved: 1, malformed: 2 });
    }));

  test('in a loop with another one is a storm that is told, not waited for, until a cable is pulled', () =>
    withLan({ history: 0, turnLimit: 10_000 }, async (lan) => {
      const [left, right] = [lan.switch('left'), lan.switch('right')];
      const [cable] = [lan.cable(left, right), lan.cable(left, right)];
      const a = lan.station('a');
      lan.cable(a, left);
      a.onFrame = () => void a.receive();
      a.send(to(BROADCAST, a));
      await expect(lan.advance('1s')).rejects.toThrow(/timers of the loop ran .* time cannot move/);
      cable.unplug();
      await lan.advance('1s');
    }));
});
