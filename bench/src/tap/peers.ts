import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunMode } from 'lunetta';
import type { EchoServerOptions } from './echo-server.js';
import type { Lab, Netns } from './lab.js';
import { TAP_ADDRESS, TAP_CIDR, TAP_DEVICE, TAP_MAC, tapLink, vethLink, type Link } from './links.js';
import { loadgen } from './loadgen.js';
import { SERVER_CPU, Server, launcher } from './process.js';
import { CHARGEN_PORT, DISCARD_PORT, ECHO_PORT } from '../tcp/services.js';

/** A server that waits for load. */
export interface Peer {
  readonly name: string;
  /** Where the load comes from. */
  readonly client: Netns;
  readonly host: string;
  readonly server: Server;
  /** It spins, and is to be paused while others are measured. */
  readonly isBusy: boolean;
}

/** Starts a peer in a lab. */
export type PeerStart = (lab: Lab) => Promise<Peer>;

const LUNETTA = fileURLToPath(new URL('../../../packages/apps/bin/lunetta.js', import.meta.url));
/** The servers run compiled, also when a test runs this file as TypeScript. */
const script = (name: string): string => fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url));

/** The command that runs `lunetta services` on the TAP device of {@link tapLink}. */
function servicesCommand(mode: RunMode): string[] {
  const where = ['--driver', 'tap', '--device', TAP_DEVICE, '--address', TAP_CIDR, '--mac', TAP_MAC];
  return [process.execPath, LUNETTA, 'services', ...where, '--mode', mode];
}

/** The command that runs `lunetta services` there without offloads: frames as they go over a wire. */
function plainCommand(lab: Lab): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'lunetta-bench-'));
  lab.atEnd(() => rmSync(folder, { recursive: true }));
  const options = { device: TAP_DEVICE, offloads: false };
  const interfaces = [{ name: 'lan', driver: 'tap', options, addresses: [TAP_CIDR], mac: TAP_MAC }];
  const file = join(folder, 'lunetta.config.json');
  writeFileSync(file, JSON.stringify({ interfaces }));
  return [process.execPath, LUNETTA, 'services', '--config', file];
}

function peer(name: string, makeLink: (lab: Lab) => Link, command: (lab: Lab) => string[], isBusy = false): PeerStart {
  return async (lab) => {
    const { client, server: netns, host } = makeLink(lab);
    const server = await Server.start(lab, [...launcher(netns, SERVER_CPU, isBusy), ...command(lab)]);
    return { name, client, host, server, isBusy };
  };
}

/** `lunetta services`: zero-copy echo. */
export function services(mode: RunMode): PeerStart {
  return peer(`lunetta ${mode}`, tapLink, () => servicesCommand(mode), mode === 'busy');
}

/** `lunetta services` without offloads: each frame is a system call. */
export const plainServices = peer('lunetta without offloads', tapLink, plainCommand);

/** No stack: what writing frames to the device allows. */
export const frameSource = peer('frames alone', tapLink, () => {
  const where = ['--host', TAP_ADDRESS, '--device', TAP_DEVICE, '--mac', TAP_MAC];
  return [loadgen(), 'tap-source', ...where];
});

/** `echo-server.ts`: an echo server as an application would write it. */
export function echoServer(name: string, options: Partial<EchoServerOptions>): PeerStart {
  const full: EchoServerOptions = { mode: 'adaptive', api: 'reply', sockets: 1, workUs: 0, ...options };
  return peer(name, tapLink, () => [process.execPath, script('tap/echo-server'), JSON.stringify(full)]);
}

/** No stack, on our TAP driver. */
export const reflector = peer('reflector', tapLink, () => [process.execPath, script('tap/reflector-server')]);

/** The kernel's stack with a server in C. */
export const cServer = peer('C server', vethLink, () => {
  const ports = { '--udp-echo': 7, '--tcp-echo': ECHO_PORT, '--sink': DISCARD_PORT, '--source-port': CHARGEN_PORT };
  return [loadgen(), 'serve', ...Object.entries(ports).flatMap(([flag, port]) => [flag, String(port)])];
});

/** The kernel's stack with Node's datagram sockets. */
export const dgram = peer('dgram', vethLink, () => [process.execPath, script('tap/dgram-server')]);

/** The kernel's stack with Node's TCP sockets. */
export const nodeNet = peer('Node net', vethLink, () => [process.execPath, script('tcp/net-server')]);
