import { readFileSync } from 'node:fs'

// Kubernetes mounts it into every Pod whose service account token is mounted.
const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'

/** The namespace that Kubernetes tells this Pod, or undefined outside of one. Reads a file, synchronously. */
export function readServiceAccountNamespace(path: string = namespaceFile): string | undefined {
  try {
    const namespace = readFileSync(path, 'utf8').trim()
    return namespace === '' ? undefined : namespace
  } catch {
    return undefined
  }
}
