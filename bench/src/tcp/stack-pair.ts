import { type LinkPort, macAddress, Stack, type TcpConnection, type TcpListener } from '@lunetta/core';
import { createMemoryCable } from '@lunetta/testkit';
import { BenchHost } from '../stack/bench-host.js';

const SERVER = '10.0.0.2';
const FIRST_PORT = 7;
/** Connections from one address to one port: each has a port of its own, from this one on. */
const FIRST_LOCAL_PORT = 2000;
const CONNECTIONS_A_PORT = 50_000;
/** Handshakes under way at a time. */
const HANDSHAKES = 64;
/** Nothing takes so long. */
const PATIENCE_MS = 60_000;

/** The ends of a cable in memory. */
function cableEnds(): readonly [LinkPort, LinkPort] {
  const { a, b } = createMemoryCable({ sharedMemory: true, wakeup: 'none', inFlight: 1024, whenFull: 'wait' });
  return [a, b];
}

/** Two stacks in one process, joined by a cable, turned by hand. */
export class StackPair {
  /** The clients' ends of the connections, and the servers'. */
  readonly clients: TcpConnection[] = [];
  readonly servers: TcpConnection[] = [];
  private readonly hosts = [new BenchHost(), new BenchHost()] as const;
  private readonly client: Stack;
  private readonly server: Stack;
  private readonly listeners: TcpListener[] = [];

  constructor([clientPort, serverPort] = cableEnds()) {
    const [host, serverHost] = this.hosts;
    const settings = { loop: { pollsPerTurn: 1 } };
    this.client = new Stack(host, settings);
    this.server = new Stack(serverHost, settings);
    const end = (address: string, last: string) =>
      ({
        name: 'lan',
        addresses: [`${address}/24`],
        hardwareAddress: macAddress.parse(`02:00:00:00:00:0${last}`)!,
        mode: 'busy',
      }) as const;
    this.client.addInterface(clientPort, end('10.0.0.1', '1'));
    this.server.addInterface(serverPort, end(SERVER, '2'));
  }

  /** A turn of each stack. */
  turn(): void {
    this.hosts[0].turn();
    this.hosts[1].turn();
  }

  /** Turns until something holds. */
  turnUntil(holds: () => boolean): void {
    const deadline = performance.now() + PATIENCE_MS;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error('the stacks do nothing more');
      this.turn();
    }
  }

  /** Opens connections until there are `count`. */
  open(count: number): void {
    let established = this.clients.length;
    const onConnect = (): void => void established++;
    while (this.clients.length < count) {
      const index = this.clients.length;
      const port = FIRST_PORT + Math.floor(index / CONNECTIONS_A_PORT);
      this.listen(port);
      const localPort = FIRST_LOCAL_PORT + (index % CONNECTIONS_A_PORT);
      const connection = this.client.tcp.connect({ address: SERVER, port, localPort });
      connection.onConnect = onConnect;
      this.clients.push(connection);
      if (index % HANDSHAKES === 0) this.turnUntil(() => established === this.clients.length);
    }
    this.turnUntil(() => established === count && this.servers.length === count);
  }

  private listen(port: number): void {
    if (this.listeners.some((listener) => listener.localPort === port)) return;
    const listener = this.server.tcp.listen({ port });
    listener.onConnection = (connection) => void this.servers.push(connection);
    this.listeners.push(listener);
  }
}
