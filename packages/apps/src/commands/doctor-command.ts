import type { Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import { Doctor } from '../doctor/doctor.js';
import type { LinkFinding } from 'lunetta';
import { Output } from '../output.js';
import type { Command } from './command.js';

/** `lunetta doctor`: what each driver needs on this machine, what is missing, and what mends it. */
@injectable()
export class DoctorCommand implements Command {
  constructor(
    @inject(Doctor) private readonly doctor: Doctor,
    @inject(Output) private readonly output: Output,
  ) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    program
      .command('doctor')
      .description('what each driver needs here, and which command mends what is missing; exit code 0 if one is usable')
      .option('--json', 'a JSON object instead')
      .action((flags: { json?: boolean }) => finish(this.run(flags.json === true)));
  }

  private async run(isJson: boolean): Promise<number> {
    const diagnosis = await this.doctor.examine();
    if (isJson) {
      this.output.json(diagnosis);
    } else {
      this.print('this machine', diagnosis.general);
      for (const { driver, usable, findings } of diagnosis.drivers) {
        this.print(`driver ${driver}: ${usable ? 'usable' : 'not usable'}`, findings);
      }
    }
    return diagnosis.drivers.some(({ usable }) => usable) ? 0 : 1;
  }

  private print(title: string, findings: readonly LinkFinding[]): void {
    this.output.line(title);
    for (const { what, ok, remedy } of findings) {
      this.output.line(`  ${ok ? 'ok     ' : 'missing'}  ${what}`);
      if (remedy !== undefined) this.output.line(`           ${remedy}`);
    }
  }
}
