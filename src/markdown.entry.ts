/** The published `waypost/markdown`: Markdown and shortcodes as Hugo does them. Pure: no framework, no database. */
export { renderMarkdown, expandMarkdown, type RenderedMarkdown } from './markdown/render-markdown.js';
export { compileBody, isFrozenCall, type CompiledBody } from './markdown/compile-body.js';
export { spliceBody, spliceBodyWithDiagnostics } from './markdown/splice-body.js';
export type { GoldmarkSettings, MarkdownOptions } from './markdown/markdown-options.js';
export type {
  NamedParameters,
  Notation,
  ParameterValue,
  ShortcodeCall,
  ShortcodeDefinition,
  ShortcodeDefinitions,
} from './shortcodes/definition.js';
export type { CompiledCall } from './shortcodes/compiled-call.js';
export type { Diagnostic, Severity } from './shortcodes/diagnostic.js';
export { readDocument, type ContentDocument, type ReadDocumentOptions } from './front-matter/read-document.js';
