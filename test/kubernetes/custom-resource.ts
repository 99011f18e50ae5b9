/** The part of a CustomResourceDefinition's schema that is checked: structural OpenAPI v3, as Kubernetes takes it. */
interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
}

/** What of the value is not as the schema says: types, required and unknown fields, enumerations. */
export function faultsOf(value: unknown, schema: Schema, path = ''): string[] {
  if (schema['x-kubernetes-int-or-string'] === true) {
    return typeof value === 'string' || Number.isInteger(value) ? [] : [`${path}: expected a number or text`]
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${path}: not one of ${schema.enum.join()}`]
  if (schema.type !== undefined && typeOf(value, schema.type) !== schema.type) {
    return [`${path}: expected ${schema.type}, found ${JSON.stringify(value)}`]
  }
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined ? [] : value.flatMap((item, index) => faultsOf(item, items, `${path}[${index}]`))
  }
  return typeof value === 'object' && value !== null ? faultsOfObject(value, schema, path) : []
}

function faultsOfObject(value: object, schema: Schema, path: string): string[] {
  const missing = (schema.required ?? []).filter(name => !(name in value)).map(name => `${path}.${name}: missing`)
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const other = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
    const known = schema.properties?.[name] ?? other
    if (known !== undefined) return faultsOf(field, known, `${path}.${name}`)
    const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true
    const isLeaf = schema.properties === undefined && schema.additionalProperties === undefined
    return isOpen || isLeaf ? [] : [`${path}.${name}: no such field`]
  })
  return [...missing, ...fields]
}

function typeOf(value: unknown, wanted: string): string {
  if (Array.isArray(value)) return 'array'
  if (wanted === 'integer' && Number.isInteger(value)) return 'integer'
  return value === null ? 'null' : typeof value
}
