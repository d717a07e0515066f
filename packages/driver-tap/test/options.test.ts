import { describe, expect, test } from '@jest/globals';
import { Container } from 'inversify';
import { LINK_API_VERSION } from '@lunetta/core';
import type { TapDriver } from '../src/index.js';
import { linkDriverModule, tapOptionsSchema } from '../src/index.js';

const problems = (options: object): string[] =>
  (tapOptionsSchema.safeParse(options).error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`);

describe('options of a TAP device', () => {
  test('all have a default', () => {
    expect(tapOptionsSchema.parse({})).toEqual({
      device: 'lun0',
      offloads: true,
      persist: false,
      up: false,
      buffers: 2048,
      burst: 64,
      poison: false,
    });
  });

  test.each([
    ['a-name-with-16-b', 'device: the name has 16 bytes; Linux takes at most 15'],
    ['sixteen-byteß', undefined],
    ['fifteen-bytes-ß', 'device: the name has 16 bytes; Linux takes at most 15'],
    ['', 'device: the name is empty'],
    ['a/b', 'device: the name holds "/", which an interface name must not'],
    ['a b', 'device: the name holds " ", which an interface name must not'],
    ['tap%d', 'device: the name holds "%", which an interface name must not'],
    ['eth0:1', 'device: the name holds ":", which an interface name must not'],
    ['..', 'device: the name is a reserved name'],
    ['fifteen-bytes-x', undefined],
  ])('device %j: %s', (device, problem) => {
    expect(problems({ device })).toEqual(problem === undefined ? [] : [problem]);
  });

  test.each(['10.0.0.1', '10.0.0.1/33', '10.0.0.1/0', '10.0.0.256/24', '10.0.0.1/24/1', 'fe80::1/64', '10.0.0.1/'])(
    'hostAddress %j is refused',
    (hostAddress) => {
      expect(problems({ hostAddress })).toEqual([
        'hostAddress: must be an IPv4 address with its prefix length, such as 10.0.0.1/24',
      ]);
    },
  );

  test('unknown options, and fewer buffers than bursts need, are refused', () => {
    expect(problems({ devise: 'x' })).toEqual([expect.stringContaining('devise')]);
    expect(problems({ burst: 256, buffers: 1000 })).toEqual(['buffers: must be at least four times burst']);
  });

  test('the module binds the driver by its well-known name', () => {
    const container = new Container();
    container.load(linkDriverModule);
    const driver = container.get<TapDriver>(Symbol.for('lunetta.LinkDriver'));
    expect([driver.name, driver.apiVersion]).toEqual(['tap', LINK_API_VERSION]);
  });
});
