import { expect } from '@jest/globals';
import { lunettaMatchers } from './matchers/lunetta-matchers.js';

export type {} from '../types/jest-matchers.d.ts';
export { describeLinkDriver } from './conformance/describe-link-driver.js';
export { describeTap } from './netns/describe-tap.js';
export { describeUnless } from './netns/describe-unless.js';
export { Netns } from './netns/netns.js';
export { PacketPeer } from './netns/packet-peer.js';
export { SharedNetns } from './netns/shared-netns.js';
export { describeDrills } from './packetdrill/describe-drills.js';
export { describeBehaviour } from './matrix/describe-behaviour.js';

expect.extend(lunettaMatchers);
