import { ContainerModule } from 'inversify';
import { DpdkDriver } from './dpdk-driver.js';

/** Binds the driver for who loads it by name: the service `Symbol.for('lunetta.LinkDriver')`. */
export const linkDriverModule = new ContainerModule(({ bind }) => {
  bind(Symbol.for('lunetta.LinkDriver')).toConstantValue(new DpdkDriver());
});
