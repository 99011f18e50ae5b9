import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { digest, partName, publish } from './files.js'
import { cacheFolder } from './paths.js'

const openssl = (args: readonly string[]) => promisify(execFile)('openssl', args)

export interface ServerCertificate {
  /** The test's own certificate authority, PEM. */
  readonly ca: string
  /** A PEM file with the broker's key and certificate, as Kafka reads it (`ssl.keystore.type=PEM`). */
  readonly keystore: string
}

/** A certificate for the names (`*.zone` covers one label), signed by an authority of its own. Made once per set of names. */
export async function serverCertificate(names: readonly string[]): Promise<ServerCertificate> {
  const folder = join(cacheFolder, `tls-${digest(names)}`)
  if (!existsSync(folder)) {
    const part = partName(folder)
    await mkdir(part, { recursive: true })
    await makeCertificate(part, names)
    await publish(part, folder)
  }
  return { ca: await readFile(join(folder, 'ca.pem'), 'utf8'), keystore: join(folder, 'server.pem') }
}

async function makeCertificate(folder: string, names: readonly string[]): Promise<void> {
  const file = (name: string) => join(folder, name)
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const days = ['-days', '3650']
  const usage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign']
  await writeFile(file('extensions'), extensions(names))
  await openssl([
    'req',
    '-x509',
    ...newKey,
    ...days,
    ...usage,
    '-subj',
    '/CN=kafka test CA',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
  ])
  await openssl([
    'req',
    '-new',
    ...newKey,
    '-subj',
    '/CN=kafka test broker',
    '-keyout',
    file('key.pem'),
    '-out',
    file('request'),
  ])
  const signer = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial']
  await openssl([
    'x509',
    '-req',
    '-in',
    file('request'),
    ...signer,
    ...days,
    '-extfile',
    file('extensions'),
    '-out',
    file('cert.pem'),
  ])
  await writeFile(
    file('server.pem'),
    (await readFile(file('key.pem'), 'utf8')) + (await readFile(file('cert.pem'), 'utf8')),
  )
}

const extensions = (names: readonly string[]) =>
  [
    'basicConstraints=critical,CA:false',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=serverAuth',
    `subjectAltName=${names.map(name => `DNS:${name}`).join(',')}`,
    '',
  ].join('\n')
