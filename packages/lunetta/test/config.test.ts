import { describe, expect, test } from '@jest/globals';
import { checkConfig } from 'lunetta';

const INTERFACE = { name: 'lan', driver: 'tap', addresses: ['10.99.0.2/24'] };

/** What is said of a configuration, or undefined if nothing is. */
function complaint(config: unknown): string | undefined {
  try {
    checkConfig(config);
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ name: 'LunettaError', code: 'LUNETTA_ERR_CONFIG' });
    return (error as Error).message;
  }
}

const withInterface = (changes: object) => ({ interfaces: [{ ...INTERFACE, ...changes }] });
const withSettings = (settings: unknown) => ({ interfaces: [INTERFACE], settings });

describe('a right configuration', () => {
  test.each([
    ['the least', { interfaces: [INTERFACE] }],
    [
      'everything',
      {
        $schema: './node_modules/lunetta/schema/lunetta.config.schema.json',
        interfaces: [
          {
            ...INTERFACE,
            options: { device: 'tap0' },
            mac: '02:00:00:00:00:01',
            gateway: '10.99.0.1',
            mtu: 1400,
            mode: 'busy',
          },
          { ...INTERFACE, name: 'wan', addresses: ['192.0.2.1/31', '198.51.100.7/32'] },
        ],
        settings: {
          arp: {
            maxNeighbours: 10,
            reachableMs: 1,
            staleMs: 1,
            maxRequests: 1,
            maxPendingPerNeighbour: 1,
            maxPending: 1,
          },
          icmp: { errorsPerSecond: 1, burst: 1, perDestinationPerSecond: 1, perDestinationBurst: 1 },
          udp: { ephemeralPorts: [1024, 1024], receiveBufferSize: 512, maxSockets: 1 },
          loop: { pollsPerTurn: 1, emptyTurns: 0, pollIntervalUs: 1 },
        },
      },
    ],
  ])('%s passes and comes back unchanged', (_, config) => {
    expect(checkConfig(config)).toEqual(config);
  });
});

describe('a wrong configuration is told with its place', () => {
  test.each<[unknown, string]>([
    [undefined, 'is missing; it must be of type object'],
    [[], 'expected object, received array'],
    [{}, 'interfaces: is missing; it must be of type array'],
    [{ interfaces: [] }, 'interfaces: needs an interface at least'],
    [
      { interfaces: [INTERFACE], interface: 1 },
      'interface: there is no such field; the fields are $schema, interfaces, vlans, routes, neighbours, seed, settings',
    ],
    [{ interfaces: [{ ...INTERFACE, name: undefined }] }, 'interfaces[0].name: is missing; it must be of type string'],
    [withInterface({ name: 7 }), 'interfaces[0].name: expected string, received number'],
    [
      withInterface({ ip: 7 }),
      'interfaces[0].ip: there is no such field; the fields are name, driver, options, mac, addresses, gateway, mtu, probe, mode',
    ],
    [withInterface({ driver: undefined }), 'interfaces[0].driver: is missing; it must be of type string'],
    [withInterface({ options: 'tap0' }), 'interfaces[0].options: expected record, received string'],
    [withInterface({ mac: '02:00' }), 'interfaces[0].mac: must be a MAC address, such as 02:00:00:00:00:01'],
    [
      withInterface({ mac: '01:00:5e:00:00:01' }),
      'interfaces[0].mac: is a multicast address; its first byte must be even',
    ],
    [withInterface({ mac: '00:00:00:00:00:00' }), 'interfaces[0].mac: must not be all zeros'],
    [withInterface({ addresses: [] }), 'interfaces[0].addresses: needs an address at least, such as "10.99.0.2/24"'],
    [
      withInterface({ addresses: ['10.99.0.2'] }),
      'interfaces[0].addresses[0]: must be an IPv4 address with its prefix length, such as 10.99.0.2/24',
    ],
    [
      withInterface({ addresses: ['10.99.0.2/24', '10.99.0.256/24'] }),
      'interfaces[0].addresses[1]: must be an IPv4 address with its prefix length, such as 10.99.0.2/24',
    ],
    [
      withInterface({ addresses: ['224.0.0.1/24'] }),
      'interfaces[0].addresses[0]: is not an address that a host may have',
    ],
    [
      withInterface({ addresses: ['10.99.0.0/24'] }),
      "interfaces[0].addresses[0]: is the network's own address or its broadcast address; choose a host address in it",
    ],
    [
      withInterface({ addresses: ['10.99.0.255/24'] }),
      "interfaces[0].addresses[0]: is the network's own address or its broadcast address; choose a host address in it",
    ],
    [withInterface({ gateway: 'router' }), 'interfaces[0].gateway: must be an IPv4 address, such as 10.99.0.1'],
    [withInterface({ gateway: '10.99.0.256' }), 'interfaces[0].gateway: must be an IPv4 address, such as 10.99.0.1'],
    [
      withInterface({ gateway: '192.0.2.1' }),
      "interfaces[0].gateway: must be another host of one of the interface's networks (10.99.0.2/24)",
    ],
    [
      withInterface({ gateway: '10.99.0.2' }),
      "interfaces[0].gateway: must be another host of one of the interface's networks (10.99.0.2/24)",
    ],
    [withInterface({ mtu: 67 }), 'interfaces[0].mtu: must be at least 68'],
    [withInterface({ mtu: 65536 }), 'interfaces[0].mtu: must be at most 65535'],
    [withInterface({ mtu: 1400.5 }), 'interfaces[0].mtu: expected int, received number'],
    [withInterface({ mode: 'fast' }), 'interfaces[0].mode: expected one of "busy"|"adaptive"|"interrupt"'],
    [
      { interfaces: [INTERFACE, { ...INTERFACE, name: 'wan' }, INTERFACE] },
      'interfaces[2].name: "lan" is the name of interfaces[0] already; give each its own',
    ],
    [
      withSettings({ sctp: {} }),
      'settings.sctp: there is no such field; the fields are arp, reassembly, ipv4, pathMtu, icmp, igmp, raw, udp, tcp, loop',
    ],
    [
      withSettings({ arp: { maxNeighbors: 1 } }),
      'settings.arp.maxNeighbors: there is no such field; the fields are maxNeighbours, reachableMs, staleMs, ' +
        'maxRequests, maxPendingPerNeighbour, maxPending, maxProxies',
    ],
    [withSettings({ arp: { maxNeighbours: 0 } }), 'settings.arp.maxNeighbours: must be at least 1'],
    [withSettings({ icmp: { burst: '9' } }), 'settings.icmp.burst: expected number, received string'],
    [
      withSettings({ udp: { ephemeralPorts: [2000, 1000] } }),
      'settings.udp.ephemeralPorts: must be [first, last] with first <= last',
    ],
    [withSettings({ udp: { ephemeralPorts: [0, 1000] } }), 'settings.udp.ephemeralPorts[0]: must be at least 1'],
    [withSettings({ loop: { emptyTurns: -1 } }), 'settings.loop.emptyTurns: must be at least 0'],
  ])('%j', (config, message) => {
    expect(complaint(config)).toBe(`configuration: ${message}`);
  });

  test('several mistakes are told together, a line each', () => {
    expect(complaint(withInterface({ name: 1, mtu: 1 }))).toBe(
      'configuration: 2 things are wrong:\n' +
        '  interfaces[0].name: expected string, received number\n' +
        '  interfaces[0].mtu: must be at least 68',
    );
  });
});
