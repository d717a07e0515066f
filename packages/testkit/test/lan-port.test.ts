import { expect, test } from '@jest/globals';
import { type FarEnd, type Station, VirtualLan } from '@lunetta/testkit';
import { describeLinkDriver } from '@lunetta/testkit/jest';

/** A station as the far end of a link. */
function farEnd(station: Station): FarEnd {
  const heard: Uint8Array[] = [];
  return {
    send(frame) {
      const padded = new Uint8Array(Math.max(frame.length, 60)); // as the card of a real station has it
      padded.set(frame);
      station.send(padded);
      return true;
    },
    receive() {
      heard.push(...station.receive());
      return heard.shift() ?? null;
    },
    close: () => undefined,
  };
}

describeLinkDriver('virtual LAN', {
  paddedTo: 60,
  countsLosses: true,
  open: () => {
    const lan = new VirtualLan();
    const [card, station] = [lan.card('card'), lan.station('station')];
    const cable = lan.cable(card, station);
    // Virtual time stands still; what happens at this moment happens in turns of the real loop.
    let turn = setImmediate(function settle() {
      lan.time.settle();
      turn = setImmediate(settle);
    });
    return {
      port: card.port,
      peer: farEnd(station),
      setLinkState: (state) => (state === 'up' ? cable.plug() : cable.unplug()),
      remove: () => card.port.setLinkState('gone'),
      destroy: () => {
        clearImmediate(turn);
        return lan.close();
      },
    };
  },
});

test('a card needs buffers for what is always under way', () => {
  const lan = new VirtualLan();
  expect(() => lan.card('card', { buffers: 100 })).toThrow(/card: 100 buffers; give 256 or more/);
});
