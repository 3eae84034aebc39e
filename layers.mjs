/**
 * The one list of layers. A folder (or top-level file) of `src` imports only what stands on an earlier step;
 * names on one step do not see each other. `.dependency-cruiser.mjs` makes its rules from this list.
 */
export const layers = [
  ['kernel'],
  ['shortcodes', 'front-matter', 'networks'],
  ['markdown'],
  ['database'],
  ['changes', 'auth', 'observability', 'outbound'],
  ['graphql'],
  ['tags', 'partners', 'access'],
  ['articles', 'clicks'],
  ['redirects', 'conversions', 'link-checks', 'reports', 'webhooks', 'feeds', 'import-export'],
  ['admin'],
  ['waypost.options'],
  ['plugin.module', 'markdown.entry'],
  ['affiliates.module', 'content.module'],
  ['affiliates', 'content', 'waypost.module'],
  ['index'],
  ['config', 'http'],
  ['app.module'],
  ['testing'],
  ['main'],
  ['workers'],
  ['cli'],
];

/** A file with one of these suffixes belongs to the framework; a file without one is pure. */
export const roles = [
  'module',
  'controller',
  'resolver',
  'service',
  'entity',
  'type',
  'input',
  'dto',
  'guard',
  'interceptor',
  'filter',
  'scalar',
  'sink',
  'datasource',
  'command',
  'middleware',
  'loader',
];

/** Packages that pure files may not import. */
export const frameworkPackages = [
  '@nestjs/',
  'typeorm',
  'pg',
  'graphql',
  '@apollo/',
  'class-validator',
  'class-transformer',
  'express',
  'reflect-metadata',
  'rxjs',
  'dataloader',
];

/** Folders whose every file is pure, so that they can be published without the framework. */
export const pureFolders = ['kernel', 'shortcodes', 'front-matter', 'networks', 'markdown'];
