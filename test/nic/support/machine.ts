import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emulator } from './emulator.js';
import { FramePeer } from './frame-peer.js';
import { Guest } from './guest.js';
import { writeInitramfs } from './initramfs.js';
import { machineArguments, type MachineOptions } from './machine-arguments.js';
import { Qmp } from './qmp.js';
import { within } from './within.js';

const BOOT_MS = 120_000;
const END_MS = 20_000;
const CONSOLE_LINES = 40;

/** A PC in software with network cards of Intel's; the cards are bound to `vfio-pci`, as DPDK wants them. */
export class Machine {
  private constructor(
    private readonly qemu: ChildProcess,
    private readonly folder: string,
    /** What runs in it. */
    readonly guest: Guest,
    /** QEMU's monitor. */
    readonly monitor: Qmp,
    /** The other end of the first card's cable. */
    readonly peer: FramePeer,
  ) {}

  /**
   * Starts one and waits until its agent runs. On a busy host an emulated processor now and then never gets an interrupt of
   * its timer, and the kernel stands still ("possible timer handling issue"): then another one is started, once.
   *
   * @throws Error with the end of its console
   */
  static async boot(options: MachineOptions): Promise<Machine> {
    try {
      return await Machine.start(options);
    } catch (error) {
      console.warn(`started anew: ${(error as Error).message}`);
      return await Machine.start(options);
    }
  }

  private static async start(options: MachineOptions): Promise<Machine> {
    const parts = emulator();
    const folder = mkdtempSync(join(tmpdir(), 'lunetta-nic-'));
    const file = (name: string): string => join(folder, name);
    writeInitramfs(parts, file('initramfs'));
    const sockets = Promise.all(['agent', 'monitor', 'cable'].map((name) => connectionTo(file(name))));

    // Should this process be killed, the kernel ends QEMU too.
    const inside = options.netns === undefined ? [] : ['ip', 'netns', 'exec', options.netns.name];
    const command = ['--pdeathsig', 'KILL', ...inside, parts.qemu, ...machineArguments(parts, folder, options)];
    const qemu = spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaints = '';
    qemu.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    const ended = once(qemu, 'close').then(() => {
      throw new Error('QEMU has ended');
    });
    try {
      const started = async (): Promise<Machine> => {
        const [agent, monitor, cable] = (await sockets) as [Socket, Socket, Socket];
        const machine = new Machine(qemu, folder, new Guest(agent), new Qmp(monitor), new FramePeer(cable));
        await machine.monitor.execute('qmp_capabilities');
        await machine.guest.ready;
        return machine;
      };
      return await within(BOOT_MS, 'the start of the emulated machine', Promise.race([started(), ended]));
    } catch (error) {
      const told = `${(error as Error).message}\n${complaints}${consoleOf(folder)}`;
      await end(qemu, folder);
      throw new Error(told, { cause: error });
    }
  }

  /** The end of what its kernel has said. */
  get console(): string {
    return consoleOf(this.folder);
  }

  /** Switches it off. */
  async close(): Promise<void> {
    await end(this.qemu, this.folder);
  }
}

/** The first connection to a socket in the file system. */
async function connectionTo(path: string): Promise<Socket> {
  const server = createServer();
  server.listen(path);
  const [socket] = (await once(server, 'connection')) as [Socket];
  server.close();
  return socket;
}

function consoleOf(folder: string): string {
  return readFileSync(join(folder, 'console'), 'utf8').split('\n').slice(-CONSOLE_LINES).join('\n');
}

async function end(qemu: ChildProcess, folder: string): Promise<void> {
  if (qemu.exitCode === null && qemu.signalCode === null) {
    qemu.kill('SIGKILL');
    await within(END_MS, 'the end of QEMU', once(qemu, 'close'));
  }
  rmSync(folder, { recursive: true, force: true });
}
