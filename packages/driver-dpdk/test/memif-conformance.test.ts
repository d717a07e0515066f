import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PortFarEnd, type FarEnd, type LinkFixture } from '@lunetta/testkit';
import { describeLinkDriver } from '@lunetta/testkit/jest';
import type { DpdkPort } from '../src/index.js';
import { describeDpdk } from './support/describe-dpdk.js';
import { openDpdk, uniqueName } from './support/dpdk-fixture.js';

const PATIENCE_MS = 10_000;

/** A socket in a folder of its own, at which two ends meet. */
class Meeting {
  private readonly folder = mkdtempSync(join(tmpdir(), 'lunetta-memif-'));

  /** An end of the link, in copy mode: in DPDK 22.11 the other one loses buffers. */
  open(role: 'client' | 'server'): Promise<DpdkPort> {
    const socket = `socket=${join(this.folder, 'socket')},socket-abstract=no`;
    return openDpdk(`net_memif_${uniqueName()},role=${role},${socket}`);
  }

  end(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** The two ends have found each other. */
async function met(...ports: readonly DpdkPort[]): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (ports.some(({ linkState }) => linkState !== 'up')) {
    if (Date.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms in vain for both ends to be up`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A client that can be closed and opened anew. */
class Client implements FarEnd {
  private end: PortFarEnd | undefined;

  constructor(
    private readonly meeting: Meeting,
    private readonly server: DpdkPort,
  ) {}

  async open(): Promise<void> {
    const port = await this.meeting.open('client');
    await met(this.server, port);
    this.end = new PortFarEnd(port);
  }

  send(frame: Uint8Array): boolean {
    return this.end!.send(frame);
  }

  receive(): Uint8Array | null {
    return this.end!.receive();
  }

  async close(): Promise<void> {
    await this.end?.close();
  }
}

/** Ours is the server; its link is up while there is a client. */
async function openServer(): Promise<LinkFixture> {
  const meeting = new Meeting();
  const port = await meeting.open('server');
  const peer = new Client(meeting, port);
  await peer.open();
  return {
    port,
    peer,
    setLinkState: (state) => (state === 'up' ? peer.open() : peer.close()),
    destroy: () => meeting.end(),
  };
}

/** Ours is the client; it can receive once it has polled. */
async function openClient(): Promise<LinkFixture> {
  const meeting = new Meeting();
  const far = await meeting.open('server');
  const port = await meeting.open('client');
  await met(far, port);
  return { port, peer: new PortFarEnd(far), destroy: () => meeting.end() };
}

// Both ends are in this process.
describeDpdk('the link contract over DPDK', () => {
  describeLinkDriver('net_memif, server', { open: openServer });
  describeLinkDriver('net_memif, client', { open: openClient });
});
