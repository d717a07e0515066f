import { LINK_API_VERSION, type LinkDriver, type LinkPort, type LinkRequest, LunettaError } from '@lunetta/core';
import { type CableEnd, createMemoryCable, type MemoryCable, type MemoryCableOptions } from './memory-cable.js';
import { type MemoryDriverOptions, memoryOptionsSchema } from './memory-options.js';

interface PluggedCable {
  readonly cable: MemoryCable;
  readonly mtu: number;
  /** Ends that were opened, in order. */
  readonly opened: Set<CableEnd>;
  readonly closed: Set<CableEnd>;
}

/** The link driver `memory`: whoever opens a cable's name first gets end `a`, the second one end `b`. */
export class MemoryDriver implements LinkDriver<MemoryDriverOptions> {
  readonly name = 'memory';
  readonly apiVersion = LINK_API_VERSION;
  readonly optionsSchema = memoryOptionsSchema;
  private readonly cables = new Map<string, PluggedCable>();

  /** @param defaults how cables are made, as far as the configuration does not say */
  constructor(private readonly defaults: Omit<MemoryCableOptions, 'name' | 'addresses' | 'onClosed'> = {}) {}

  /**
   * Opens an end of the cable `options.cable`. Its link is down until the other end is open too. The first one to
   * open decides how the cable is made; with both ends closed, it is gone.
   *
   * @throws LunettaError `LUNETTA_ERR_DEVICE_BUSY` if both ends were opened already, `LUNETTA_ERR_CONFIG` if the two
   *   ends want different MTUs
   */
  open(options: MemoryDriverOptions, request: LinkRequest): Promise<LinkPort> {
    // At once and in order; what is thrown rejects.
    return new Promise((resolve) => resolve(this.plug(options, request)));
  }

  private plug(options: MemoryDriverOptions, request: LinkRequest): LinkPort {
    const found = this.cables.get(options.cable);
    const plugged = found ?? this.makeCable(options, request);
    const where = `interface '${request.interfaceName}': memory cable '${options.cable}'`;
    if (plugged.opened.size === 2) {
      throw new LunettaError('LUNETTA_ERR_DEVICE_BUSY', `${where} has two ends and both are taken; name another cable`);
    }
    if (request.mtu !== undefined && request.mtu !== plugged.mtu) {
      const wrong = `${where} has MTU ${plugged.mtu} at its other end, not ${request.mtu}; give both the same`;
      throw new LunettaError('LUNETTA_ERR_CONFIG', wrong);
    }
    const end = plugged.opened.size === 0 ? 'a' : 'b';
    plugged.opened.add(end);
    this.cables.set(options.cable, plugged);
    const port = plugged.cable[end];
    port.hardwareAddress = request.hardwareAddress;
    plugged.cable.setLinkState(end === 'a' ? 'down' : 'up');
    return port;
  }

  private makeCable(options: MemoryDriverOptions, request: LinkRequest): PluggedCable {
    const { cable: name, ...given } = options;
    const mtu = request.mtu ?? given.mtu ?? this.defaults.mtu ?? 1500;
    const closed = new Set<CableEnd>();
    const onClosed = (end: CableEnd): void => {
      closed.add(end);
      if (closed.size === plugged.opened.size) this.cables.delete(name);
    };
    const cable = createMemoryCable({ ...this.defaults, ...given, mtu, name, onClosed });
    const plugged: PluggedCable = { cable, mtu, opened: new Set(), closed };
    return plugged;
  }
}
