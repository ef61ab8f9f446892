/** The result of a command that printed what it was to print, and yet did not come out well: exit status 1. */
export class Unsuccessful {
  readonly result: unknown;

  constructor(result: unknown) {
    this.result = result;
  }
}
