import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  readonly key: string
  /** Self-signed: to trust it, hand it in as `ca`. */
  readonly cert: string
}

/** A new certificate for the names, in openssl's form: `DNS:localhost`, `IP:127.0.0.1`. Needs the openssl command. */
export function makeCertificate(names: readonly string[] = ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1']): Certificate {
  const directory = mkdtempSync(join(tmpdir(), 'certificate-'))
  try {
    const key = join(directory, 'key.pem')
    const cert = join(directory, 'cert.pem')
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ]
    const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${names.join(',')}`]
    execFileSync('openssl', [...request, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(directory, { recursive: true })
  }
}
