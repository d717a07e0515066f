import { arp, ethernet, ipv4, type InterfaceCounters, type SeededRandom } from '@lunetta/core';
import { expectConserved, StackLab, type CallStep, type FuzzStep, type MemoryCableOptions } from '@lunetta/testkit';
import { openSockets } from './frame-fuzzer.js';
import { RouterLab } from './router-lab.js';
import { openRouterSockets } from './router-fuzzer.js';

const ETHERTYPE_VLAN = 0x8100;

type Survival = (steps: readonly FuzzStep[]) => Promise<InterfaceCounters>;

/** A stack with sockets survives the steps: what it sends is well formed, and every frame and buffer is accounted for. */
export const stackSurvives: Survival = (steps) => survive(steps, {});

/** {@link stackSurvives} where long frames come in several segments. */
export const stackSurvivesChains: Survival = (steps) => survive(steps, { segmentSize: 256 });

/** {@link stackSurvives} where short frames come padded. */
export const stackSurvivesPadding: Survival = (steps) => survive(steps, { padTo60: true });

/**
 * A router with a VLAN, a packet filter, raw sockets and a group survives the steps. What it sends has a header that is
 * right: what comes after it may be as wrong as it came.
 */
export const routerSurvives: Survival = async (steps) => {
  const lab = new RouterLab({ mtus: [1500, 576], cable: { buffers: 1100 } });
  openRouterSockets(lab);
  for (const step of steps) {
    lab.host.advance(step.afterUs);
    if ('frame' in step) lab.send(0, step.frame);
    for (const frame of [...lab.heardRaw(0), ...lab.heardRaw(1)]) checkHeader(frame);
  }
  expectConserved(lab.stack);
  const [counters] = lab.stack.counters().interfaces;
  await lab.close();
  return counters;
};

/** None of the steps reaches anybody. */
export const stackIgnores: Survival = async (steps) => {
  const counters = await survive(steps, {});
  if (counters.rx.delivered > 0) throw new Error(`${counters.rx.delivered} frames were delivered`);
  return counters;
};

/** A call of an application: `send` or `ping`, to where, and how many bytes. */
export function callStep(random: SeededRandom): CallStep {
  const remote = random.chance(0.3) ? StackLab.PEER_IP : `10.0.${random.below(2)}.${random.below(256)}`;
  return { afterUs: 0, call: [random.chance(0.5) ? 'send' : 'ping', remote, random.below(1600)] };
}

async function survive(steps: readonly FuzzStep[], cable: MemoryCableOptions): Promise<InterfaceCounters> {
  const lab = new StackLab({ cable: { poison: true, buffers: 1100, ...cable } });
  openSockets(lab);
  for (const step of steps) {
    lab.advance(step.afterUs);
    if ('frame' in step) lab.send(step.frame);
    else call(lab, step);
    lab.heard(); // and held to the standards
  }
  expectConserved(lab.stack);
  const [counters] = lab.stack.counters().interfaces;
  const { held, tx } = counters;
  if (held !== tx.pending) throw new Error(`${held} buffers are held, of which ${tx.pending} wait for ARP`);
  await lab.close();
  return counters;
}

function call({ stack }: StackLab, { call: [name, remote, size] }: CallStep): void {
  if (name === 'ping') stack.ping(String(remote), { size: Number(size) }, () => undefined);
  else stack.udp.open().send(new Uint8Array(Number(size)), String(remote), 9);
}

function checkHeader(frame: Uint8Array): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const isTagged = ethernet.ethertype(view, 0) === ETHERTYPE_VLAN;
  const at = ethernet.HEADER_LENGTH + (isTagged ? 4 : 0);
  const type = view.getUint16(at - 2);
  if (type === ethernet.ETHERTYPE_ARP && arp.isEthernetIpv4(view, at)) return;
  if (type !== ethernet.ETHERTYPE_IPV4 || !ipv4.fits(at, frame.length)) throw new Error(`ethertype ${type} was sent`);
  const headerLength = ipv4.headerLength(view, at);
  if (!ipv4.isChecksumGood(view, at, headerLength)) throw new Error('a wrong header checksum was sent');
  if (ipv4.totalLength(view, at) > frame.length - at) throw new Error('a datagram was cut off');
  if (ipv4.ttl(view, at) === 0) throw new Error('a TTL of 0 was sent');
}
