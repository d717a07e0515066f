import { LunettaError } from 'lunetta';
import {
  atPort,
  between,
  byEtherType,
  byIpv4Protocol,
  byIpv6Protocol,
  ETHERTYPE_AT,
  hasMac,
  isVlan,
  longerThan,
  TAG_LENGTH,
  type FramePredicate,
} from './frame-tests.js';

type Direction = 'src' | 'dst' | undefined;

const ETHER_TYPES: Readonly<Record<string, number>> = { ip: 0x0800, arp: 0x0806, ip6: 0x86dd };
/** Over IPv4 and IPv6. */
const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132 };
const IPV4_PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, igmp: 2 };
const IPV6_PROTOCOLS: Readonly<Record<string, number>> = { icmp6: 58 };

/**
 * Reads a filter in a part of the language of tcpdump (pcap-filter): `host`, `net`, `port`, `ether host`, each with `src`
 * or `dst`; `ip`, `ip6`, `arp`, `icmp`, `icmp6`, `igmp`, `tcp`, `udp`, `sctp` (the last three also before `port`),
 * `proto N`, `ether proto N`, `vlan [ID]`, `less N`, `greater N`; `and`, `or`, `not` and parentheses. As there, `and` and
 * `or` bind equally, from left to right, and what stands after `vlan` is looked for behind its tag.
 *
 * @throws LunettaError `LUNETTA_ERR_MISUSE` with a mark under what cannot be read
 */
export function parseFilter(text: string): FramePredicate {
  return new FilterParser(text).parse();
}

interface Token {
  readonly text: string;
  readonly at: number;
}

/** A parser by recursive descent: a chain of and and or, not, a primitive. */
class FilterParser {
  private readonly tokens: Token[];
  private next = 0;
  /** Where what is read now looks for the ethertype: behind the tags of `vlan` so far. */
  private typeAt = ETHERTYPE_AT;

  constructor(private readonly text: string) {
    this.tokens = Array.from(text.matchAll(/\(|\)|!|&&|\|\||[^\s()!&|]+/g), (match) => ({
      text: match[0],
      at: match.index,
    }));
  }

  parse(): FramePredicate {
    const predicate = this.parseChain();
    if (this.next < this.tokens.length) throw this.wrong('this belongs to nothing; and, or?');
    return predicate;
  }

  private parseChain(): FramePredicate {
    let left = this.parseNot();
    for (;;) {
      const isAnd = this.eat('and', '&&');
      if (!isAnd && !this.eat('or', '||')) return left;
      const [first, second] = [left, this.parseNot()];
      left = isAnd ? (frame) => first(frame) && second(frame) : (frame) => first(frame) || second(frame);
    }
  }

  private parseNot(): FramePredicate {
    if (this.eat('not', '!')) {
      const inner = this.parseNot();
      return (frame) => !inner(frame);
    }
    if (!this.eat('(')) return this.parsePrimitive();
    const inner = this.parseChain();
    if (!this.eat(')')) throw this.wrong("')' is missing");
    return inner;
  }

  private parsePrimitive(): FramePredicate {
    if (this.eat('ether')) return this.parseEther();
    const direction = this.parseDirection();
    if (this.eat('host')) return this.parseHost(direction);
    if (this.eat('net')) return this.parseNet(direction);
    if (this.eat('port')) return this.parsePort(direction, undefined);
    if (direction !== undefined) throw this.wrong(`'${direction}' stands before host, net or port`);
    if (this.eat('vlan')) return this.parseVlan();
    if (this.eat('proto')) return this.byProtocol(this.number('a protocol', 255));
    if (this.eat('greater')) return longerThan(this.number('a length', 65_553) - 1);
    if (this.eat('less')) {
      const longer = longerThan(this.number('a length', 65_553));
      return (frame) => !longer(frame);
    }
    return this.parseProtocol();
  }

  private parseProtocol(): FramePredicate {
    const token = this.tokens[this.next];
    const word = token?.text ?? '';
    const { typeAt } = this;
    this.next++;
    if (Object.hasOwn(ETHER_TYPES, word)) return byEtherType(ETHER_TYPES[word], typeAt);
    if (Object.hasOwn(IPV4_PROTOCOLS, word)) return byIpv4Protocol(IPV4_PROTOCOLS[word], typeAt);
    if (Object.hasOwn(IPV6_PROTOCOLS, word)) return byIpv6Protocol(IPV6_PROTOCOLS[word], typeAt);
    if (!Object.hasOwn(PROTOCOLS, word)) {
      const what = token === undefined ? 'something is missing at the end' : `'${word}' is no word of a filter`;
      throw this.wrong(what, token);
    }
    const before = this.next;
    const direction = this.parseDirection();
    if (this.eat('port')) return this.parsePort(direction, PROTOCOLS[word]);
    this.next = before;
    return this.byProtocol(PROTOCOLS[word]);
  }

  private byProtocol(protocol: number): FramePredicate {
    const [overIpv4, overIpv6] = [byIpv4Protocol(protocol, this.typeAt), byIpv6Protocol(protocol, this.typeAt)];
    return (frame) => overIpv4(frame) || overIpv6(frame);
  }

  private parsePort(direction: Direction, protocol: number | undefined): FramePredicate {
    return atPort(direction, this.number('a port', 65_535), protocol, this.typeAt);
  }

  private parseVlan(): FramePredicate {
    const predicate = isVlan(this.seesNumber() ? this.number('a VLAN', 4095) : undefined, this.typeAt);
    this.typeAt += TAG_LENGTH;
    return predicate;
  }

  private parseEther(): FramePredicate {
    const direction = this.parseDirection();
    if (this.eat('proto')) return byEtherType(this.number('an ethertype', 0xffff), this.typeAt);
    if (!this.eat('host') && direction === undefined) throw this.wrong("'ether' stands before host or proto");
    const token = this.take('a MAC address');
    const bytes = token.text.split(':').map((part) => (/^[0-9a-f]{1,2}$/i.test(part) ? parseInt(part, 16) : NaN));
    if (bytes.length !== 6 || bytes.some(Number.isNaN))
      throw this.wrong('a MAC address is written 02:00:00:00:00:01', token);
    return hasMac(direction, bytes);
  }

  private parseHost(direction: Direction): FramePredicate {
    const token = this.take('an address');
    return between(direction, this.address(token, token.text), 32, this.typeAt);
  }

  private parseNet(direction: Direction): FramePredicate {
    const token = this.take('a network');
    const [address, prefix] = token.text.split('/');
    const length = Number(prefix);
    if (!/^\d{1,2}$/.test(prefix ?? '') || length > 32) throw this.wrong('a network is written 10.0.0.0/24', token);
    return between(direction, this.address(token, address), length, this.typeAt);
  }

  private address(token: Token, text: string): number {
    const bytes = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
    if (bytes.length !== 4 || bytes.some((byte) => byte > 255))
      throw this.wrong('an address is written 10.0.0.1', token);
    return bytes.reduce((sum, byte) => (sum << 8) | byte, 0);
  }

  private parseDirection(): Direction {
    if (this.eat('src')) return 'src';
    return this.eat('dst') ? 'dst' : undefined;
  }

  private seesNumber(): boolean {
    return /^\d/.test(this.tokens[this.next]?.text ?? '');
  }

  private number(what: string, most: number): number {
    const token = this.take(what);
    const value = /^(0x[0-9a-f]+|\d+)$/i.test(token.text) ? Number(token.text) : NaN;
    if (!(value <= most)) throw this.wrong(`${what} is a whole number up to ${most}`, token);
    return value;
  }

  private take(what: string): Token {
    const token = this.tokens[this.next];
    if (token === undefined) throw this.wrong(`${what} is missing at the end`);
    this.next++;
    return token;
  }

  private eat(...words: readonly string[]): boolean {
    if (!words.includes(this.tokens[this.next]?.text ?? '')) return false;
    this.next++;
    return true;
  }

  private wrong(what: string, token: Token | undefined = this.tokens[this.next]): LunettaError {
    const at = token?.at ?? this.text.length;
    return new LunettaError('LUNETTA_ERR_MISUSE', `--filter: ${what}\n  ${this.text}\n  ${' '.repeat(at)}^`);
  }
}
