import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import { once } from '../../../lib/packages.js'

/** The package `yaml`, loaded when a map in YAML is first read: it takes longer to load than this library. */
export const loadYaml = once(
  () => (typeof require === 'function' ? require('yaml') : createRequire(import.meta.url)('yaml')) as typeof Yaml,
)
