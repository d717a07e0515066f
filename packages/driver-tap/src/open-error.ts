import { getSystemErrorName } from 'node:util';
import { LunettaError, type LunettaErrorCode } from '@lunetta/core';
import type { NativeConfig } from './addon.js';

/** What the native side says when a device cannot be opened: the step that failed, and why. */
interface OpenFailure {
  readonly step: string;
  readonly errno: number;
}

interface Diagnosis {
  readonly code: LunettaErrorCode;
  readonly text: string;
}

const NO_RIGHT = new Set(['EPERM', 'EACCES']);

/** Puts the native side's failure into words, with the remedy. Anything else is returned as it is. */
export function openError(failure: unknown, interfaceName: string, config: NativeConfig): unknown {
  if (!isOpenFailure(failure)) return failure;
  const name = getSystemErrorName(-failure.errno);
  const { code, text } = diagnose(failure.step, name, config);
  return new LunettaError(code, `interface ${interfaceName}, driver tap: ${text}`, { cause: failure });
}

function isOpenFailure(failure: unknown): failure is OpenFailure {
  const { step, errno } = failure as Partial<OpenFailure>;
  return typeof step === 'string' && typeof errno === 'number';
}

function diagnose(step: string, name: string, config: NativeConfig): Diagnosis {
  const device = config.device;
  switch (step) {
    case 'tun':
      return tunMissing(name, device);
    case 'attach':
      return attachFailed(name, device);
    case 'kind':
      return {
        code: 'LUNETTA_ERR_DEVICE',
        text:
          `${device} exists but is no TAP device that one can attach to. Choose another name in options.device, ` +
          `or look at it with: ip -details link show ${device}`,
      };
    case 'netns':
      return netnsFailed(name, config.netns);
    case 'mtu':
      return mtuFailed(name, config);
    case 'address':
    case 'up':
    case 'persist':
      return configureFailed(step, name, device);
    case 'memory':
      return {
        code: 'LUNETTA_ERR_PLATFORM',
        text: `no memory for ${config.buffers} frame buffers (${name}). Lower options.buffers or the MTU`,
      };
    case 'external':
      return {
        code: 'LUNETTA_ERR_PLATFORM',
        text: 'this runtime allows no external ArrayBuffers (V8 memory cage). Run it under plain Node.js',
      };
    default:
      return { code: 'LUNETTA_ERR_DEVICE', text: `opening ${device} failed at step '${step}' (${name})` };
  }
}

function tunMissing(name: string, device: string): Diagnosis {
  if (NO_RIGHT.has(name)) return noRight(`no permission to open /dev/net/tun (${name})`, device);
  if (name === 'EMFILE' || name === 'ENFILE') {
    return {
      code: 'LUNETTA_ERR_PLATFORM',
      text: `too many open files (${name}). Close some, or raise the limit: ulimit -n`,
    };
  }
  return {
    code: 'LUNETTA_ERR_PLATFORM',
    text:
      `there is no usable /dev/net/tun here (${name}). Load the kernel's module with \`modprobe tun\`, or start the ` +
      'container with `--device /dev/net/tun`',
  };
}

function attachFailed(name: string, device: string): Diagnosis {
  if (NO_RIGHT.has(name)) return noRight(`no permission to create or attach to ${device} (${name})`, device);
  if (name === 'EBUSY') {
    return {
      code: 'LUNETTA_ERR_DEVICE_BUSY',
      text: `${device} is in use by another process (or another port of this one). Close that, or choose another name in options.device`,
    };
  }
  return {
    code: name === 'EINVAL' ? 'LUNETTA_ERR_DEVICE_NAME' : 'LUNETTA_ERR_DEVICE',
    text: `the kernel refuses to make a TAP device named ${device} (${name}). Choose another name in options.device`,
  };
}

function noRight(what: string, device: string): Diagnosis {
  return {
    code: 'LUNETTA_ERR_PERMISSION',
    text:
      `${what}. Run as root; or make the device beforehand: \`sudo ip tuntap add dev ${device} mode tap user $USER\`; ` +
      'or give Node the right: `sudo setcap cap_net_admin+ep $(readlink -f $(which node))`; ' +
      'or try it in a namespace of your own: `unshare --user --map-root-user --net`',
  };
}

function netnsFailed(name: string, netns: string): Diagnosis {
  if (NO_RIGHT.has(name)) {
    return {
      code: 'LUNETTA_ERR_PERMISSION',
      text: `no permission to enter network namespace ${netns} (${name}). Run as root, or leave out options.netns`,
    };
  }
  return {
    code: 'LUNETTA_ERR_DEVICE',
    text: `cannot enter network namespace ${netns} (${name}). See which there are with \`ip netns list\`, or make it: ip netns add ${netns}`,
  };
}

function mtuFailed(name: string, { device, mtu }: NativeConfig): Diagnosis {
  const remedy = `Set it beforehand: \`sudo ip link set dev ${device} mtu ${mtu}\`, or leave the interface's mtu out`;
  if (NO_RIGHT.has(name)) {
    return {
      code: 'LUNETTA_ERR_PERMISSION',
      text: `no permission to set the MTU of ${device} to ${mtu} (${name}). ${remedy}`,
    };
  }
  return { code: 'LUNETTA_ERR_DEVICE', text: `${device} does not take an MTU of ${mtu} (${name}). ${remedy}` };
}

function configureFailed(step: string, name: string, device: string): Diagnosis {
  return {
    code: NO_RIGHT.has(name) ? 'LUNETTA_ERR_PERMISSION' : 'LUNETTA_ERR_DEVICE',
    text:
      `${device} was created, but ${what(step)} failed (${name}). Leave out options.${optionOf(step)}, ` +
      'or make and configure the device beforehand with `ip tuntap` and `ip addr`',
  };
}

function what(step: string): string {
  return { address: 'giving it hostAddress', up: 'setting it up', persist: 'making it persistent' }[step] ?? step;
}

function optionOf(step: string): string {
  return step === 'address' ? 'hostAddress' : step;
}
