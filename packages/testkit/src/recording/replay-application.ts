import type { Stack } from '@lunetta/core';
import { type Datagram, type InterfaceOptions } from '@lunetta/core';
import { codeOf } from './journal.js';
import { MADE_BY, RECORDED_MEMBERS, type RecordedKind } from './recorded-members.js';
import { decodeValue, type Json, ObjectNames } from './recorded-values.js';
import { ReplayPort } from './replay-port.js';
import { portShape } from './run-record.js';
import { describeRecord, type RunScript } from './run-script.js';

type Callable = (...args: unknown[]) => unknown;
/** Whatever stands behind a name: its calls and properties. */
type NamedObject = Record<string, unknown>;

/** Plays the application of a recorded run: makes its calls at their times, and checks what comes of them. */
export class ReplayApplication {
  /** The ports of the interfaces so far. */
  readonly ports: ReplayPort[] = [];
  /** The outcome of `stack.close`, once that was called. */
  closing: Promise<void> | undefined = undefined;
  readonly names = new ObjectNames();
  private readonly objects = new Map<string, object>();

  constructor(
    private readonly stack: Stack,
    private readonly script: RunScript,
  ) {
    this.name(stack, 'stack');
    this.name(stack.udp, 'udp');
  }

  /** Does what the next record says, if it is the application's doing. @returns false if it is not */
  act(): boolean {
    const record = this.script.next;
    if (record === undefined) return false;
    if ('call' in record) this.call(record.t, record.call, record.args);
    else if ('set' in record) this.assign(record.t, record.set, record.to);
    else return false;
    return true;
  }

  private call(t: number, path: string, args: Json[]): void {
    const { script } = this;
    const { target, member, members } = this.find(path);
    if (!members.calls.includes(member)) return script.differ(`there is no call '${path}'`);
    script.pass();
    script.moveTo(t);
    script.calls++;
    try {
      const value = this.invoke(path, target, member, args);
      this.expect(value instanceof Promise ? null : this.names.encode(value));
    } catch (error) {
      this.expectThrown(error);
    } finally {
      script.calls--;
    }
  }

  private invoke(path: string, target: NamedObject, member: string, args: Json[]): unknown {
    if (path === 'stack.close') return (this.closing = this.stack.close());
    const values = path === 'stack.addInterface' ? this.interfaceArgs(args) : args.map((arg) => this.decode(arg));
    if (path === 'datagram.reply') changePayload(target as unknown as Datagram, values);
    const made = (target[member] as Callable)(...values);
    const kind = MADE_BY[path];
    if (kind !== undefined && made instanceof Object) this.name(made, this.names.add(made, kind));
    return made;
  }

  private interfaceArgs([shape, options]: Json[]): unknown[] {
    const decoded = this.decode(options ?? null) as InterfaceOptions;
    const port = new ReplayPort(portShape.parse(shape), String(decoded.name), this.script);
    this.ports.push(port);
    return [port, { ...decoded, mode: 'interrupt' }]; // the recording says when to poll
  }

  private assign(t: number, path: string, to: Json): void {
    const { script } = this;
    const { target, member, members } = this.find(path);
    if (!members.callbacks.includes(member) && !members.properties.includes(member)) {
      return script.differ(`there is no property '${path}'`);
    }
    script.pass();
    script.moveTo(t);
    try {
      target[member] = this.decode(to);
    } catch (error) {
      this.expectThrown(error);
    }
  }

  /** Compares what a call has given back with the record that may follow. */
  private expect(value: Json): void {
    const { script } = this;
    const { next } = script;
    if (next === undefined) return;
    const expected = 'return' in next ? next.return : null;
    if ('throws' in next || JSON.stringify(expected) !== JSON.stringify(value)) {
      return script.differ(`the call gave ${JSON.stringify(value)}, not ${describeRecord(next)}`);
    }
    if ('return' in next) script.pass();
  }

  private expectThrown(error: unknown): void {
    const { script } = this;
    const { next } = script;
    if (next === undefined) return;
    if ('throws' in next && next.throws === codeOf(error)) return script.pass();
    script.differ(`it threw ${String(error)}, not ${describeRecord(next)}`);
  }

  /** The application's function of this name: checks that it is called as recorded, and makes the calls made in it. */
  private callback(name: string): Callable {
    return (...args) => {
      const { script } = this;
      if (script.next === undefined) return;
      const seen = this.names.encode(args.map((arg) => this.shown(arg)));
      const { next } = script;
      if (!('callback' in next) || next.callback !== name || JSON.stringify(next.args) !== JSON.stringify(seen)) {
        script.differ(
          `the stack calls ${describeRecord({ callback: name, args: seen as [] })}, not ${describeRecord(next)}`,
        );
        return;
      }
      script.pass();
      script.calls++;
      while (this.act());
      script.calls--;
      const end = script.next;
      if (end !== undefined && 'end' in end && end.end === name) script.pass();
      else if (end !== undefined) script.differ(`${name} returns before ${describeRecord(end)}`);
    };
  }

  /** An argument of a callback as it is recorded; the datagram is at hand for the calls in there. */
  private shown(arg: unknown): unknown {
    if (typeof (arg as Partial<Datagram> | undefined)?.copy !== 'function') return arg;
    this.name(arg as object, 'datagram');
    return (arg as Datagram).copy();
  }

  private find(path: string): {
    target: NamedObject;
    member: string;
    members: (typeof RECORDED_MEMBERS)[RecordedKind];
  } {
    const [name = '', member = ''] = path.split('.');
    const kind = name.replace(/\d+$/, '') as RecordedKind;
    const members = Object.hasOwn(RECORDED_MEMBERS, kind) ? RECORDED_MEMBERS[kind] : NO_MEMBERS;
    const target = this.objects.get(name) as NamedObject | undefined;
    return { target: target ?? {}, member, members: target === undefined ? NO_MEMBERS : members };
  }

  private decode(value: Json): unknown {
    return decodeValue(value, (name) => this.objects.get(name) ?? this.name(this.callback(name), name));
  }

  private name<T extends object>(object: T, name: string): T {
    this.names.set(object, name);
    this.objects.set(name, object);
    return object;
  }
}

const NO_MEMBERS = { calls: [], callbacks: [], properties: [] };

/** Writes the answer that the application gave in place; takes that argument out. */
function changePayload(datagram: Datagram, values: unknown[]): void {
  const changed = values.splice(1)[0];
  if (changed instanceof Uint8Array) datagram.memory.bytes.set(changed, datagram.offset);
}
