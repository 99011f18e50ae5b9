import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  lstatSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { codeOf, toError } from '../../../../lib/thrown.js'

export interface OutputOptions {
  /** A file that is there already is replaced; it keeps its mode, and a symbolic link to it stays. Left out: it is not. */
  readonly overwrite?: boolean
  /** A symbolic link is an error: in a folder that others write to, it may lead to a file of the user's own. */
  readonly refuseLinks?: boolean
}

/**
 * The file holds the whole text. Else an error is thrown whose message is one line, and the file is as it was: the text
 * is written beside it and renamed. Synchronous, so that Ctrl-C can't come in between.
 */
export function writeOutput(path: string, text: string, options: OutputOptions = {}): void {
  inOneLine(path, () => {
    const { place, replaced } = placeOf(path, options)
    // Not made of the file's own name, which may be as long as names may be.
    const beside = join(dirname(place), `.kafka-split-dns-${randomBytes(6).toString('hex')}.tmp`)
    try {
      writeFileSync(beside, text, { flag: 'wx', flush: true, mode: replaced === undefined ? 0o666 : modeOf(replaced) })
      if (replaced !== undefined) keepAccess(beside, replaced)
      if (options.overwrite === true) renameSync(beside, place)
      // Unlike a rename, it fails where another process has made the file in the meantime.
      else copyFileSync(beside, place, constants.COPYFILE_EXCL)
    } finally {
      rmSync(beside, { force: true })
    }
  })
}

/** Throws what `writeOutput` would throw now: to be called before a person answers questions. */
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
    const code = codeOf(error)
    const reason = code === undefined ? toError(error).message : (reasons[code] ?? code)
    throw new Error(`can't write ${path}: ${reason}`, { cause: error })
  }
}

/** Where the text belongs, and what is there now. */
function placeOf(path: string, { overwrite = false, refuseLinks = false }: OutputOptions) {
  const entry = lstatSync(path, { throwIfNoEntry: false })
  if (entry === undefined) return { place: path, replaced: undefined }
  if (refuseLinks && entry.isSymbolicLink()) throw new Error('it is a symbolic link')
  const found = statSync(path, { throwIfNoEntry: false })
  // A device or a pipe must never be renamed away.
  if (found !== undefined && !found.isFile()) throw new Error(found.isDirectory() ? 'it is a folder' : 'it is no file')
  if (!overwrite) throw new Error(reasons['EEXIST'])
  return { place: found === undefined ? path : realpathSync(path), replaced: found }
}

const modeOf = ({ mode }: Stats) => mode & 0o777

function keepAccess(path: string, replaced: Stats): void {
  try {
    chownSync(path, replaced.uid, replaced.gid)
  } catch {
    // Only root can give a file away.
  }
  // Without the bits that the umask took off.
  chmodSync(path, modeOf(replaced))
}

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'the file exists; --force replaces it',
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a part of the path is no folder',
  // Of a path that ends in a slash, since a folder is found before.
  EISDIR: 'a part of the path is no folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  ENAMETOOLONG: 'the name is too long',
}
