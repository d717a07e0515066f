import { expect, test } from '@jest/globals';
import { ethernet, StackLab } from '@lunetta/testkit';
import { EchoReport } from '../src/echo-report.js';
import { UdpEcho } from '../src/services/udp-echo.js';

test('there is something to say after each change, and only then', () => {
  const lab = new StackLab();
  lab.befriend(); // with a ping
  const echo = new UdpEcho();
  echo.start(lab.stack);
  const report = new EchoReport(lab.stack, echo);
  expect(report.update()).toBe(false);
  lab.advance('1h');
  expect(report.update()).toBe(false);

  lab.send(ethernet().ipv4().icmp());
  expect([report.update(), report.update()]).toEqual([true, false]);
  expect(report.text).toBe('datagrams echoed: 0 (0 bytes, 0/s), pings answered: 2, dropped: 0');

  lab.send(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7 }).payload('abc'));
  expect([report.update(), report.update()]).toEqual([true, false]);
  expect(report.numbers).toMatchObject({ datagrams: 1, bytes: 3, pings: 2, dropped: 0, from: '10.0.0.2:5' });
});
