/** The page's files, read once: what the browser may have, by its exact path. Nothing else is served from the disk. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface PageFile {
  body: string;
  type: string;
}

const types = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' } as const;

const own = [
  'base.css',
  'layout.css',
  'message.css',
  'card.css',
  'sidebar.css',
  'blocks.css',
  'dialog.css',
  'icon.svg',
  'main.js',
  'app.js',
  'blocks.js',
  'card.js',
  'composer.js',
  'connection.js',
  'dialog.js',
  'html.js',
  'icons.js',
  'picker.js',
  'server.js',
  'sidebar.js',
  'state.js',
  'timeline.js',
];

const libraries = {
  'preact.js': 'preact',
  'hooks.js': 'preact/hooks',
  'htm.js': 'htm',
} as const;

export function readPageFiles(): Map<string, PageFile> {
  return new Map([
    ...own.map((name) => [`/page/${name}`, pageFile(name)] as const),
    ...Object.entries(libraries).map(([name, specifier]) => [`/lib/${name}`, libraryFile(specifier)] as const),
  ]);
}

export function pageFile(name: string): PageFile {
  return { body: readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8'), type: typeOf(name) };
}

function libraryFile(specifier: string): PageFile {
  const path = fileURLToPath(import.meta.resolve(specifier));
  // A browser knows no bare names, and an import map would have to stand in the page as an inline script.
  const body = readFileSync(path, 'utf8').replaceAll('from"preact"', 'from"/lib/preact.js"');
  return { body, type: typeOf('library.js') };
}

function typeOf(name: string): string {
  for (const [ending, type] of Object.entries(types)) if (name.endsWith(`.${ending}`)) return `${type}; charset=utf-8`;
  throw new Error(`serving ${name}: its ending has no media type`);
}
