import { behaviour, timedBehaviour, type Behaviour } from './behaviour.js';
import {
  arpReplyFrame,
  arpRequestFrame,
  echoFrame,
  pingFrame,
  pongFrame,
  PEER,
  stackArpReplyFrame,
  stackArpRequestFrame,
  requestFrame,
} from './frames-of-stations.js';
import { MatrixStack } from './matrix-stack.js';

const STRANGER = { ip: '10.0.0.9', mac: '02:00:00:00:00:09' };
const ANY = '0.0.0.0';
const PAYLOAD = Uint8Array.of(1, 2, 3);
/** From the stranger; no answer gets there without its MAC address. */
const QUESTION = requestFrame(PAYLOAD, {}, { src: STRANGER.ip, srcMac: STRANGER.mac });
const ANSWER = echoFrame(PAYLOAD, 5000, { dst: STRANGER.ip, dstMac: STRANGER.mac });

/** ARP (RFC 826, RFC 5227). */
export const ARP_BEHAVIOURS: readonly Behaviour[] = [
  behaviour('an ARP request for its address is answered, by broadcast, by unicast and padded', (wire) => {
    for (const frame of [arpRequestFrame(), arpRequestFrame(undefined, {}, MatrixStack.MAC)]) {
      const padded = new Uint8Array(60);
      padded.set(frame);
      for (const each of [frame, padded]) {
        wire.send(each);
        wire.expect(stackArpReplyFrame());
      }
    }
  }),
  behaviour('an ARP probe for its address is answered', (wire) => {
    wire.send(arpRequestFrame(MatrixStack.IP, { senderIp: ANY, senderMac: STRANGER.mac }));
    wire.expect(stackArpReplyFrame({ mac: STRANGER.mac, ip: ANY }));
  }),
  behaviour('an ARP request for another address, and a malformed one, are not answered', (wire) => {
    wire.send(arpRequestFrame(STRANGER.ip));
    for (const [at, byte] of [
      [15, 6], // hardware type
      [16, 0x86], // protocol type
      [18, 8], // hardware length
      [19, 16], // protocol length
      [21, 9], // operation
    ]) {
      const frame = arpRequestFrame();
      frame[at] = byte;
      wire.send(frame);
    }
    wire.send(arpRequestFrame().subarray(0, 41));
  }),
  behaviour('an answer waits until the next hop is known, and goes there', (wire) => {
    wire.send(QUESTION);
    wire.expect(stackArpRequestFrame(STRANGER.ip));
    wire.send(arpReplyFrame(STRANGER));
    wire.expect(ANSWER);
  }),
  behaviour('a station that asks is known from then on, and confirmed when it is first used', (wire) => {
    wire.send(arpRequestFrame(MatrixStack.IP, { senderMac: STRANGER.mac, senderIp: STRANGER.ip }));
    wire.expect(stackArpReplyFrame(STRANGER));
    wire.send(QUESTION);
    wire.expect(ANSWER, stackArpRequestFrame(STRANGER.ip, STRANGER.mac));
  }),
  timedBehaviour('it announces its address again after two seconds, and not a third time', (wire) => {
    wire.wait(1_997_000);
    wire.expect(stackArpRequestFrame(MatrixStack.IP));
    wire.wait('10s');
  }),
  timedBehaviour('a station that is not there is asked for three times, a second apart', (wire) => {
    wire.send(QUESTION, QUESTION);
    wire.expect(stackArpRequestFrame(STRANGER.ip));
    wire.wait('1s');
    wire.expect(stackArpRequestFrame(STRANGER.ip));
    wire.wait(996_000);
    wire.expect(stackArpRequestFrame(MatrixStack.IP)); // its announcement
    wire.wait(4_000);
    wire.expect(stackArpRequestFrame(STRANGER.ip));
    wire.wait('5s');
  }),
  timedBehaviour('after 30 seconds a neighbour is asked whether it is still there, by unicast', (wire) => {
    wire.wait(1_997_000);
    wire.expect(stackArpRequestFrame(MatrixStack.IP)); // its announcement
    wire.wait('29s');
    wire.send(pingFrame(8));
    wire.expect(pongFrame(8), stackArpRequestFrame(PEER.ip, PEER.mac));
    wire.send(arpReplyFrame());
    wire.wait('29s');
    wire.send(pingFrame(9));
    wire.expect(pongFrame(9));
  }),
];
