/**
 * No stack at all: one flat function on our own TAP driver that answers ARP and turns every other frame round. What it
 * reaches is what the driver allows; the stack is measured against it. It polls and sleeps as the stack does in mode
 * `adaptive`. `node reflector-server.js`.
 */
import {
  COUNT_FREE,
  COUNT_SENT,
  DESCRIPTOR_WORDS,
  FLAGS,
  HANDLE,
  HEADER_LENGTHS,
  LENGTH,
  OFFSET,
  RX_L4_CHECKSUM_GOOD,
  TX_UDP_CHECKSUM,
  arp,
  ethernet,
  ipv4Address,
  macAddress,
  type LinkQueue,
} from '@lunetta/core';
import { TapDriver, tapOptionsSchema } from '@lunetta/driver-tap';
import { swapAddresses } from '../stack/generator.js';
import { TAP_ADDRESS, TAP_DEVICE, TAP_MAC } from './links.js';

/** As in the stack's poll loop: polls before the event loop turns, and turns without work before it sleeps. */
const POLLS_PER_TURN = 16;
const EMPTY_TURNS = 64;

/** Ethernet, IPv4 and UDP, as a descriptor has them. */
const UDP_HEADER_LENGTHS = 14 | (20 << 8) | (8 << 16);

const ownMac = macAddress.parse(TAP_MAC)!;
const ownHi = macAddress.hiOf(ownMac);
const ownLo = macAddress.loOf(ownMac);
const ownAddress = ipv4Address.parse(TAP_ADDRESS)!;
let queued = 0;
let emptyTurns = 0;

/** One burst each way; the number of frames received. */
function reflect(queue: LinkQueue): number {
  const { rx, tx, free, counts, memory } = queue;
  const { view } = memory;
  const received = queue.poll(queued);
  const sent = counts[COUNT_SENT];
  if (sent < queued) tx.copyWithin(0, sent * DESCRIPTOR_WORDS, queued * DESCRIPTOR_WORDS);
  queued -= sent;
  for (let from = 0; from < received * DESCRIPTOR_WORDS; from += DESCRIPTOR_WORDS) {
    const at = rx[from + OFFSET];
    if (!turnRound(view, at)) {
      free[counts[COUNT_FREE]++] = rx[from + HANDLE]!;
      continue;
    }
    const to = queued++ * DESCRIPTOR_WORDS;
    tx[to + HANDLE] = rx[from + HANDLE]!;
    tx[to + OFFSET] = at;
    tx[to + LENGTH] = rx[from + LENGTH]!;
    tx[to + FLAGS] = 0;
    if ((rx[from + FLAGS] & RX_L4_CHECKSUM_GOOD) !== 0) {
      // The kernel has left it to hardware to finish, and what comes back unfinished it does not take.
      tx[to + FLAGS] = TX_UDP_CHECKSUM;
      tx[to + HEADER_LENGTHS] = UDP_HEADER_LENGTHS;
    }
  }
  return received;
}

/** Makes the answer out of a frame, in place; false if it gets none. */
function turnRound(view: DataView, at: number): boolean {
  const type = view.getUint16(at + 12);
  if (type === ethernet.ETHERTYPE_ARP) return answerArp(view, at);
  if (type !== ethernet.ETHERTYPE_IPV4) return false;
  swapAddresses(view, at);
  return true;
}

function answerArp(view: DataView, at: number): boolean {
  const arpAt = at + ethernet.HEADER_LENGTH;
  if (arp.targetAddress(view, arpAt) !== ownAddress) return false;
  const [hi, lo] = [arp.senderHardwareHi(view, arpAt), arp.senderHardwareLo(view, arpAt)];
  const asker = arp.senderAddress(view, arpAt);
  ethernet.write(view, at, hi, lo, ownHi, ownLo, ethernet.ETHERTYPE_ARP);
  arp.write(view, arpAt, arp.OPERATION_REPLY, ownHi, ownLo, ownAddress, hi, lo, asker);
  return true;
}

function run(): void {
  let polls = 0;
  while (polls < POLLS_PER_TURN && (reflect(queue) > 0 || queued > 0)) polls++;
  emptyTurns = polls > 0 ? 0 : emptyTurns + 1;
  if (polls === POLLS_PER_TURN || emptyTurns < EMPTY_TURNS) setImmediate(run);
  else queue.arm();
}

const port = await new TapDriver().open(tapOptionsSchema.parse({ device: TAP_DEVICE }), { interfaceName: TAP_DEVICE });
const queue = port.queue(0);
port.setListener({ onWake: run, onEvent: () => undefined });
setInterval(() => undefined, 1 << 30); // an open port keeps no process alive
run();
console.log('ready');
