import { styleText } from 'node:util'
import type { Environment } from '../../../config/settings.js'
import type { Output } from './streams.js'

type Paint = (text: string) => string

/** Ways to set text apart. Each gives the text itself where the output takes no colour. */
export interface Style {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly green: Paint
  readonly yellow: Paint
}

/** Colours on a terminal, unless NO_COLOR (https://no-color.org) or a dumb terminal forbids them. */
export function styleFor({ isTTY }: Output, env: Environment): Style {
  const isForbidden = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  const isPlain = isTTY !== true || isForbidden
  // Without its own check of the stream: Node would ask standard output of this process.
  const paint = (format: keyof Style) => (text: string) =>
    isPlain || text === '' ? text : styleText(format, text, { validateStream: false })
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
  }
}

/** Control characters would move the cursor of whoever reads the text. Line breaks and tabs stay. */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, '?')
