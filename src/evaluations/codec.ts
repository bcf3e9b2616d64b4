import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { InvalidState } from '../loss/bytes.ts'
import type { Spec } from '../loss/spec.ts'
import type { EvaluationState } from '../loss/state.ts'
import { stateSpecText } from '../loss/state.ts'
import { readState, readStateTally, writeState } from '../loss/state-codec.ts'
import type { Tally } from '../loss/tally.ts'

const checkBytes = 4

/** States as the store keeps them: their bytes and the CRC-32 of these. */
export class StateCodec {
  readonly spec: Spec
  #digest: Uint8Array | undefined
  readonly #outputs: number

  constructor(spec: Spec, outputs: number) {
    this.spec = spec
    this.#outputs = outputs
  }

  *write(state: EvaluationState): Generator<void, Uint8Array> {
    const bytes = yield* writeState(state, this.#digestOfSpec())
    const checked = Buffer.alloc(bytes.length + checkBytes)
    checked.set(bytes)
    checked.writeUInt32BE(crc32(bytes), bytes.length)
    return checked
  }

  /** @throws InvalidState */
  *read(checked: Uint8Array): Generator<void, EvaluationState> {
    return yield* readState(intact(checked), this.spec, this.#digestOfSpec(), this.#outputs)
  }

  /** What the rows of a state add up to, without its sections. @throws InvalidState */
  *readTally(checked: Uint8Array): Generator<void, Tally> {
    const tally = readStateTally(intact(checked), this.spec, this.#digestOfSpec())
    yield
    return tally
  }

  #digestOfSpec(): Uint8Array {
    this.#digest ??= createHash('sha256').update(stateSpecText(this.spec)).digest()
    return this.#digest
  }
}

function intact(checked: Uint8Array): Uint8Array {
  const bytes = checked.subarray(0, -checkBytes)
  const check = new DataView(checked.buffer, checked.byteOffset + bytes.length, checked.length - bytes.length)
  if (check.byteLength < checkBytes || check.getUint32(0) !== crc32(bytes))
    throw new InvalidState('the bytes are damaged')
  return bytes
}
