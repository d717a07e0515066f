/**
 * Who may import whom (type-only imports count). Three tables say it; the rules below are made from them.
 * `docs/add-a-protocol.md` and CONTRIBUTING.md explain the order.
 */

/** core's folders from bottom to top: a folder imports only from rows before its own, not from its neighbours. */
const CORE_ORDER = [
  ['errors'],
  ['wire'],
  ['table'],
  ['time'],
  ['link'],
  ['network'],
  ['icmp', 'udp', 'tcp', 'igmp', 'raw'],
  ['ipv4'],
  ['arp'],
  ['ethernet', 'loopback'],
  ['stack'],
  ['container'],
];

/** The packages that a package may import, in its sources and in its tests; always by their index. */
const PACKAGES = [
  { name: 'core', src: [], test: ['testkit'] },
  { name: 'testkit', src: ['core', 'driver-pcap'], test: ['core', 'driver-pcap', 'driver-tap'] },
  { name: 'driver-[^/]+', src: ['core'], test: ['core', 'testkit'] },
  { name: 'lunetta', src: ['core'], test: ['core', 'testkit'] },
  { name: 'apps', src: ['lunetta', 'testkit', 'driver-pcap'], test: ['core', 'lunetta', 'testkit', 'driver-pcap'] },
];

/** By which files a package is entered: its index; testkit's suites for jest apart, since they load only within jest. */
const ENTRIES = ['^packages/[^/]+/src/index\\.ts$', '^packages/testkit/src/jest(-setup)?\\.ts$'];

/** Where inversify and reflect-metadata may be imported. */
const INJECTION = [
  '^packages/core/src/container/',
  '^packages/driver-[^/]+/src/module\\.ts$',
  '^packages/(lunetta|apps)/',
];
const INJECTION_LIBRARIES = 'node_modules/(inversify|@inversifyjs|reflect-metadata)/';

const error = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });
const coreFolder = (names) => `^packages/core/src/(${names.join('|')})/`;

const coreRules = CORE_ORDER.flatMap((row, i) => {
  const below = CORE_ORDER.slice(0, i).flat();
  return row.map((folder) =>
    error(
      `core-${folder}`,
      `core/src/${folder} imports from ${below.length > 0 ? below.join(', ') : 'no other folder'} only.`,
      { path: coreFolder([folder]) },
      { path: '^packages/core/src/', pathNot: [coreFolder([folder, ...below])] },
    ),
  );
});

const packageRules = PACKAGES.flatMap(({ name, src, test }) =>
  Object.entries({ src, test }).map(([part, allowed]) =>
    error(
      `${name.replace('[^/]+', '*')}-${part}`,
      `packages/${name.replace('[^/]+', '*')}/${part} imports no other package than ${allowed.join(', ') || 'its own'}.`,
      { path: `^packages/(${name})/${part}/` },
      { path: '^packages/', pathNot: ['^packages/$1/', ...allowed.map((other) => `^packages/${other}/`)] },
    ),
  ),
);

module.exports = {
  forbidden: [
    error('no-cycle', 'Nothing imports itself in a circle.', {}, { circular: true }),
    error('resolvable', 'Every import leads somewhere.', {}, { couldNotResolve: true }),
    error(
      'package-by-index',
      "A package is entered by its index only (by its name: '@lunetta/core').",
      { path: '^packages/([^/]+)/' },
      { path: '^packages/', pathNot: ['^packages/$1/', ...ENTRIES] },
    ),
    error(
      'package-by-index-from-outside',
      "A package is entered by its index only (by its name: '@lunetta/core').",
      { pathNot: '^packages/' },
      { path: '^packages/[^/]+/', pathNot: ENTRIES },
    ),
    error(
      'package-known',
      'A new package gets a row in PACKAGES.',
      { path: '^packages/', pathNot: PACKAGES.map(({ name }) => `^packages/${name}/`) },
      {},
    ),
    ...packageRules,
    error(
      'src-not-from-tests',
      'Sources do not import tests.',
      { path: '^packages/[^/]+/src/' },
      { path: ['^packages/[^/]+/test/', '^(test|bench|scripts)/'] },
    ),
    ...coreRules,
    error(
      'core-folder-known',
      'A new folder of core gets its place in CORE_ORDER.',
      { path: '^packages/core/src/[^/]+/', pathNot: [coreFolder(CORE_ORDER.flat())] },
      {},
    ),
    error(
      'core-index',
      "core's index exports known folders; nothing else stands beside it.",
      { path: '^packages/core/src/[^/]+$' },
      { pathNot: [coreFolder(CORE_ORDER.flat())] },
    ),
    error(
      'core-pure',
      'core imports nothing from outside of it: no Node module, no npm package (container/: inversify).',
      { path: '^packages/core/src/' },
      { pathNot: ['^packages/', INJECTION_LIBRARIES] },
    ),
    error(
      'injection-at-the-edge',
      "inversify only in core/src/container, a driver's module.ts, lunetta and apps.",
      { path: '^packages/[^/]+/src/', pathNot: INJECTION },
      { path: INJECTION_LIBRARIES },
    ),
    error(
      'declared',
      "What a package's sources import stands in its own package.json.",
      { path: '^packages/[^/]+/src/' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    ),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    webpackConfig: { fileName: 'scripts/import-aliases.cjs' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
