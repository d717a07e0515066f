import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { SetupError, say } from './run.mjs';
import { STAMPS } from './stamp.mjs';

const LOCK = join(STAMPS, 'lock');
const OWNER = join(LOCK, 'pid');
const RETRY_MS = 250;
const GIVE_UP_MS = 15 * 60_000;

/** Runs `work` while no other set-up runs in this checkout; waits for the other one first. */
export async function exclusively(work) {
  await acquire();
  try {
    return await work();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

async function acquire() {
  mkdirSync(STAMPS, { recursive: true });
  const giveUpAt = Date.now() + GIVE_UP_MS;
  for (let told = false; !tryLock(); told = true) {
    const pid = ownerPid();
    if (pid !== undefined && !isAlive(pid)) {
      say(`taking over from set-up ${pid}, which ended without finishing`);
      rmSync(LOCK, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > giveUpAt) {
      throw new SetupError(`Another set-up (process ${pid ?? 'unknown'}) holds ${LOCK}.`, `rm -r ${LOCK}`);
    }
    if (!told) say(`another set-up is running (process ${pid ?? 'unknown'}), waiting for it`);
    await sleep(RETRY_MS);
  }
}

function tryLock() {
  try {
    mkdirSync(LOCK);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(OWNER, String(process.pid));
  return true;
}

/** The process that holds the lock; undefined in the moment between its making the folder and writing the file. */
function ownerPid() {
  try {
    const pid = Number.parseInt(readFileSync(OWNER, 'utf8'), 10);
    return Number.isNaN(pid) ? undefined : pid;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
