// What `expect` of '@jest/globals', and the global one of @types/jest, learn from '@lunetta/testkit/jest'.
import type { LunettaMatchers } from '@lunetta/testkit';

type Arguments<Name extends keyof LunettaMatchers<void>> = Parameters<LunettaMatchers<void>[Name]>;

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> {
    toMatchPacket(this: Matchers<R, T>, ...expected: Arguments<'toMatchPacket'>): R;
    toMatchPackets(this: Matchers<R, T>, ...expected: Arguments<'toMatchPackets'>): R;
    toContainPacket(this: Matchers<R, T>, ...expected: Arguments<'toContainPacket'>): R;
    toHaveDropped(this: Matchers<R, T>, ...expected: Arguments<'toHaveDropped'>): R;
    toBeConserved(this: Matchers<R, T>, ...expected: Arguments<'toBeConserved'>): R;
  }
}

declare global {
  namespace jest {
    interface Matchers<R, T> {
      toMatchPacket(this: Matchers<R, T>, ...expected: Arguments<'toMatchPacket'>): R;
      toMatchPackets(this: Matchers<R, T>, ...expected: Arguments<'toMatchPackets'>): R;
      toContainPacket(this: Matchers<R, T>, ...expected: Arguments<'toContainPacket'>): R;
      toHaveDropped(this: Matchers<R, T>, ...expected: Arguments<'toHaveDropped'>): R;
      toBeConserved(this: Matchers<R, T>, ...expected: Arguments<'toBeConserved'>): R;
    }
  }
}
