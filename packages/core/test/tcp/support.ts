import { END_OF_STREAM, Stack, type StackSettings, type TcpConnection } from '@lunetta/core';
import { createMemoryCable, expectConserved, FaultyPort, VirtualHost, type MemoryCableOptions } from '@lunetta/testkit';

const SERVER = '10.0.0.2';
const CLIENT = '10.0.0.1';

/** What a pair of stacks is made with. */
export interface PairOptions {
  readonly seed?: number;
  readonly cable?: MemoryCableOptions;
  readonly client?: StackSettings;
  readonly server?: StackSettings;
  /** Share of the frames to the server that are lost. 0. */
  readonly loss?: number;
}

/** Two stacks on one cable, in virtual time. */
export class TcpPair {
  readonly host: VirtualHost;
  readonly client: Stack;
  readonly server: Stack;

  constructor(options: PairOptions = {}) {
    this.host = new VirtualHost({ seed: options.seed ?? 1 });
    const cable = createMemoryCable({ scheduler: this.host.scheduler, poison: true, ...options.cable });
    this.client = new Stack(this.host, options.client);
    this.server = new Stack(this.host, options.server);
    this.client.addInterface(cable.a, { name: 'client', addresses: [`${CLIENT}/24`], mode: 'interrupt' });
    const { random } = this.host;
    const port = options.loss === undefined ? cable.b : new FaultyPort(cable.b, { loss: options.loss, random });
    this.server.addInterface(port, { name: 'server', addresses: [`${SERVER}/24`], mode: 'interrupt' });
    this.host.settle();
  }

  /** A connection from client to server, established: both ends. */
  connect(port = 80): [TcpConnection, TcpConnection] {
    const listener = this.server.tcp.listen({ port });
    const client = this.client.tcp.connect({ address: SERVER, port });
    this.host.advance('10ms');
    const server = listener.accept();
    listener.close();
    if (server === undefined) throw new Error(`no connection: the client is ${client.state}`);
    return [client, server];
  }

  /** Ends both stacks; every frame and every buffer must be accounted for. */
  async close(): Promise<void> {
    const stacks = [this.client, this.server];
    stacks.forEach(expectConserved);
    let isClosed = false;
    const closing = Promise.all(stacks.map((stack) => stack.close())).then(() => (isClosed = true));
    for (let turns = 0; !isClosed && turns < 1000; turns++) {
      this.host.settle();
      await Promise.resolve();
    }
    await closing;
    for (const stack of stacks) {
      expectConserved(stack);
      const { interfaces, tcp } = stack.counters();
      for (const { buffers } of interfaces)
        if (buffers.inUse !== 0) throw new Error(`${buffers.inUse} buffers are out`);
      if (tcp.connections + tcp.halfOpen + tcp.timeWait !== 0) throw new Error('connections outlive their stack');
    }
  }
}

/** Bytes that tell their place. */
export function pattern(length: number, from = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => ((from + i) * 31 + ((from + i) >>> 8)) & 0xff);
}

/** All that has been read from a connection. */
export class Reader {
  readonly chunks: Uint8Array[] = [];
  length = 0;
  hasEnded = false;

  constructor(readonly connection: TcpConnection) {
    connection.onReadable = () => this.drain();
  }

  drain(): void {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const count = this.connection.read(buffer);
      if (count === END_OF_STREAM) this.hasEnded = true;
      if (count <= 0) return;
      this.chunks.push(buffer.slice(0, count));
      this.length += count;
    }
  }

  get bytes(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}

/** Writes all of `bytes`, as there is room, then ends. */
export function send(connection: TcpConnection, bytes: Uint8Array, thenEnd = true): void {
  let at = 0;
  const push = (): void => {
    while (at < bytes.length) {
      const taken = connection.write(bytes, at);
      if (taken <= 0) return;
      at += taken;
    }
    if (thenEnd) connection.end();
  };
  connection.onWritable = push;
  push();
}
