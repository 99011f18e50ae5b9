import { pathToFileURL } from 'node:url'
import { readdirSync, readFileSync } from 'node:fs'
import { projectFolder } from './project.js'

const root = pathToFileURL(`${projectFolder}/`)

/** The README and every page of docs/, by path from the root. */
export const documents: readonly { readonly path: string; readonly text: string }[] = [
  'README.md',
  ...readdirSync(new URL('docs/', root))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
].map(path => ({ path, text: readFileSync(new URL(path, root), 'utf8') }))

/** The text of one document. */
export function readDocument(path: string): string {
  const found = documents.find(document => document.path === path)
  if (found === undefined) throw new Error(`no document ${path}`)
  return found.text
}

/** The contents of the document's fenced blocks of the language, in order. */
export function fencedBlocks(text: string, language: string): string[] {
  return [...text.matchAll(/^( *)```(\S*)\n([\s\S]*?)^\1```$/gm)].flatMap(([, indent = '', found, body = '']) =>
    found === language ? [body.replaceAll(new RegExp(`^${indent}`, 'gm'), '')] : [],
  )
}
