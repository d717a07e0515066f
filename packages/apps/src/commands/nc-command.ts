import type { Readable, Writable } from 'node:stream';
import type { Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import type { LunettaStack, TcpConnection } from 'lunetta';
import { Output } from '../output.js';
import { addStackFlags, wholeNumber, type StackFlags } from '../stack-flags.js';
import { StackRunner, type RunEnd } from '../stack-runner.js';
import type { Command } from './command.js';

interface NcFlags extends StackFlags {
  readonly listen?: number;
  readonly timeout?: number;
  readonly verbose?: boolean;
}

/** `lunetta nc`: joins a TCP connection to standard input and output. */
@injectable()
export class NcCommand implements Command {
  constructor(
    @inject(StackRunner) private readonly runner: StackRunner,
    @inject(Output) private readonly output: Output,
  ) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    addStackFlags(program.command('nc'))
      .description('a TCP connection from here, or with --listen to here, joined to standard input and output')
      .argument('[host]', 'where to, an IPv4 address')
      .argument('[port]', 'its port', wholeNumber)
      .option('-l, --listen <port>', 'take one connection on this port instead', wholeNumber)
      .option('-w, --timeout <seconds>', 'give up connecting after so long', wholeNumber)
      .option('-v, --verbose', 'say on standard error when it listens')
      .action((host: string | undefined, port: number | undefined, flags: NcFlags, command: Program) => {
        if ((flags.listen === undefined) === (host === undefined || port === undefined)) {
          command.error('error: give a host and a port, or --listen PORT');
        }
        return finish(this.run(flags, host, port));
      });
  }

  private run(flags: NcFlags, host = '', port = 0): Promise<number> {
    return this.runner.run(flags, async (stack, end) => {
      const connection = await Promise.race([this.connectionOf(stack, flags, host, port), end]);
      if (!isConnection(connection)) return this.runner.untilEnd(end);
      const outcome = await Promise.race([join(connection, process.stdin, process.stdout), end]);
      process.stdin.destroy();
      if (typeof outcome !== 'string') return outcome === undefined ? 0 : this.runner.untilEnd(end);
      this.output.problem(`nc: ${outcome}`);
      return 1;
    });
  }

  private connectionOf(stack: LunettaStack, flags: NcFlags, address: string, port: number): Promise<TcpConnection> {
    if (flags.listen === undefined) {
      const timeout = flags.timeout === undefined ? {} : { timeoutMs: flags.timeout * 1000 };
      return Promise.resolve(stack.tcp.connect({ address, port, ...timeout }));
    }
    const listener = stack.tcp.listen({ port: flags.listen, backlog: 1 });
    if (flags.verbose === true) this.output.problem(`nc: listening on port ${flags.listen}`);
    return new Promise((resolve) => {
      listener.onConnection = (connection) => {
        listener.onConnection = undefined;
        resolve(connection);
        queueMicrotask(() => listener.close());
      };
    });
  }
}

function isConnection(value: TcpConnection | RunEnd): value is TcpConnection {
  return 'readableLength' in value;
}

/** Moves bytes both ways until both sides have ended; the error's code if it went wrong. */
function join(connection: TcpConnection, input: Readable, output: Writable): Promise<string | undefined> {
  return new Promise((resolve) => {
    let isPaused = false;
    const show = (): void => {
      while (connection.readableLength > 0 && !isPaused) {
        const bytes = connection.peek().slice();
        connection.consume(bytes.length);
        isPaused = !output.write(bytes);
      }
    };
    output.on('drain', () => {
      isPaused = false;
      show();
    });
    let rest: Uint8Array = new Uint8Array(0);
    const push = (): void => {
      const taken = connection.write(rest);
      if (taken > 0) rest = rest.subarray(taken);
      if (rest.length > 0) return;
      input.resume();
    };
    input.on('data', (chunk: Uint8Array) => {
      rest = chunk;
      input.pause();
      push();
    });
    input.on('end', () => connection.end());
    connection.onWritable = push;
    connection.onReadable = show;
    connection.onClose = (error) => {
      isPaused = false;
      show();
      output.write('', () => resolve(error));
    };
  });
}
