import { injectable } from 'inversify';
import { KNOWN_DRIVERS, LunettaError, loadDriver, type LinkFinding } from 'lunetta';
import { checkNode, checkUserNamespaces } from './machine.js';

/** What was found of one driver. */
export interface DriverFindings {
  readonly driver: string;
  /** Whether it can be used here and now. */
  readonly usable: boolean;
  readonly findings: readonly LinkFinding[];
}

/** Everything that the doctor found. */
export interface Diagnosis {
  readonly general: readonly LinkFinding[];
  readonly drivers: readonly DriverFindings[];
}

/** Looks at this machine for what each driver needs. */
@injectable()
export class Doctor {
  async examine(): Promise<Diagnosis> {
    const drivers: DriverFindings[] = [];
    for (const driver of KNOWN_DRIVERS) drivers.push(await this.examineDriver(driver));
    return { general: [checkNode(), checkUserNamespaces()], drivers };
  }

  private async examineDriver(name: string): Promise<DriverFindings> {
    const what = 'package installed';
    try {
      const driver = await loadDriver(name);
      const { usable, findings } = (await driver.diagnose?.()) ?? { usable: true, findings: [] };
      return { driver: name, usable, findings: [{ what, ok: true }, ...findings] };
    } catch (error) {
      if (!(error instanceof LunettaError)) throw error;
      const remedy = error.message.replace(/^driver: /, '');
      return { driver: name, usable: false, findings: [{ what, ok: false, remedy }] };
    }
  }
}
