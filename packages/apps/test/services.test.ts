import { expect, test } from '@jest/globals';
import { ipv4 } from '@lunetta/testkit';
import { describeTap } from '@lunetta/testkit/jest';
import { TAP } from './support/kernel-link.js';
import { NamespaceFixture } from './support/namespace-fixture.js';
import { servicesTests, type ServicesCounters } from './support/services-tests.js';

const KERNEL = '10.99.0.1';
const STACK = '10.99.0.2';
const ADDRESSES = { src: KERNEL, dst: STACK };
const PROTOCOL_ICMP = 1;

/** The text of a UDP packet from the stack. */
const payloadOf = (packet: Uint8Array): string => new TextDecoder().decode(packet.subarray(28));
const isUdp = (packet: Uint8Array): boolean => packet[9] === 17 && packet[15] === 2;
const isIcmp = (type: number) => (packet: Uint8Array) => packet[9] === PROTOCOL_ICMP && packet[20] === type;

describeTap('lunetta services on TAP', () => servicesTests(TAP));

describeTap('lunetta services', () => {
  const fixture = new NamespaceFixture();

  test.each(['busy', 'interrupt'])('mode %s: serves, and ends cleanly on SIGINT', async (mode) => {
    const services = await fixture.services('--mode', mode);
    expect(fixture.netns.echo(STACK, 7, 1, 2, 3)).toBe('same\nsame\nsame\n');
    services.signal('SIGINT');
    expect(await services.end()).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  test('every flag is obeyed', async () => {
    const { netns } = fixture;
    const services = await fixture.services(
      ...['--driver', 'tap', '--device', 'lunX', '--address', '192.168.7.1/24', '--gateway', '192.168.7.2'],
      ...['--mac', '02:00:00:00:00:33', '--mtu', '576', '--mode', 'interrupt'],
    );
    expect(services.stdout).toBe('ready 192.168.7.1 on tap:lunX\n');
    const [link] = JSON.parse(netns.exec('ip', '-json', 'addr', 'show', 'lunX')) as [
      { mtu: number; addr_info: { local: string; prefixlen: number }[] },
    ];
    expect(link).toMatchObject({ mtu: 576, addr_info: [{ local: '192.168.7.2', prefixlen: 24 }] });
    expect(netns.echo('192.168.7.1', 7, 548)).toBe('same\n');
    expect(netns.exec('ip', 'neigh', 'show', '192.168.7.1')).toContain('lladdr 02:00:00:00:00:33');
    // From a far network by the gateway: the answer goes back through it, without which there is no way.
    netns.exec('ip', 'addr', 'add', '172.16.0.1/32', 'dev', 'lunX');
    expect(netns.exec('ping', '-c', '1', '-W', '5', '-I', '172.16.0.1', '192.168.7.1')).toContain(' 0% packet loss');
  });

  test('a flood is served or lost by count, the accounts agree, and no buffer is lost', async () => {
    const { netns } = fixture;
    const services = await fixture.services();
    netns.exec('python3', `${import.meta.dirname}/support/udp-flood.py`, STACK, '7', '40000', '60');
    expect(netns.echo(STACK, 7, 5)).toBe('same\n');
    const { interfaces, services: served, udp } = await services.counters<ServicesCounters>();
    const { rx, tx } = interfaces[0];
    const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
    expect(served.echo.datagrams).toBeGreaterThan(1000);
    expect(served.echo.datagrams + sum(served.echo.dropped)).toBe(udp.delivered);
    expect(rx.delivered + rx.consumed + sum(rx.dropped)).toBe(rx.frames);
    expect(tx.sent + sum(tx.dropped) + tx.queued + tx.pending).toBe(tx.accepted);
    services.signal('SIGTERM');
    expect(await services.end()).toMatchObject({ code: 0, stderr: '' });
  });

  test('attaches to a device that is there, and leaves it when it ends', async () => {
    const { netns } = fixture;
    netns.exec('ip', 'tuntap', 'add', 'dev', 'tap0', 'mode', 'tap');
    netns.exec('ip', 'addr', 'add', `${KERNEL}/24`, 'dev', 'tap0');
    netns.exec('ip', 'link', 'set', 'tap0', 'up');
    const services = await fixture.services('--device', 'tap0');
    expect(netns.echo(STACK, 7, 5)).toBe('same\n');
    services.signal('SIGTERM');
    expect(await services.end()).toMatchObject({ code: 0, stderr: '' });
    expect(netns.devices).toContain('tap0');
  });

  test('a second one on the same device is told that it is in use', async () => {
    await fixture.services();
    expect(await fixture.lunetta(['services']).end()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^lunetta: interface lun0, driver tap: lun0 is in use by another process.*\n$/),
    });
  });
});

describeTap('lunetta services and the odd packets of a raw socket', () => {
  const fixture = new NamespaceFixture();
  const text = (words: string): Uint8Array => new TextEncoder().encode(words);
  const request = (words: string, checksum?: number, dstPort = 7, fields = {}): Uint8Array =>
    ipv4({ ...ADDRESSES, ...fields })
      .udp({ srcPort: 5000, dstPort, checksum })
      .payload(words)
      .bytes();
  const part = (bytes: Uint8Array, fields: { fragmentOffset?: number; moreFragments?: boolean }): Uint8Array =>
    ipv4({ ...ADDRESSES, id: 9, ...fields })
      .payload(bytes)
      .bytes();

  test('wrong checksums come to nothing and are counted; what is right still passes, fragments put together', async () => {
    const services = await fixture.services();
    const peer = await fixture.rawPeer();
    const whole = request('a fragmented datagram, in two parts').subarray(20);
    peer.send(request('wrong checksum', 0x1234));
    peer.send(part(whole.subarray(0, 24), { moreFragments: true }));
    peer.send(part(whole.subarray(24), { fragmentOffset: 24 }));
    expect(payloadOf(await peer.receive(isUdp))).toBe('a fragmented datagram, in two parts');
    peer.send(ipv4(ADDRESSES).icmp({ rest: 1, checksum: 0x4321 }).payload('wrong sum').bytes());
    peer.send(request('no checksum', 0));
    expect(payloadOf(await peer.receive(isUdp))).toBe('no checksum');
    peer.send(request('with IP options', undefined, 7, { options: Uint8Array.of(1, 1, 1, 0) }));
    expect(payloadOf(await peer.receive(isUdp))).toBe('with IP options');
    peer.send(ipv4(ADDRESSES).icmp({ id: 0x1234, seq: 0x5678 }).payload('ping').bytes());
    const reply = await peer.receive(isIcmp(0));
    expect(Array.from(reply.subarray(24))).toEqual([0x12, 0x34, 0x56, 0x78, ...text('ping')]);

    const { interfaces, services: served } = await services.counters<ServicesCounters>();
    expect(interfaces[0].rx.dropped).toMatchObject({
      'udp.badChecksum': 1,
      'icmp.badChecksum': 1,
    });
    expect(served.echo.datagrams).toBe(3);
    services.signal('SIGTERM');
    expect(await services.end()).toMatchObject({ code: 0, stderr: '' });
  });

  test('a closed port and an unknown protocol are answered by ICMP, with what was sent', async () => {
    await fixture.services();
    const peer = await fixture.rawPeer();
    const sent = request('nobody there', undefined, 4321, { id: 77 });
    peer.send(sent);
    const unreachable = await peer.receive((packet) => isIcmp(3)(packet) && packet[15] === 2);
    expect(unreachable[21]).toBe(3); // port unreachable
    expect(Array.from(unreachable.subarray(48, 48 + 8))).toEqual(Array.from(sent.subarray(20, 28)));
    peer.send(
      ipv4({ ...ADDRESSES, protocol: 253 })
        .payload('an experiment')
        .bytes(),
    );
    const unknown = await peer.receive((packet) => isIcmp(3)(packet) && packet[15] === 2);
    expect(unknown[21]).toBe(2); // protocol unreachable
  });

  test('ICMP errors of every kind about what the echo sent do no harm', async () => {
    const services = await fixture.services();
    const peer = await fixture.rawPeer();
    const quoted = ipv4({ src: STACK, dst: KERNEL }).udp({ srcPort: 7, dstPort: 5000 }).payload('x').bytes();
    for (const type of [3, 4, 5, 11, 12]) {
      for (let code = 0; code < 16; code++) {
        peer.send(ipv4(ADDRESSES).icmp({ type, code }).payload(quoted).bytes());
        peer.send(ipv4(ADDRESSES).icmp({ type, code }).payload(quoted.subarray(0, 9)).bytes());
      }
    }
    peer.send(request('still there'));
    expect(payloadOf(await peer.receive(isUdp))).toBe('still there');
    services.signal('SIGTERM');
    expect(await services.end()).toMatchObject({ code: 0, stderr: '' });
  });
});
