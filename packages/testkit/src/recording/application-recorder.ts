import type { Datagram, Stack } from '@lunetta/core';
import type { Journal } from './journal.js';
import { MADE_BY, RECORDED_MEMBERS, type RecordedKind } from './recorded-members.js';

type Callable = (...args: unknown[]) => unknown;

/** Gives the application objects of the stack's whose use is written down. */
export class ApplicationRecorder {
  /** The datagram that is shown, as the application gets it: one object for all, as in the stack. */
  private shown: Datagram | undefined = undefined;
  /** Its payload as it came. */
  private came: Uint8Array = new Uint8Array(0);

  constructor(private readonly journal: Journal) {}

  /** @param replaced members that are recorded otherwise */
  stack(stack: Stack, replaced: Partial<Record<keyof Stack, unknown>>): Stack {
    const udp = this.record(stack.udp, 'udp', 'udp');
    return this.record(stack, 'stack', 'stack', { ...replaced, udp });
  }

  /**
   * The object as the application gets it: its calls, the properties that are set and the callbacks that are hung in are
   * written down. Everything else is as with the object itself.
   */
  private record<T extends object>(
    object: T,
    name: string,
    kind: RecordedKind,
    replaced: Partial<Record<keyof T, unknown>> = {},
  ): T {
    const { calls, callbacks, properties } = RECORDED_MEMBERS[kind];
    const own = new Map<string | symbol, unknown>(Object.entries(replaced));
    for (const key of calls) {
      if (own.has(key)) continue;
      const work = (object as Record<string, Callable>)[key].bind(object);
      own.set(key, (...args: unknown[]) => this.call(`${name}.${key}`, args, work));
    }
    const recorded = new Proxy(object, {
      get: (target, key) => {
        if (own.has(key)) return own.get(key);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value as Callable).bind(target) : value;
      },
      set: (target, key, value: unknown) => {
        const member = String(key);
        const isCallback = callbacks.includes(member);
        if (!isCallback && !properties.includes(member)) return Reflect.set(target, key, value, target);
        const path = `${name}.${member}`;
        const real = typeof value === 'function' ? this.callback(path, value as Callable) : value;
        if (isCallback) own.set(key, value);
        this.journal.assign(path, real, () => void Reflect.set(target, key, real, target));
        return true;
      },
    });
    this.journal.names.set(object, name);
    this.journal.names.set(recorded, name);
    return recorded;
  }

  /** Makes a call that is written down; functions among the arguments are callbacks, and objects come back recorded. */
  private call(name: string, args: readonly unknown[], work: Callable): unknown {
    const real = args.map((arg) => (typeof arg === 'function' ? this.callback(undefined, arg as Callable) : arg));
    let recorded: unknown;
    const value = this.journal.call(name, real, () => {
      const made = work(...real);
      recorded = made === undefined ? undefined : this.recordMade(name, made);
      return made;
    });
    return recorded ?? value;
  }

  /** What the application gets of an object that a call has made; undefined if it is none to be recorded. */
  private recordMade(call: string, made: unknown): unknown {
    const kind = MADE_BY[call] as RecordedKind | undefined;
    if (kind === undefined) return undefined;
    return this.record(made as object, this.journal.names.add(made as object, kind), kind);
  }

  /** The application's function as the stack gets it. */
  private callback(path: string | undefined, callback: Callable): Callable {
    const real = (...args: unknown[]): unknown => {
      if (path !== undefined && path.endsWith('.onDatagram')) return this.show(path, args[0] as Datagram, callback);
      return this.journal.callback(name, args, () => callback(...args));
    };
    const { names } = this.journal;
    const name = path === undefined ? names.add(real, 'callback') : names.set(real, path);
    return real;
  }

  private show(path: string, datagram: Datagram, callback: Callable): unknown {
    const came = datagram.copy();
    this.came = came.bytes;
    const reply = (length?: number): unknown => this.reply(datagram, length);
    this.shown ??= this.record(datagram, 'datagram', 'datagram', { reply });
    return this.journal.callback(path, [came], () => callback(this.shown));
  }

  private reply(datagram: Datagram, length: number | undefined): unknown {
    const changed = this.changedPayload(datagram, length ?? datagram.length);
    return this.journal.call('datagram.reply', [length, changed], () => datagram.reply(length));
  }

  /** The bytes that an answer of `length` is to have, if they are not those that came. */
  private changedPayload(datagram: Datagram, length: number): Uint8Array | undefined {
    if (!datagram.isLive || !(length >= 0 && length <= datagram.replyCapacity)) return undefined; // refused anyway
    if (length > datagram.length) return new Uint8Array(datagram.memory.buffer, datagram.offset, length).slice();
    const now = datagram.copy().bytes.subarray(0, length); // unlike its `bytes` this does not count as touching it
    return now.every((byte, i) => byte === this.came[i]) ? undefined : now;
  }
}
