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

// The output is judged below, and Node would ask standard output of this process.
const always = { validateStream: false }
const paint =
  (format: 'bold' | 'dim' | 'red' | 'green' | 'yellow'): Paint =>
  text =>
    text === '' ? text : styleText(format, text, always)

const colours: Style = {
  bold: paint('bold'),
  dim: paint('dim'),
  red: paint('red'),
  green: paint('green'),
  yellow: paint('yellow'),
}

const same: Paint = text => text
const plain: Style = { bold: same, dim: same, red: same, green: same, yellow: same }

/** Colours on a terminal, unless NO_COLOR (https://no-color.org) or a dumb terminal forbids them. */
export function styleFor({ isTTY }: Output, env: Environment): Style {
  const isForbidden = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return isTTY === true && !isForbidden ? colours : plain
}

/** Control characters would move the cursor of whoever reads the text. Line breaks and tabs stay. */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, '?')
