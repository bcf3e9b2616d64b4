import { createHash } from 'node:crypto'
import type { Spec } from '../loss/spec.ts'
import type { EvaluationState } from '../loss/state.ts'
import { stateSpecText } from '../loss/state.ts'
import { readState, readStateTally, writeState } from '../loss/state-codec.ts'
import type { Tally } from '../loss/tally.ts'

/** States of one spec and K as bytes. */
export class StateCodec {
  readonly spec: Spec
  readonly #digest: Uint8Array
  readonly #outputs: number

  constructor(spec: Spec, outputs: number) {
    this.spec = spec
    this.#digest = createHash('sha256').update(stateSpecText(spec)).digest()
    this.#outputs = outputs
  }

  write(state: EvaluationState): Uint8Array {
    return writeState(state, this.#digest)
  }

  /** @throws InvalidState */
  readonly read = (bytes: Uint8Array): EvaluationState => {
    return readState(bytes, this.spec, this.#digest, this.#outputs)
  }

  /**
   * What the rows of a state add up to, without its sections.
   *
   * @throws InvalidState
   */
  readonly readTally = (bytes: Uint8Array): Tally => readStateTally(bytes, this.spec, this.#digest)
}
