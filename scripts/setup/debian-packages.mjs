import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { SetupError, hasCommand } from './run.mjs';

const RELEASE_FILE = '/etc/os-release';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Debian's packages of this machine's release and of its backports, downloaded and unpacked but not installed. apt runs
 * with package lists of its own, in a folder of the caller's: nothing of the machine changes, and no rights are needed.
 */
export class DebianPackages {
  /**
   * @param folder where lists and packages go
   * @throws SetupError where there is no Debian, or its mirror does not answer
   */
  constructor(folder) {
    this.folder = folder;
    const codename = debianCodename();
    this.backports = `${codename}-backports`;
    const mirror = debianMirror(codename);
    mkdirSync(join(folder, 'lists', 'partial'), { recursive: true });
    mkdirSync(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
    const suites = [codename, this.backports].map((suite) => `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`);
    writeFileSync(join(folder, 'sources.list'), suites.join(''));
    this.apt('apt-get', 'update', '--error-on=any');
  }

  /** Downloads packages of the backports, and what they depend on and this machine does not have. */
  downloadWithDependencies(...names) {
    const how = [
      '--download-only',
      '--reinstall',
      '--no-install-recommends',
      '--yes',
      `--target-release=${this.backports}`,
    ];
    this.apt('apt-get', 'install', ...how, ...names);
  }

  /** Downloads packages of the release, these alone. */
  download(...names) {
    this.apt('apt-get', 'download', ...names);
  }

  /** The package that a package which is only a name depends on, such as the newest kernel. */
  dependencyOf(name) {
    return /^\s*Depends: (\S+)$/m.exec(this.apt('apt-cache', 'depends', name))[1];
  }

  /** Unpacks all that was downloaded. */
  unpackTo(target) {
    mkdirSync(target, { recursive: true });
    const archives = join(this.folder, 'cache', 'archives');
    for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg-deb', ['--extract', join(archives, file), target]);
    }
  }

  apt(command, ...words) {
    const options = {
      'Dir::Etc::SourceList': join(this.folder, 'sources.list'),
      'Dir::Etc::SourceParts': '-',
      'Dir::State::Lists': join(this.folder, 'lists'),
      'Dir::Cache': join(this.folder, 'cache'),
      'APT::Sandbox::User': 'root', // the user _apt may not write into the folder
      'Debug::NoLocking': 'true', // nothing is installed: the lock of dpkg is not needed
    };
    const set = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    try {
      const cwd = join(this.folder, 'cache', 'archives');
      return execFileSync(command, [...set, '-qq', ...words], { cwd, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      throw new SetupError(
        `"${command} ${words.join(' ')}" failed: ${error.stderr?.trim() || error.message}`,
        'apt-get update',
      );
    }
  }
}

/** Such as bookworm. */
function debianCodename() {
  const release = readRelease();
  const field = (name) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(release)?.[1];
  if (field('ID') !== 'debian' || !hasCommand('apt-get')) {
    throw new SetupError(
      `It takes Debian's packages, and this is ${field('PRETTY_NAME') ?? 'another system'}.`,
      'run it on Debian 12 or later, or in a container of node:20-bookworm',
    );
  }
  return field('VERSION_CODENAME');
}

function readRelease() {
  try {
    return readFileSync(RELEASE_FILE, 'utf8');
  } catch {
    return ''; // not every system has one
  }
}

/** The address that this machine fetches Debian's release from. */
function debianMirror(codename) {
  const format = '$(RELEASE) $(COMPONENT) $(ORIGIN) $(REPO_URI)';
  const targets = execFileSync('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], {
    encoding: 'utf8',
  });
  // apt knows the origin of what it has fetched once; before that it leaves the word as it is.
  const wanted = new RegExp(`^${codename} main (?:Debian|\\$\\(ORIGIN\\)) (\\S+)$`, 'm');
  const mirror = wanted.exec(targets)?.[1];
  if (mirror === undefined) {
    throw new SetupError(
      `apt has no source for "${codename} main" of Debian.`,
      `add the line "deb MIRROR ${codename} main" to /etc/apt/sources.list, MIRROR being that of Debian near you`,
    );
  }
  return mirror;
}
