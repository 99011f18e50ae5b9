import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, type BigIntStats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from '../../../lib/thrown.js'
import { ConfigError } from '../../errors.js'
import { decodeMapText, sourceError } from '../map-source.js'

/** Far above any map (a ConfigMap holds 1 MiB), and little memory. */
const maxFileBytes = 32 * 1024 * 1024

// O_NONBLOCK: opening a FIFO without a writer would block for ever. Windows has neither.
const openFlags = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0)

/** A file with a map. */
export interface MapFile {
  /** Absolute. */
  readonly path: string
  /** The path as it was configured. */
  readonly origin: string
  /** The variable or option that names it. */
  readonly setBy: string
}

/** The file's text, see `decodeMapText`. Throws `ConfigError` with one fault. Blocks: for the start only. */
export function readMapFileSync(mapFile: MapFile): string {
  const { path, origin } = mapFile
  try {
    const descriptor = openSync(path, openFlags)
    try {
      refuseUnusable(fstatSync(descriptor, { bigint: true }), origin)
      return decodeMapText(atMost(readFileSync(descriptor), origin), origin)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw asFault(error, mapFile)
  }
}

/** As `readMapFileSync`, without blocking. */
export async function readMapFile(mapFile: MapFile): Promise<string> {
  const { path, origin } = mapFile
  try {
    const file = await open(path, openFlags)
    try {
      refuseUnusable(await file.stat({ bigint: true }), origin)
      return decodeMapText(atMost(await file.readFile(), origin), origin)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw asFault(error, mapFile)
  }
}

/**
 * What changes whenever the file does, through symlinks: identity, size and times; the error's code where there is no
 * file. Never rejects.
 */
export async function fileSignature(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(':')
  } catch (error) {
    return codeOf(error) ?? 'unknown'
  }
}

function refuseUnusable(stats: BigIntStats, origin: string): void {
  if (stats.isDirectory()) throw sourceError(origin, 'is a directory, expected a file')
  if (!stats.isFile()) throw sourceError(origin, 'is not a regular file')
  if (stats.size > BigInt(maxFileBytes)) throw tooLarge(stats.size, origin)
}

// Some files (those of /proc) have the size 0 and yet give bytes.
function atMost(bytes: Buffer, origin: string): Buffer {
  if (bytes.length > maxFileBytes) throw tooLarge(bytes.length, origin)
  return bytes
}

const tooLarge = (size: bigint | number, origin: string) =>
  sourceError(origin, `is too large: ${String(size)} bytes, at most ${maxFileBytes} are read`)

const reasons: Readonly<Record<string, string>> = {
  ENOTDIR: 'no such file (a part of its path is not a directory)',
  EACCES: 'may not be read (permission denied)',
  EPERM: 'may not be read (permission denied)',
  ERR_ACCESS_DENIED: "may not be read (Node's --permission: add --allow-fs-read for it)",
  EISDIR: 'is a directory, expected a file',
  ELOOP: 'is a symbolic link that leads to itself',
  ENXIO: 'is not a regular file',
}

function asFault(error: unknown, { path, origin, setBy }: MapFile): ConfigError {
  if (error instanceof ConfigError) return error
  const code = codeOf(error) ?? 'unknown error'
  if (code !== 'ENOENT') return sourceError(origin, reasons[code] ?? `can't be read: ${code}`)
  const folder = dirname(path)
  const missing = existsSync(folder) ? `no such file in ${folder}` : `no such file: the folder ${folder} does not exist`
  return sourceError(origin, `${missing} (named by ${setBy})`)
}
