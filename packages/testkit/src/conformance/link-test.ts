import type { LinkUnderTest } from './link-under-test.js';

/** Defines a test that gets a link of its own; afterwards every buffer must be back. */
export type LinkTest = (name: string, body: (link: LinkUnderTest) => Promise<void>) => void;

/** Defines a test that gets a link of its own and closes it itself. */
export type RawLinkTest = LinkTest;
