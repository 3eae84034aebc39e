import { frameworkPackages, layers, pureFolders, roles } from './layers.mjs';

const pathOf = (name) => `^src/${name.replaceAll('.', '\\.')}(/|\\.ts$)`;
const roleSuffix = `\\.(${roles.join('|')})\\.ts$`;
const packagePath = `node_modules/(${frameworkPackages.map((name) => name.replaceAll('/', '/')).join('|')})`;

/** For each name: everything on its own step (but itself) or on a later one is forbidden. */
const layerRules = layers.flatMap((step, index) =>
  step.map((name) => ({
    name: `layer-${name}`,
    comment: `${name} stands on step ${index + 1} of layers.mjs and imports earlier steps only.`,
    severity: 'error',
    from: { path: pathOf(name), pathNot: '\\.test\\.ts$' },
    to: {
      path: layers
        .slice(index)
        .flat()
        .filter((other) => other !== name)
        .map(pathOf)
        .join('|'),
    },
  })),
);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules.filter((rule) => rule.to.path !== ''),
    {
      name: 'unknown-layer',
      comment: 'Every file of src belongs to a name in layers.mjs.',
      severity: 'error',
      from: { path: '^src/', pathNot: layers.flat().map(pathOf).join('|') },
      to: {},
    },
    {
      name: 'pure-files-stay-pure',
      comment: 'A file without a role suffix imports neither the framework nor a file with a suffix.',
      severity: 'error',
      from: {
        path: '^src/[^/]+/',
        pathNot: `${roleSuffix}|\\.test\\.ts$|^src/(testing|database)/`,
      },
      to: { path: `${roleSuffix}|${packagePath}` },
    },
    {
      name: 'pure-folders-stay-pure',
      severity: 'error',
      from: { path: `^src/(${pureFolders.join('|')})/`, pathNot: '\\.test\\.ts$' },
      to: { path: `${roleSuffix}|${packagePath}` },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle of which one import is of a type alone is none when the code runs.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'migrations-stand-alone',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^src/' },
    },
    {
      name: 'source-does-not-see-tests',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(test|bench)/|\\.test\\.ts$' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
