import type { Arg, CallSpec, DrillScript, Place } from '../syntax/ast.js';
import type { NamedAddress } from './drill-socket.js';
import { DrillFailure } from './failure.js';
import { SYMBOLS } from './symbols.js';

/** The arguments of a call, read as the call wants them. */
export class Arguments {
  constructor(
    private readonly script: DrillScript,
    private readonly place: Place,
    private readonly call: CallSpec,
  ) {}

  /** Number of arguments. */
  get count(): number {
    return this.call.args.length;
  }

  /** A number, or symbols joined by `|`; `...` is 0. */
  number(index: number): number {
    return this.numberOf(this.at(index));
  }

  /** The first of a list such as `[64]`, or a number. */
  value(index: number): number {
    const arg = this.at(index);
    return arg.kind === 'list' ? this.numberOf(arg.items[0] ?? arg) : this.numberOf(arg);
  }

  /** True for `...`. */
  isLeftOut(index: number): boolean {
    return this.call.args[index]?.kind === 'ellipsis';
  }

  /**
   * Holds the script to leave arguments out that are buffers, or addresses that come back: what they would hold is not
   * compared.
   */
  mustBeLeftOut(indexes: readonly number[]): void {
    const given = indexes.find((index) => this.call.args[index] !== undefined && !this.isLeftOut(index));
    if (given !== undefined) throw this.wrong(`argument ${given + 1} must be '...': its content is not compared`);
  }

  /** A socket address: `...`, or `{sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("192.0.2.1")}`. */
  address(index: number): NamedAddress {
    return this.addressOf(this.at(index));
  }

  /** The fields of a structure. */
  fields(index: number): ReadonlyMap<string, Arg> {
    const arg = this.at(index);
    if (arg.kind !== 'struct') throw this.wrong(`argument ${index + 1} must be a structure {field=value, ...}`);
    return arg.fields;
  }

  /** The items of a list. */
  list(index: number): readonly Arg[] {
    return this.itemsOf(this.at(index));
  }

  itemsOf(arg: Arg): readonly Arg[] {
    if (arg.kind !== 'list') throw this.wrong('a list [...] is wanted here');
    return arg.items;
  }

  addressOf(arg: Arg): NamedAddress {
    if (arg.kind === 'ellipsis') return { address: undefined, port: undefined };
    if (arg.kind !== 'struct')
      throw this.wrong("an address is '...' or {sa_family=AF_INET, sin_port=..., sin_addr=...}");
    const port = arg.fields.get('sin_port');
    const address = arg.fields.get('sin_addr');
    return {
      address: address?.kind === 'text' ? address.text : undefined,
      port: port === undefined ? undefined : this.numberOf(port),
    };
  }

  numberOf(arg: Arg): number {
    switch (arg.kind) {
      case 'ellipsis':
        return 0;
      case 'number':
        return arg.value;
      case 'symbols':
        return arg.names.reduce((sum, name) => sum | this.symbol(name), 0);
      default:
        throw this.wrong('a number is wanted here');
    }
  }

  wrong(what: string): DrillFailure {
    return new DrillFailure(this.script, this.place, 'call', `${this.call.name}: ${what}`);
  }

  private symbol(name: string): number {
    const value = SYMBOLS[name];
    if (value === undefined) throw this.wrong(`'${name}' is no constant that is known here`);
    return value;
  }

  private at(index: number): Arg {
    const arg = this.call.args[index];
    if (arg === undefined) throw this.wrong(`argument ${index + 1} is missing`);
    return arg;
  }
}
