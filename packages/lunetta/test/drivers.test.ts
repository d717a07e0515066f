import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createStack, type InterfaceConfig, type LunettaStack, type NetworkInterface } from 'lunetta';
import { notInstalled } from '../src/driver/resolve-driver.js';
import { CABLE_DRIVER, Project, driverSource } from './support/driver-package.js';

let project: Project;
const stacks: LunettaStack[] = [];

beforeEach(() => {
  project = new Project();
});
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.close();
  project.remove();
});

const iface = (changes: Partial<InterfaceConfig>): InterfaceConfig => ({
  name: 'lan',
  driver: 'acme-cable',
  addresses: ['10.99.0.1/24'],
  ...changes,
});

async function start(...interfaces: InterfaceConfig[]): Promise<LunettaStack> {
  const stack = await createStack({ interfaces }, { from: project.folder });
  stacks.push(stack);
  return stack;
}

const cable = (name: string) => ({ options: { cable: name } });

describe("a third party's driver", () => {
  beforeEach(() => project.addPackage('acme-cable', CABLE_DRIVER));

  test('is found by its package name and carries a ping and a datagram', async () => {
    project.addPackage(
      'acme-shared',
      driverSource('driver', "import { MemoryDriver } from '@lunetta/testkit';\nconst driver = new MemoryDriver();"),
    );
    const a = await start(iface({ driver: 'acme-shared', ...cable('c1'), mac: '02:00:00:00:00:0a' }));
    const isUp = new Promise<NetworkInterface>((resolve) => {
      a.on('link', (heardOf, event) => event === 'up' && resolve(heardOf));
    });
    const b = await start(iface({ driver: 'acme-shared', ...cable('c1'), addresses: ['10.99.0.2/24'] }));
    expect(await isUp).toBe(a.interfaces[0]);
    expect(a.interfaces[0]).toMatchObject({ name: 'lan', mode: 'adaptive' });
    expect(Array.from(a.interfaces[0].hardwareAddress)).toEqual([2, 0, 0, 0, 0, 10]);

    expect(await a.ping('10.99.0.2', { size: 100 })).toMatchObject({ error: undefined, size: 100, ttl: 64 });

    const server = b.udp.open();
    server.onDatagram = (datagram) => {
      expect(datagram.reply()).toBeUndefined();
    };
    server.bind({ port: 7 });
    const client = a.udp.open();
    const echoed = new Promise<string>((resolve) => {
      client.onDatagram = ({ bytes }) => resolve(new TextDecoder().decode(bytes));
    });
    expect(client.send(new TextEncoder().encode('hello'), '10.99.0.2', 7)).toBeUndefined();
    expect(await echoed).toBe('hello');
  });

  test('settings reach the stack', async () => {
    const settings = { udp: { maxSockets: 1, ephemeralPorts: [5000, 5000] as [number, number] } };
    const stack = await createStack({ interfaces: [iface(cable('c3'))], settings }, { from: project.folder });
    stacks.push(stack);
    const socket = stack.udp.open();
    socket.bind();
    expect(socket.localPort).toBe(5000);
    expect(() => stack.udp.open()).toThrow(expect.objectContaining({ code: 'ENOBUFS' }));
  });

  test('ping refuses what is out of range, and all after the end', async () => {
    const stack = await start(iface(cable('c4')));
    const misuse = (message: string) => ({ code: 'LUNETTA_ERR_MISUSE', message });
    for (const [options, message] of [
      [{ size: -1 }, 'ping: size is -1; it must be a whole number, 0 to 65507'],
      [{ size: 65508 }, 'ping: size is 65508; it must be a whole number, 0 to 65507'],
      [{ size: 1.5 }, 'ping: size is 1.5; it must be a whole number, 0 to 65507'],
      [{ ttl: 0 }, 'ping: ttl is 0; it must be a whole number, 1 to 255'],
      [{ timeoutMs: NaN }, 'ping: timeoutMs is NaN; it must be more than 0'],
    ] as const) {
      await expect(stack.ping('10.99.0.2', options)).rejects.toMatchObject(misuse(message));
    }
    const closed = stack.close();
    expect(stack.close()).toBe(closed);
    await closed;
    await expect(stack.ping('10.99.0.2')).rejects.toMatchObject({ code: 'LUNETTA_ERR_CLOSED' });
  });

  test('is found by its path, seen from the folder of the configuration', async () => {
    project.write('package.json', '{ "type": "module" }');
    project.write('drivers/cable.js', CABLE_DRIVER);
    const config = { interfaces: [iface({ driver: './drivers/cable.js', ...cable('c2') })] };
    const stack = await createStack(project.write('lunetta.config.json', JSON.stringify(config)));
    stacks.push(stack);
    expect(stack.interfaces[0].port).toMatchObject({ driver: 'memory', device: 'c2:a' });
  });

  test('may refuse its options, which are told by their place', async () => {
    await expect(start(iface({ ...cable('ok') }), iface({ name: 'b', options: { cabel: 'x' } }))).rejects.toMatchObject(
      {
        code: 'LUNETTA_ERR_CONFIG',
        message:
          'configuration: 2 things are wrong:\n' +
          "  interfaces[1].options.cabel: is not an option of the driver 'memory'\n" +
          '  interfaces[1].options.cable: must be a name that both ends of the cable share',
      },
    );
  });

  test('gets what the interface asks of the device', async () => {
    project.addPackage(
      'acme-spy',
      driverSource(
        `{
          name: 'spy',
          apiVersion: 1,
          optionsSchema: { '~standard': { validate: (value) => ({ value: { ...value, filledIn: true } }) } },
          open: async (options, { clock, ...request }) => {
            throw new Error(JSON.stringify({ options, request, clock: typeof clock.nowUs() }));
          },
        }`,
      ),
    );
    const config = iface({ driver: 'acme-spy', mtu: 1000, options: { a: 1 } });
    await expect(start(config)).rejects.toMatchObject({
      code: 'LUNETTA_ERR_DEVICE',
      message:
        "interface 'lan': its driver cannot open: " +
        '{"options":{"a":1,"filledIn":true},"request":{"interfaceName":"lan","mtu":1000},"clock":"number"}',
    });
  });
});

describe('when one interface cannot be opened', () => {
  test('those before it are closed again', async () => {
    project.addPackage(
      'acme-recording',
      driverSource(
        'recording',
        `import { MemoryDriver } from '@lunetta/testkit';
const inner = new MemoryDriver();
export const events = [];
globalThis[Symbol.for('lunetta.test.events')] = events;
const recording = {
  name: 'recording',
  apiVersion: 1,
  optionsSchema: inner.optionsSchema,
  async open(options, request) {
    if (options.cable === 'broken') throw new Error('the cable is broken');
    const port = await inner.open(options, request);
    events.push('opened ' + port.device);
    const close = port.close.bind(port);
    port.close = async () => {
      await close();
      events.push('closed ' + port.device + ' with ' + port.queue(0).audit().inUse + ' in use');
    };
    return port;
  },
};`,
      ),
    );
    const recording = (name: string, cableName: string, addresses: string[]): InterfaceConfig =>
      iface({ name, driver: 'acme-recording', options: { cable: cableName }, addresses });
    await expect(
      start(recording('a', 'a', ['10.0.0.1/24']), recording('b', 'broken', ['10.0.1.1/24'])),
    ).rejects.toMatchObject({ message: "interface 'b': its driver cannot open: the cable is broken" });
    const events = (globalThis as Record<symbol, unknown>)[Symbol.for('lunetta.test.events')];
    expect(events).toEqual(['opened a:a', 'closed a:a with 0 in use']);
  });
});

describe('a driver that cannot be loaded is told with the place and the remedy', () => {
  test.each([
    [
      'dpdkx',
      "there is no driver 'dpdkx'. Known are tap, dpdk, pcap; another one needs its package @lunetta/driver-dpdkx " +
        'installed, or is named by its package or path',
    ],
    [
      'acme-nothing',
      "the driver package 'acme-nothing' is not installed, seen from FOLDER. Install it there with: npm install acme-nothing",
    ],
    [
      './nothing.js',
      "there is no module ./nothing.js, seen from FOLDER. Give the path of the driver's JavaScript file",
    ],
    ['./', "there is no module ./, seen from FOLDER. Give the path of the driver's JavaScript file"],
  ])('%s: not found', async (driver, message) => {
    await expect(start(iface({ driver }))).rejects.toMatchObject({
      code: 'LUNETTA_ERR_DRIVER_NOT_FOUND',
      message: `configuration: interfaces[0].driver: ${message.replace('FOLDER', project.folder)}`,
    });
  });

  test('one of ours: the command that installs it, or that it is still to come', () => {
    expect(notInstalled('tap')).toBe(
      "the driver 'tap' is not installed. Install it with: npm install @lunetta/driver-tap",
    );
    expect(notInstalled('dpdk')).toBe(
      "the driver 'dpdk' is not installed. Install it with: npm install @lunetta/driver-dpdk",
    );
  });

  test.each([
    [
      'no linkDriverModule',
      'export const answer = 42;',
      /^configuration: interfaces\[0\]\.driver: 'acme-odd' \(file:.*index\.js\) is no link driver: it exports no linkDriverModule\. Name a driver's package, such as tap$/,
    ],
    [
      'a module that is none',
      'export const linkDriverModule = 42;',
      /interfaces\[0\]\.driver: the linkDriverModule of 'acme-odd' gives no LinkDriver: /,
    ],
    [
      'a module that binds nothing',
      "import { ContainerModule } from 'inversify';\nexport const linkDriverModule = new ContainerModule(() => {});",
      /the linkDriverModule of 'acme-odd' gives no LinkDriver: No bindings? found/i,
    ],
    [
      'another version of the contract',
      driverSource("{ name: 'odd', apiVersion: 2 }"),
      /the driver 'acme-odd' is for version 2 of the link contract, and this lunetta has version 1\. Install versions of the two that fit$/,
    ],
    [
      'no open()',
      driverSource("{ name: 'odd', apiVersion: 1 }"),
      /the driver 'acme-odd' has no open\(\) or no optionsSchema; report it to its author$/,
    ],
    [
      'a module that throws',
      "throw new Error('no such luck');",
      /the driver 'acme-odd' cannot be loaded from file:.*index\.js: no such luck$/,
    ],
  ])('%s', async (_, source, message) => {
    project.addPackage('acme-odd', source);
    await expect(start(iface({ driver: 'acme-odd' }))).rejects.toMatchObject({
      code: 'LUNETTA_ERR_DRIVER_INVALID',
      message: expect.stringMatching(message),
    });
  });
});
