/**
 * Service identifiers for inversify. They are registered symbols, so that two copies of this package agree on them.
 */
export const TOKENS = {
  Clock: Symbol.for('lunetta.Clock'),
  Scheduler: Symbol.for('lunetta.Scheduler'),
  Random: Symbol.for('lunetta.Random'),
  StackSettings: Symbol.for('lunetta.StackSettings'),
  Stack: Symbol.for('lunetta.Stack'),
  /** A driver's module binds this; the rest of an interface's bindings stand in the same child container. */
  LinkDriver: Symbol.for('lunetta.LinkDriver'),
  LinkOptions: Symbol.for('lunetta.LinkOptions'),
  LinkRequest: Symbol.for('lunetta.LinkRequest'),
  LinkPort: Symbol.for('lunetta.LinkPort'),
  InterfaceOptions: Symbol.for('lunetta.InterfaceOptions'),
  NetworkInterface: Symbol.for('lunetta.NetworkInterface'),
} as const;
