import { UserError } from '../user-error.ts'

/** How keys, values and values of headers stand in text. */
export type BytesForm = 'text' | 'base64' | 'hex'

export function bytesToText(bytes: Buffer, form: BytesForm): string {
  return bytes.toString(form === 'text' ? 'utf8' : form)
}

/**
 * @param where What to name in an error: `line 3: the key`.
 * @throws {UserError} for text that is not of that form.
 */
export function textToBytes(text: string, form: BytesForm, where: string): Buffer {
  if (form === 'text') return Buffer.from(text, 'utf8')
  // Buffer.from ends silently at what it cannot read.
  const isOfForm =
    form === 'hex'
      ? /^(?:[\da-f]{2})*$/i.test(text)
      : /^(?:[\w+/-]{4})*(?:[\w+/-]{2}={0,2}|[\w+/-]{3}=?)?$/.test(text)
  if (!isOfForm) throw new UserError(`${where} is not ${form}`)
  return Buffer.from(text, form)
}
