import { ipv4Address } from '@lunetta/core';

/** What the value of an option must be; undefined if it is so. */
type Rule = (value: string) => string | undefined;

const number: Rule = (value) => (/^\d+$/.test(value) ? undefined : 'a whole number');
const address: Rule = (value) => (ipv4Address.parse(value) === undefined ? 'an IPv4 address' : undefined);

/** The options that mean something here. */
const RULES: Readonly<Record<string, Rule>> = {
  bind_port: number,
  gateway_ip: address,
  ip_version: (value) => (value === 'ipv4' ? undefined : 'ipv4: there is no other here'),
  local_ip: address,
  mtu: number,
  remote_ip: address,
  tolerance_usecs: number,
};

/** What is wrong with a `--name=value` line; undefined if nothing is. An option that is not known is not wrong. */
export function optionFault(name: string, value: string): string | undefined {
  const wanted = RULES[name]?.(value);
  return wanted === undefined ? undefined : `--${name} must be ${wanted}, not '${value}'`;
}

/** The options of a script that mean nothing here. */
export function unknownOptions(options: ReadonlyMap<string, string>): string[] {
  return [...options.keys()].filter((name) => !(name in RULES));
}
