import { getSystemErrorName } from 'node:util';
import { LunettaError, type LunettaErrorCode } from '@lunetta/core';
import type { NativeConfig } from './addon.js';
import { ealRemedy } from './eal-error.js';

/** What the native side says when something fails: the step, why, and what DPDK logged meanwhile. */
interface NativeFailure {
  readonly step: string;
  readonly errno: number;
  readonly log?: string;
}

interface Diagnosis {
  readonly code: LunettaErrorCode;
  readonly text: string;
}

function isNativeFailure(failure: unknown): failure is NativeFailure {
  const { step, errno } = failure as Partial<NativeFailure>;
  return typeof step === 'string' && typeof errno === 'number';
}

/** Puts the native side's failure into words, with the remedy. Anything else is returned as it is. */
export function openError(failure: unknown, interfaceName: string, config: NativeConfig): unknown {
  if (!isNativeFailure(failure)) return failure;
  const name = getSystemErrorName(-failure.errno);
  const { code, text } = diagnose(failure, name, config);
  return new LunettaError(code, `interface ${interfaceName}, driver dpdk: ${text}${lastWords(failure)}`, {
    cause: failure,
  });
}

function diagnose(failure: NativeFailure, name: string, config: NativeConfig): Diagnosis {
  const device = config.name;
  const ofDevice = (text: string): Diagnosis => ({ code: 'LUNETTA_ERR_DEVICE', text: `${device} ${text}` });
  switch (failure.step) {
    case 'eal':
      return { code: 'LUNETTA_ERR_PLATFORM', text: `DPDK cannot start (${name}). ${ealRemedy(failure.log ?? '')}` };
    case 'probe':
    case 'driver':
      return probeFailed(failure, name, config);
    case 'busy':
      return {
        code: 'LUNETTA_ERR_DEVICE_BUSY',
        text: `${device} is open in this process already. Close it first, or let each thread open another options.queue of it`,
      };
    case 'queues':
      return ofDevice(`has fewer than ${config.queues} queues. Lower options.queues`);
    case 'mtu':
      return ofDevice(
        `does not take an MTU of ${config.mtu ?? 1500} (${name}). Change the interface's mtu, or leave it out`,
      );
    case 'memory':
      return {
        code: 'LUNETTA_ERR_PLATFORM',
        text:
          `no memory for ${config.buffers} frame buffers (${name}). Lower options.buffers or the MTU; raise ` +
          'options.eal.megabytes, or reserve more hugepages (as root: sysctl vm.nr_hugepages=512)',
      };
    case 'netns':
      return {
        code: name === 'EPERM' ? 'LUNETTA_ERR_PERMISSION' : 'LUNETTA_ERR_DEVICE',
        text: `cannot enter network namespace ${config.netns} (${name}). Run as root; see which there are: ip netns list`,
      };
    case 'rssKey':
      return ofDevice(`wants a key of another length than ${config.rssKey.length} bytes. Change options.rss.key`);
    case 'rssTable':
      return ofDevice(`takes no table for receive-side scaling (${name}). Leave out options.rss.table`);
    case 'promiscuous':
    case 'allMulticast':
      return ofDevice(`does not do it (${name}). Leave out options.${failure.step}`);
    case 'thread':
      return { code: 'LUNETTA_ERR_PLATFORM', text: `DPDK knows too many threads (${name}). Use fewer worker threads` };
    case 'external':
      return {
        code: 'LUNETTA_ERR_PLATFORM',
        text: 'this runtime allows no external ArrayBuffers (V8 memory cage). Run it under plain Node.js',
      };
    default:
      return ofDevice(
        `cannot be opened: step '${failure.step}' failed (${name}). See with \`lunetta doctor\` what it needs`,
      );
  }
}

function probeFailed({ log = '' }: NativeFailure, name: string, config: NativeConfig): Diagnosis {
  const device = config.name;
  if (config.bus === 'pci') {
    return {
      code: 'LUNETTA_ERR_DEVICE',
      text:
        `no driver of DPDK took ${device} (${name}). Bind it to vfio-pci: \`dpdk-devbind.py --bind=vfio-pci ${device}\` ` +
        '(docs/production.md); if DPDK was started for another device, name this one in options.eal.devices of the first ' +
        'interface',
    };
  }
  const driver = /^[a-z]+_[a-z_]+/.exec(device)?.[0] ?? device;
  if (/no driver|not found|failed to initialize|Bus \(vdev\)|no such/i.test(log) && /ENOENT|EINVAL|ENODEV/.test(name)) {
    return {
      code: 'LUNETTA_ERR_DEVICE',
      text:
        `DPDK cannot make ${device}${config.arguments === '' ? '' : ` with ${config.arguments}`} (${name}). Check ` +
        `the arguments in options.device, and that the library of ${driver} is installed (lunetta doctor)`,
    };
  }
  return {
    code: isForbidden(name) ? 'LUNETTA_ERR_PERMISSION' : 'LUNETTA_ERR_DEVICE',
    text: `DPDK cannot make ${device} (${name}). Check the arguments in options.device, and that you are root`,
  };
}

/** Drivers answer -1, which reads EPERM, whatever the matter is: root lacks no permission. */
function isForbidden(name: string): boolean {
  return name === 'EACCES' || (name === 'EPERM' && process.getuid?.() !== 0);
}

/** The end of what DPDK logged: it often names the cause. */
function lastWords({ log = '' }: NativeFailure): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? '' : `. DPDK says: ${lines.slice(-3).join(' / ')}`;
}
