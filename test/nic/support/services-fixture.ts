import { join } from 'node:path';
import { afterAll, beforeAll, jest } from '@jest/globals';
import { accountFaults } from '@lunetta/testkit';
import type { StackCounters } from 'lunetta';
import type { Ended, GuestProcess } from './guest-process.js';
import { CHECKOUT } from './initramfs.js';
import { KernelPeer } from './kernel-peer.js';
import { Machine } from './machine.js';
import { AT_KERNEL, AT_PEER, AT_VLAN, FIRST_CARD, SECOND_CARD, VLAN, type CardModel } from './machine-arguments.js';
import { arpAnswer } from './stations.js';

// A processor in software, on a machine that may have other work: some things take a minute.
jest.setTimeout(300_000);

const LUNETTA = join(CHECKOUT, 'packages', 'apps', 'bin', 'lunetta.js');
const CONFIG = '/run/lunetta.config.json';

/** What SIGUSR2 makes `lunetta services` print. */
export type ServicesCounters = StackCounters & { readonly services: { readonly echo: { readonly datagrams: number } } };

/** An emulated machine with two cards, for all tests of a `describe`; `lunetta services` runs in it. */
export class ServicesFixture {
  machine!: Machine;
  kernel!: KernelPeer;
  private services!: GuestProcess;

  /** @param options of the driver, beside the device */
  constructor(card: CardModel, options: Readonly<Record<string, unknown>> = {}) {
    beforeAll(async () => {
      this.kernel = new KernelPeer();
      this.machine = await Machine.boot({ card, netns: this.kernel });
      this.machine.peer.answer = arpAnswer;
      await this.start(options);
    });
    afterAll(async () => {
      await this.machine?.close();
      this.kernel?.remove();
    });
  }

  /** Starts the services on both cards, and in a VLAN on the first one. */
  private async start(options: Readonly<Record<string, unknown>>): Promise<void> {
    const cards = [
      { name: 'peer', card: FIRST_CARD, address: `${AT_PEER}/24` },
      { name: 'kernel', card: SECOND_CARD, address: `${AT_KERNEL}/24` },
    ];
    const interfaces = cards.map(({ name, card, address }) => ({
      name,
      driver: 'dpdk',
      options: { device: card.pci, eal: { devices: cards.map((each) => each.card.pci) }, ...options },
      addresses: [address],
    }));
    const vlans = [{ name: 'vlan', parent: 'peer', id: VLAN, addresses: [`${AT_VLAN}/24`] }];
    this.machine.guest.write(CONFIG, JSON.stringify({ interfaces, vlans }));
    this.services = this.machine.guest.start(process.execPath, LUNETTA, 'services', '--config', CONFIG);
    await this.services.output(/^ready .* on dpdk:0000:02:00.0$/m);
  }

  /** The counters, which must add up. */
  async counters(): Promise<ServicesCounters> {
    const from = this.services.stdout.length;
    this.services.signal('SIGUSR2');
    const [json] = await this.services.output(/^\{.*\}$/m, from);
    const counters = JSON.parse(json) as ServicesCounters;
    const faults = counters.interfaces.flatMap(accountFaults);
    if (faults.length > 0) throw new Error(faults.join('\n'));
    return counters;
  }

  /** Ends the services as their user would. */
  stop(): Promise<Ended> {
    this.services.signal('SIGTERM');
    return this.end();
  }

  /** Waits for the end of the services. */
  end(): Promise<Ended> {
    return this.services.end();
  }
}
