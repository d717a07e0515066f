import { withLan, type Cable, type LanHost, type VirtualLan } from '@lunetta/testkit';
import type { TcpConnection } from '@lunetta/core';
import { isAnythingLent, isRestChanged } from '../lent.js';
import { Application } from './application.js';
import type { Scenario, Step } from './scenario.js';
import { WireWatch } from './wire-watch.js';

const PORT = 80;
/** By then the connection has ended on both sides, in seconds after the wire is mended: R2, keep-alive, the longest timeouts. */
const PATIENCE_S = 900;
const TIME_WAIT_S = 61;

/**
 * Lives a scenario through and holds it to what TCP promises.
 *
 * @throws Error (rejects) if a byte is lost, doubled, changed or out of order, if a segment breaks a rule, if a side does
 *   not end, ends twice, or fails without a reason, or if anything is left behind
 */
export async function runModel({ seed, conditions, sides, steps }: Scenario): Promise<void> {
  const applications = sides.map(({ length, isEager }, i) => new Application(seed + i, length, isEager));
  applications.forEach((application, i) => application.facing(applications[1 - i]));
  await withLan({ seed, history: 4000 }, async (lan) => {
    const hosts = sides.map(({ settings, mtu, offloads }, i) =>
      lan.host(`side${i}`, `10.0.0.${i + 1}/24`, { settings, mtu, offloads }),
    );
    const cable = lan.cable(hosts[0], hosts[1], conditions);
    const watch = new WireWatch(applications);
    cable.observe((frame) => watch.see(frame));
    hosts[1].stack.tcp.listen({ port: PORT }).onConnection = (connection) => applications[1].begin(connection);
    applications[0].begin(hosts[0].stack.tcp.connect({ address: '10.0.0.2', port: PORT }));
    for (const step of steps) {
      await take(step, { lan, cable, applications });
      if (watch.fault !== undefined) throw new Error(watch.fault);
    }
    cable.heal();
    cable.set({ loss: 0, duplication: 0, reordering: 0, corruption: 0, rate: 1e9, queue: { packets: 1000 } });
    for (const application of applications) application.hurry();
    await untilOver(lan, applications);
    if (watch.fault !== undefined) throw new Error(watch.fault);
    check(applications, steps);
    await lan.advance(`${TIME_WAIT_S}s`);
    for (const host of hosts) checkNothingLeft(host);
    for (const { connection } of applications) if (connection !== undefined) checkAtRest(connection);
  });
}

interface Stage {
  readonly lan: VirtualLan;
  readonly cable: Cable;
  readonly applications: readonly Application[];
}

async function take(step: Step, { lan, cable, applications }: Stage): Promise<void> {
  switch (step.kind) {
    case 'wait':
      return lan.advance(`${step.ms}ms`);
    case 'write':
    case 'read':
      return void applications[step.side][step.kind](step.most);
    case 'end':
      return applications[step.side].end();
    case 'close':
    case 'abort':
      return applications[step.side].leave(step.kind);
    case 'noDelay':
    case 'userTimeout': {
      const { connection } = applications[step.side];
      if (connection === undefined) return;
      if (step.kind === 'noDelay') connection.noDelay = step.on;
      else connection.userTimeoutMs = step.ms;
      return;
    }
    case 'conditions':
      return cable.set(step.to);
    case 'partition':
    case 'heal':
      return cable[step.kind]();
  }
}

async function untilOver(lan: VirtualLan, applications: readonly Application[]): Promise<void> {
  for (let second = 0; second < PATIENCE_S; second++) {
    await lan.advance('1s');
    if (applications.every(({ connection }) => isOver(connection?.state))) return;
  }
  throw new Error(`it does not end: ${describe(applications)}`);
}

function isOver(state: string | undefined): boolean {
  return state === undefined || state === 'CLOSED' || state === 'TIME_WAIT';
}

function check(applications: readonly Application[], steps: readonly Step[]): void {
  const mayFail = steps.some(({ kind }) => kind === 'close' || kind === 'abort' || kind === 'userTimeout');
  for (const [i, application] of applications.entries()) {
    const { connection, closings } = application;
    if (connection === undefined) continue;
    if (closings.length !== 1) throw new Error(`side ${i} was told ${closings.length} times that it is over`);
    if (closings[0] !== connection.error) throw new Error(`side ${i} was told ${closings[0]}, not ${connection.error}`);
  }
  const [client, server] = applications;
  if (server.connection === undefined) {
    if (client.connection!.error === undefined) throw new Error('a connection without a server');
    return;
  }
  if (mayFail) return;
  for (const [i, application] of applications.entries()) {
    const peer = applications[1 - i];
    if (application.connection!.error !== undefined) throw new Error(`fails for no reason: ${describe(applications)}`);
    if (!application.hasSeenEnd || application.readLength !== peer.outgoing.length) {
      throw new Error(`side ${i} has not read all: ${describe(applications)}`);
    }
  }
}

function describe(applications: readonly Application[]): string {
  return applications
    .map(({ connection, readLength, written, outgoing }) => {
      const { state = 'none', error = 'no error' } = connection ?? {};
      return `${state} (${error}), ${readLength} read, ${written} of ${outgoing.length} written`;
    })
    .join('; ');
}

function checkNothingLeft({ name, stack }: LanHost): void {
  const { connections, halfOpen, timeWait, bufferBytes } = stack.counters().tcp;
  const left = Object.entries({ connections, halfOpen, timeWait, bufferBytes }).filter(([, count]) => count !== 0);
  if (left.length > 0) throw new Error(`${name} has left ${JSON.stringify(Object.fromEntries(left))}`);
}

function checkAtRest(connection: TcpConnection): void {
  if (isAnythingLent(connection)) throw new Error('a connection that is over has given back less than all');
  if (isRestChanged(connection)) throw new Error('what all connections at rest share was written to');
}
