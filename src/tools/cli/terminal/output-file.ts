import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'

export interface OutputOptions {
  /** A file that is there already is replaced; it keeps its mode, and a symbolic link to it stays. Left out: it is not. */
  readonly overwrite?: boolean
  /** A symbolic link is an error: in a folder that others write to, it may lead to a file of the user's own. */
  readonly refuseLinks?: boolean
}

/**
 * The file holds the whole text, on disk. Else an error is thrown whose message is one line, and the file is as it was:
 * the text is written beside it and renamed. Synchronous, so that Ctrl-C can't come in between.
 */
export function writeOutput(path: string, text: string, options: OutputOptions = {}): void {
  const { overwrite = false } = options
  inOneLine(path, () => {
    const place = placeOf(path, options)
    // Not made of the file's own name, which may be as long as names may be.
    const beside = join(dirname(place.path), `.kafka-split-dns-${randomBytes(6).toString('hex')}.tmp`)
    try {
      writeBeside(beside, text, place.replaced)
      if (overwrite) renameSync(beside, place.path)
      else takePlace(beside, place.path)
    } finally {
      rmSync(beside, { force: true })
    }
    syncFolder(dirname(place.path))
  })
}

/** Throws as `writeOutput` would where it is plain from the beginning, so that nobody answers questions for nothing. */
export function checkOutput(path: string, options: OutputOptions = {}): void {
  inOneLine(path, () => {
    placeOf(path, options)
    statSync(dirname(path))
  })
}

function inOneLine(path: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    throw new Error(`can't write ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

/** Where the text belongs, and what is there now. */
function placeOf(path: string, { overwrite = false, refuseLinks = false }: OutputOptions) {
  const entry = lstatSync(path, { throwIfNoEntry: false })
  if (entry === undefined) return { path, replaced: undefined }
  if (refuseLinks && entry.isSymbolicLink()) throw new Error('it is a symbolic link')
  const found = statSync(path, { throwIfNoEntry: false })
  // A device or a pipe must never be renamed away.
  if (found !== undefined && !found.isFile()) throw new Error(found.isDirectory() ? 'it is a folder' : 'it is no file')
  if (!overwrite) throw new Error(isThere)
  return { path: found === undefined ? path : realpathSync(path), replaced: found }
}

const isThere = 'the file exists; --force replaces it'

function writeBeside(beside: string, text: string, replaced: Stats | undefined): void {
  const file = openSync(beside, 'wx')
  try {
    if (replaced !== undefined) {
      bestEffort(() => {
        fchownSync(file, replaced.uid, replaced.gid)
      })
      fchmodSync(file, replaced.mode & 0o777)
    }
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** A link, unlike a rename, fails where another process has made the file in the meantime. */
function takePlace(beside: string, path: string): void {
  try {
    linkSync(beside, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new Error(isThere, { cause: error })
    // Some file systems have no links.
    renameSync(beside, path)
  }
}

/** The new name too survives a power cut, where the system lets a folder be synced. */
function syncFolder(folder: string): void {
  bestEffort(() => {
    const opened = openSync(folder, 'r')
    try {
      fsyncSync(opened)
    } finally {
      closeSync(opened)
    }
  })
}

function bestEffort(work: () => void): void {
  try {
    work()
  } catch {
    // The text is in its place without it.
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : undefined)

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a part of the path is no folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  ENAMETOOLONG: 'the name is too long',
}

function reasonOf(error: unknown): string {
  const code = codeOf(error)
  if (code !== undefined) return reasons[code] ?? code
  return error instanceof Error ? error.message : String(error)
}
