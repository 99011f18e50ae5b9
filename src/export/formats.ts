import { coredns } from './coredns.js'
import type { Format } from './format.js'
import { nodelocal } from './nodelocal.js'

/** Every format that a map can be written in. */
export const formats: readonly Format[] = [coredns, nodelocal]
