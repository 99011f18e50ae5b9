import type { Milliseconds } from '../../lib/units.js'
import type { OptionInputs } from '../config/option-inputs.js'
import type { Environment } from '../config/settings.js'
import type { Fault } from '../errors.js'
import type { ServedEvent } from '../observe/events.js'
import type { ServeSettings } from './options.js'

/** What the worker begins with: it makes a `SplitDns` of its own from the same options and variables. */
export interface WorkerInput {
  readonly options: OptionInputs
  readonly env: Environment
  readonly settings: ServeSettings
}

/** From the worker. */
export type WorkerReport =
  | { readonly kind: 'listening'; readonly address: string; readonly port: number }
  /** It could not start: `faults` of the configuration, or another error. */
  | { readonly kind: 'failed'; readonly faults: readonly Fault[] | null; readonly message: string }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  /** `code` is that of the payload's error, which loses it on its way between threads. */
  | { readonly kind: 'event'; readonly event: ServedEvent; readonly code: string | undefined }

/** To the worker: all that it is ever asked. */
export interface WorkerRequest {
  readonly kind: 'close'
  readonly graceMs: Milliseconds
}
