import { afterAll } from '@jest/globals';
import type { FarEnd } from '../conformance/link-fixture.js';
import { Netns } from './netns.js';
import { PacketPeer } from './packet-peer.js';

/**
 * A namespace, with a packet socket in it, that serves all tests of a file, one after the other: making both takes longer than
 * most tests. What a test makes in it is the test's to remove.
 */
export class SharedNetns {
  private made: Netns | undefined;
  private peer: PacketPeer | undefined;

  constructor() {
    afterAll(async () => {
      await this.peer?.close();
      this.made?.remove();
    });
  }

  get netns(): Netns {
    this.made ??= new Netns();
    return this.made;
  }

  /** The packet socket, at this device; it stays open for the next test when it is closed. */
  async farEnd(device: string): Promise<FarEnd> {
    if (this.peer === undefined) this.peer = await PacketPeer.open(this.netns.name, device);
    else await this.peer.moveTo(device);
    const { peer } = this;
    return {
      send: (frame) => peer.send(frame),
      flush: () => peer.flush(),
      receive: () => peer.receive(),
      close: () => undefined,
    };
  }
}
