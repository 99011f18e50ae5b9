import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { digest, partName, publish, withLock } from '../kafka/files.js'
import { projectFolder } from '../kafka/paths.js'
import { run } from './run.js'

// Outside of the checkout, whose node_modules would else fill in for what a tenant has not installed.
const cacheFolder = join(tmpdir(), `kafka-split-dns-package-${digest(projectFolder)}`)
const oldMs = 3_600_000

/** Runs npm, which has to succeed; what it prints. */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const ran = await run('npm', [...args, '--no-audit', '--no-fund', '--prefer-offline'], { cwd })
  if (ran.code !== 0) throw new Error(`npm ${args.join(' ')} in ${cwd}: ${ran.stdout}${ran.stderr}`)
  return ran.stdout
}

/** The package as `npm pack` makes it of this checkout, changes that are not committed included. Made once per content. */
export async function packedTarball(): Promise<string> {
  return join(await packFolder(), 'package.tgz')
}

/** What a project in TypeScript has beside the package. */
export const typedPackages = ['kafkajs@^2.2.4', '@types/node@^20', 'prom-client@^15'] as const

/**
 * A project of its own, CommonJS by default, into which the tarball and these packages were installed and nothing else.
 * Shared by all tests that ask for the same: nothing may be written there.
 */
export async function installedProject(packages: readonly string[] = ['kafkajs@^2.2.4']): Promise<string> {
  const folder = await packFolder()
  return madeOnce(join(folder, `project-${digest(packages)}`), async part => {
    await writeFile(join(part, 'package.json'), JSON.stringify({ name: 'tenant', private: true }))
    await npm(['install', '--no-package-lock', join(folder, 'package.tgz'), ...packages], part)
  })
}

/** Where the installed package's modules are, for the flags of Node that take an absolute path. */
export const registerPath = (project: string, form: 'esm' | 'cjs') =>
  join(project, 'node_modules/kafka-split-dns/dist', form, 'register.js')

let packing: Promise<string> | undefined

/** A folder with package.tgz. */
function packFolder(): Promise<string> {
  packing ??= makePackFolder()
  return packing
}

async function makePackFolder(): Promise<string> {
  await removeOld()
  const names = [
    'lib',
    'src',
    'docs',
    'examples',
    'scripts',
    'package.json',
    'tsconfig',
    'README.md',
    'CHANGELOG.md',
    'SECURITY.md',
    'LICENSE',
  ]
  const files = (await ownFiles()).filter(file => names.some(name => file.startsWith(name)))
  const contents = await Promise.all(
    files.map(async file => [file, await readFile(join(projectFolder, file), 'base64')]),
  )
  return madeOnce(join(cacheFolder, digest(contents)), async part => {
    const checkout = join(part, 'checkout')
    // All files, so that what should not be packed could be.
    for (const file of await ownFiles()) {
      await mkdir(dirname(join(checkout, file)), { recursive: true })
      await cp(join(projectFolder, file), join(checkout, file))
    }
    await symlink(join(projectFolder, 'node_modules'), join(checkout, 'node_modules'))
    await npm(['pack', '--pack-destination', part], checkout)
    const [tarball] = (await readdir(part)).filter(file => file.endsWith('.tgz'))
    await rename(join(part, tarball ?? ''), join(part, 'package.tgz'))
    await rm(checkout, { recursive: true })
  })
}

/** What was made of earlier contents is gone. */
async function removeOld(): Promise<void> {
  for (const name of await readdir(cacheFolder).catch(() => [])) {
    const path = join(cacheFolder, name)
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > oldMs) await rm(path, { recursive: true, force: true })
  }
}

/** The folder is there, made by `make` if it was not: once, whoever asks at the same time. */
async function madeOnce(folder: string, make: (part: string) => Promise<void>): Promise<string> {
  await withLock(`${folder}.lock`, async () => {
    const now = new Date()
    if (existsSync(folder)) return utimes(folder, now, now)
    const part = partName(folder)
    await mkdir(part, { recursive: true })
    try {
      await make(part)
      await publish(part, folder)
    } finally {
      await rm(part, { recursive: true, force: true })
    }
  })
  return folder
}

/** What git tracks or would track. */
async function ownFiles(): Promise<string[]> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { stdout } = await run('git', args, { cwd: projectFolder })
  return stdout.split('\0').filter(file => file !== '' && existsSync(join(projectFolder, file)))
}
