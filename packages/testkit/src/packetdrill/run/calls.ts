import { payload } from '../packets/encode.js';
import type { Arg, CallSpec, DrillScript, Place } from '../syntax/ast.js';
import { Arguments } from './arguments.js';
import type { DrillSocket, Outcome, SocketMaker } from './drill-socket.js';
import { DrillFailure, type DrillField } from './failure.js';
import { namesOfBits, SYMBOLS } from './symbols.js';

const DONE: Outcome = { kind: 'value', value: 0 };
const POLL_NAMES = ['POLLIN', 'POLLOUT', 'POLLERR', 'POLLHUP', 'POLLRDNORM', 'POLLWRNORM'];
/** Arguments of calls that must be `...`: buffers, and addresses that come back. */
const LEFT_OUT: Readonly<Record<string, readonly number[]>> = {
  ...{ send: [1], sendto: [1], write: [1] },
  ...{ accept: [1, 2], read: [1], recv: [1], recvfrom: [1, 4, 5] },
};
const ALWAYS_POLLED = SYMBOLS['POLLERR'] | SYMBOLS['POLLHUP'];

/** The system calls of a script, by their names. A call that blocks is made again until it no longer does. */
export class Calls {
  private readonly sockets = new Map<number, DrillSocket>();
  /** The socket that was used last: what comes in and goes out is by its port. */
  current: DrillSocket | undefined = undefined;

  constructor(
    private readonly script: DrillScript,
    private readonly makers: readonly SocketMaker[],
  ) {}

  /** Makes a call. */
  make(call: CallSpec, place: Place): Outcome {
    const args = new Arguments(this.script, place, call);
    args.mustBeLeftOut(LEFT_OUT[call.name] ?? []);
    switch (call.name) {
      case 'socket':
        return this.socket(call, args);
      case 'bind':
        return this.on(args).bind(args.address(1));
      case 'connect':
        return this.on(args).connect(args.address(1));
      case 'listen':
        return this.on(args).listen(args.number(1));
      case 'accept':
        return this.accept(call, args);
      case 'shutdown':
        return this.on(args).shutdown(args.number(1));
      case 'send':
      case 'write':
        return this.on(args).send(payload(args.number(2)), undefined, args.count > 3 ? args.number(3) : 0);
      case 'sendto':
        return this.on(args).send(payload(args.number(2)), args.address(4), args.number(3));
      case 'sendmsg':
        return this.sendMessage(args);
      case 'read':
      case 'recv':
      case 'recvfrom':
        return this.on(args).receive({ length: args.number(2), flags: args.count > 3 ? args.number(3) : 0 });
      case 'recvmsg':
        return this.receiveMessage(args);
      case 'setsockopt':
        return this.on(args).setOption(args.number(1), args.number(2), args.value(3));
      case 'getsockopt':
        return this.getOption(args);
      case 'fcntl':
        return this.control(args);
      case 'poll':
        return this.poll(args);
      case 'close':
        return this.close(args);
      default:
        throw args.wrong('a call that is not known here');
    }
  }

  private socket(call: CallSpec, args: Arguments): Outcome {
    const type = args.number(1);
    const kind = type & ~(SYMBOLS['SOCK_NONBLOCK'] | SYMBOLS['SOCK_CLOEXEC']);
    for (const maker of this.makers) {
      const socket = maker.open(kind);
      if (socket === undefined) continue;
      socket.nonBlocking = (type & SYMBOLS['SOCK_NONBLOCK']) !== 0;
      return this.open(call, args, socket);
    }
    throw args.wrong('no such type of socket here: SOCK_DGRAM, SOCK_STREAM');
  }

  private accept(call: CallSpec, args: Arguments): Outcome {
    const accepted = this.on(args).accept();
    return 'kind' in accepted ? accepted : this.open(call, args, accepted);
  }

  /** Gives a socket the number that the script calls it by. */
  private open({ result }: CallSpec, args: Arguments, socket: DrillSocket): Outcome {
    const descriptor = result.kind === 'value' && result.value >= 0 ? result.value : 3 + this.sockets.size;
    if (this.sockets.has(descriptor)) {
      throw args.wrong(`${descriptor} is open already; a new socket has another number`);
    }
    this.sockets.set(descriptor, socket);
    this.current = socket;
    return { kind: 'value', value: descriptor };
  }

  private close(args: Arguments): Outcome {
    const descriptor = args.number(0);
    const socket = this.sockets.get(descriptor);
    if (socket === undefined) return { kind: 'error', code: 'EBADF' };
    socket.close();
    this.sockets.delete(descriptor);
    return DONE;
  }

  private sendMessage(args: Arguments): Outcome {
    const fields = args.fields(1);
    const name = fields.get('msg_name');
    return this.on(args).send(payload(this.vectorLength(args, fields)), name && args.addressOf(name), args.number(2));
  }

  private receiveMessage(args: Arguments): Outcome {
    const fields = args.fields(1);
    const socket = this.on(args);
    const outcome = socket.receive({ length: this.vectorLength(args, fields), flags: args.number(2) });
    if ((fields.get('msg_name')?.kind ?? 'ellipsis') !== 'ellipsis') throw args.wrong("msg_name must be '...'");
    const expected = fields.get('msg_flags');
    if (outcome.kind === 'value' && expected !== undefined && expected.kind !== 'ellipsis') {
      this.compareFlags(args, 'msg_flags', args.numberOf(expected), socket.receivedFlags, ['MSG_TRUNC']);
    }
    return outcome;
  }

  /** Bytes of `msg_iov(1)=[{..., 1000}]`. */
  private vectorLength(args: Arguments, fields: ReadonlyMap<string, Arg>): number {
    const vector = fields.get('msg_iov');
    if (vector === undefined) throw args.wrong('msg_iov is missing');
    return args.itemsOf(vector).reduce((sum, item) => {
      const length = item.kind === 'struct' ? (item.fields.get('iov_len') ?? item.fields.get('1')) : undefined;
      if (length === undefined) throw args.wrong('an item of msg_iov is written {..., LENGTH}');
      return sum + args.numberOf(length);
    }, 0);
  }

  private getOption(args: Arguments): Outcome {
    const value = this.on(args).getOption(args.number(1), args.number(2));
    if (value === undefined) return { kind: 'error', code: 'ENOPROTOOPT' };
    if (!args.isLeftOut(3) && args.value(3) !== value) {
      throw this.differs(args, 'value', String(args.value(3)), String(value));
    }
    return DONE;
  }

  private control(args: Arguments): Outcome {
    const socket = this.on(args);
    const flags = SYMBOLS['O_RDWR'] | (socket.nonBlocking ? SYMBOLS['O_NONBLOCK'] : 0);
    if (args.number(1) === SYMBOLS['F_GETFL']) return { kind: 'value', value: flags };
    if (args.number(1) !== SYMBOLS['F_SETFL']) return { kind: 'error', code: 'EINVAL' };
    socket.nonBlocking = (args.number(2) & SYMBOLS['O_NONBLOCK']) !== 0;
    return DONE;
  }

  private poll(args: Arguments): Outcome {
    let ready = 0;
    const differences: (() => void)[] = [];
    for (const item of args.list(0)) {
      if (item.kind !== 'struct') throw args.wrong('an item is written {fd=3, events=POLLIN, revents=POLLIN}');
      const [descriptor, events, revents] = ['fd', 'events', 'revents'].map((name) => {
        const field = item.fields.get(name);
        return field === undefined ? 0 : args.numberOf(field);
      });
      const socket = this.sockets.get(descriptor);
      if (socket === undefined) throw args.wrong(`${descriptor} is no open socket`);
      const seen = socket.readiness & (events | ALWAYS_POLLED);
      if (seen !== 0) ready++;
      differences.push(() => this.compareFlags(args, 'revents', revents, seen, POLL_NAMES));
    }
    const timeout = args.number(2);
    if (ready === 0 && timeout !== 0) return { kind: 'blocks' };
    for (const compare of differences) compare();
    return { kind: 'value', value: ready };
  }

  private on(args: Arguments): DrillSocket {
    const socket = this.sockets.get(args.number(0));
    if (socket === undefined) throw args.wrong(`${args.number(0)} is no open socket`);
    this.current = socket;
    return socket;
  }

  private compareFlags(
    args: Arguments,
    field: DrillField,
    expected: number,
    seen: number,
    names: readonly string[],
  ): void {
    if (expected !== seen) throw this.differs(args, field, namesOfBits(expected, names), namesOfBits(seen, names));
  }

  private differs(args: Arguments, field: DrillField, expected: string, seen: string): DrillFailure {
    const { message, place } = args.wrong(`${field} differs`);
    const [head] = message.split('\n');
    const text = head.replace(/^.*?:\d+:\d+: /, '');
    return new DrillFailure(this.script, place, field, text, [`  expected: ${expected}`, `  seen:     ${seen}`]);
  }
}
