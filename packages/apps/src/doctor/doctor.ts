import { injectable } from 'inversify';
import { KNOWN_DRIVERS, LunettaError, loadDriver } from 'lunetta';
import { checkNode, checkPlatform, checkRights, checkTunDevice, checkUserNamespaces, type Finding } from './machine.js';

/** What was found of one driver. */
export interface DriverFindings {
  readonly driver: string;
  /** Whether it can be used here and now. */
  readonly usable: boolean;
  readonly findings: readonly Finding[];
}

/** Everything that the doctor found. */
export interface Diagnosis {
  readonly general: readonly Finding[];
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

  private async examineDriver(driver: string): Promise<DriverFindings> {
    const installed = await this.checkInstalled(driver);
    if (!installed.ok || driver !== 'tap') return { driver, usable: installed.ok, findings: [installed] };
    const opened = await this.tryTap();
    const findings = [installed, checkPlatform(), checkTunDevice(), checkRights(), ...opened];
    return { driver, usable: opened.every(({ ok }) => ok), findings };
  }

  private async checkInstalled(driver: string): Promise<Finding> {
    const what = 'package installed';
    try {
      await loadDriver(driver);
      return { what, ok: true };
    } catch (error) {
      return { what, ok: false, remedy: remedyOf(error) };
    }
  }

  /** Makes a TAP device, which is gone again a moment later: no other test knows all that may stand in the way. */
  private async tryTap(): Promise<Finding[]> {
    const addon = 'native add-on built';
    const device = 'a TAP device can be made';
    try {
      const tap = await loadDriver('tap');
      const options = await tap.optionsSchema['~standard'].validate({ device: `lundoc${process.pid}` });
      if (options.issues !== undefined) throw new Error(options.issues[0].message);
      const port = await tap.open(options.value, { interfaceName: 'doctor' });
      await port.close();
      return [
        { what: addon, ok: true },
        { what: device, ok: true },
      ];
    } catch (error) {
      const remedy = remedyOf(error);
      if (error instanceof LunettaError && error.code === 'LUNETTA_ERR_ADDON_NOT_BUILT') {
        return [{ what: addon, ok: false, remedy }];
      }
      return [
        { what: addon, ok: true },
        { what: device, ok: false, remedy },
      ];
    }
  }
}

function remedyOf(error: unknown): string {
  if (!(error instanceof LunettaError)) throw error;
  return error.message.replace(/^(driver|interface doctor, driver tap): /, '');
}
