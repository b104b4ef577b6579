/** What a person can put right: shown as it is, without a stack, and the exit code is 1. */
export class UserError extends Error {
  override readonly name: string = 'UserError'
}
