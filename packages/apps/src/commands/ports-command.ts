import type { Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import { loadDriver, LunettaError, type LinkDevice } from 'lunetta';
import { Output } from '../output.js';
import type { Command } from './command.js';

interface PortsFlags {
  readonly driver: string;
  readonly json?: boolean;
}

const TITLES: readonly string[] = ['device', 'driver', 'MAC address', 'queues', 'NUMA node'];

/** `lunetta ports`: the devices that a driver could open. */
@injectable()
export class PortsCommand implements Command {
  constructor(@inject(Output) private readonly output: Output) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    program
      .command('ports')
      .argument('[devices...]', 'PCI addresses or virtual devices; none: all cards that are bound to a driver for DPDK')
      .description('the devices that DPDK sees; exit code 0 if there is one')
      .option('--driver <name>', 'the driver to ask', 'dpdk')
      .option('--json', 'one JSON object a line instead')
      .action((devices: string[], flags: PortsFlags) => finish(this.run(devices, flags)));
  }

  private async run(names: readonly string[], { driver: name, json }: PortsFlags): Promise<number> {
    const driver = await loadDriver(name);
    if (driver.devices === undefined) {
      throw new LunettaError('LUNETTA_ERR_CONFIG', `--driver: ${name} makes its devices, and has no list of them`);
    }
    const devices = await driver.devices(names);
    if (json === true) devices.forEach((device) => this.output.json(device));
    else if (devices.length > 0) this.print(devices);
    else this.output.note('no network card is bound to a driver for DPDK: lunetta doctor tells what there is');
    return devices.length > 0 ? 0 : 1;
  }

  private print(devices: readonly LinkDevice[]): void {
    const rows = [TITLES, ...devices.map(cellsOf)];
    const widths = TITLES.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    for (const row of rows)
      this.output.line(
        row
          .map((cell, column) => cell.padEnd(widths[column]))
          .join('  ')
          .trimEnd(),
      );
  }
}

function cellsOf({ device, kind, hardwareAddress = '-', queues, numaNode }: LinkDevice): string[] {
  return [device, kind, hardwareAddress, String(queues), numaNode === undefined ? '-' : String(numaNode)];
}
