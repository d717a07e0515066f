import { VirtualLan, type LanHost } from '@lunetta/testkit';

const HOSTS = 100;
const DISCARD_PORT = 9;
/** Times a day that each host greets a neighbour: its entry ages and is forgotten in between. */
const GREETINGS = 2;
const BETWEEN = '12h';

/** What a virtual day took. */
export interface DayTime {
  readonly seconds: number;
  /** Of the processor: what else runs on the machine is not in it. */
  readonly cpuSeconds: number;
  /** Frames that the hosts have received in it. */
  readonly frames: number;
}

/**
 * A day on a LAN of 100 stacks at a switch that have next to nothing to do: twice each greets a neighbour, whose address
 * it has to ask for again. Building the LAN and tearing it down are not counted.
 */
export async function virtualDay(): Promise<DayTime> {
  const lan = new VirtualLan({ history: 0 });
  const hub = lan.switch('switch');
  const hosts = Array.from({ length: HOSTS }, (_, i) => lan.host(`host-${i}`, `10.0.0.${i + 1}/16`));
  for (const host of hosts) lan.cable(host, hub);
  const sockets = hosts.map(({ stack }) => {
    const socket = stack.udp.open();
    socket.onDatagram = () => undefined;
    socket.bind({ port: DISCARD_PORT });
    return socket;
  });
  await lan.advance('1s'); // the links come up
  const begin = performance.now();
  const cpuBefore = process.cpuUsage();
  for (let greeting = 0; greeting < GREETINGS; greeting++) {
    sockets.forEach((socket, i) => {
      const error = socket.send(new Uint8Array(10), `10.0.0.${((i + 1) % HOSTS) + 1}`, DISCARD_PORT);
      if (error !== undefined) throw new Error(`not sent: ${error}`);
    });
    await lan.advance(BETWEEN);
  }
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  check(hosts);
  const frames = hosts.reduce((sum, host) => sum + countersOf(host).rx.frames, 0);
  await lan.close();
  return { seconds, cpuSeconds: (user + system) / 1e6, frames };
}

/** Every greeting has arrived. */
function check(hosts: readonly LanHost[]): void {
  const delivered = hosts.reduce((sum, host) => sum + countersOf(host).rx.delivered, 0);
  const sent = HOSTS * GREETINGS;
  if (delivered !== sent) throw new Error(`of ${sent} greetings ${delivered} have arrived`);
}

function countersOf({ stack }: LanHost): ReturnType<LanHost['stack']['counters']>['interfaces'][0] {
  return stack.counters().interfaces[0];
}
