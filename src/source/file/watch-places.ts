import { lstat, readlink, stat } from 'node:fs/promises'
import { basename, isAbsolute, join, parse, resolve, sep } from 'node:path'

/** A directory in which a change of one of `names` may change what the path leads to. */
export interface WatchPlace {
  readonly directory: string
  /** Tells this directory from another that takes its path later. */
  readonly identity: string
  /** Its own name among them: that is what Linux reports when the directory itself is moved or removed. */
  readonly names: ReadonlySet<string>
}

/** As many symbolic links as Linux follows. */
const maxLinks = 40

/**
 * Walks the path as the system would and gives each directory where a symbolic link of it stands, and the one of the
 * file itself: a ConfigMap's file is `map.yaml -> ..data/map.yaml`, `..data -> ..2026_01_01`, and an update replaces
 * `..data` alone. Where a part is missing, the directory in which it would appear is the last. Directories that are
 * only passed through are left out (a poll finds them replaced). Never rejects.
 */
export async function watchPlaces(path: string): Promise<readonly WatchPlace[]> {
  const found = new Map<string, Set<string>>()
  const add = (directory: string, name: string) => {
    const names = found.get(directory) ?? new Set([basename(directory)])
    found.set(directory, names.add(name))
  }
  let directory = parse(resolve(path)).root
  const parts = partsOf(resolve(path))
  for (let links = 0; parts.length > 0;) {
    const part = parts.shift() ?? ''
    if (part === '..') {
      directory = resolve(directory, '..')
      continue
    }
    const entry = await lookAt(join(directory, part))
    if (entry.kind === 'link' && links < maxLinks) {
      links += 1
      add(directory, part)
      parts.unshift(...partsOf(entry.target))
      if (isAbsolute(entry.target)) directory = parse(entry.target).root
      continue
    }
    if (parts.length === 0 || entry.kind !== 'directory') add(directory, part)
    if (entry.kind !== 'directory') break
    directory = join(directory, part)
  }
  return withIdentities(found)
}

const partsOf = (path: string): string[] =>
  path
    .slice(parse(path).root.length)
    .split(sep === '/' ? '/' : /[\\/]/)
    .filter(part => part !== '' && part !== '.')

type Entry = { readonly kind: 'link'; readonly target: string } | { readonly kind: 'directory' | 'other' }

async function lookAt(path: string): Promise<Entry> {
  try {
    const stats = await lstat(path)
    if (stats.isSymbolicLink()) return { kind: 'link', target: await readlink(path) }
    return { kind: stats.isDirectory() ? 'directory' : 'other' }
  } catch {
    return { kind: 'other' } // missing, or not for us to see: the walk ends here either way
  }
}

async function withIdentities(found: ReadonlyMap<string, ReadonlySet<string>>): Promise<WatchPlace[]> {
  const places = await Promise.all(
    [...found].map(async ([directory, names]) => {
      const stats = await stat(directory, { bigint: true }).catch(() => undefined)
      return { directory, names, identity: stats === undefined ? 'gone' : `${stats.dev}:${stats.ino}` }
    }),
  )
  return places.filter(place => place.identity !== 'gone')
}
