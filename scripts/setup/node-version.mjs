// Imported first, so that an old Node says what is wrong instead of stumbling over newer syntax elsewhere.
const WANTED = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < WANTED[0] || (major === WANTED[0] && minor < WANTED[1])) {
  console.error(
    `lunetta needs Node ${WANTED.join('.')} or newer, this is ${process.versions.node} (${process.execPath}).\n` +
      'Install a newer one, for example with "nvm install 20" or from https://nodejs.org/.',
  );
  process.exit(1);
}
