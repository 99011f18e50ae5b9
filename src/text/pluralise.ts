/** `1 rule`, `2 rules`. */
export const pluralise = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
