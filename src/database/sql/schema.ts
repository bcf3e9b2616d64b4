export interface Types {
  readonly id: string
  readonly integer: string
  readonly real: string
  readonly bytes: string
  /** A text by whose bytes rows are found. */
  readonly key: string
  /** What ends the definition of a table whose rows lie in the order of their keys. */
  readonly clustered: string
}

/** The statements that lead to each version. A released version is never changed. */
export function migrationsWith({ id, integer, real, bytes, key, clustered }: Types): readonly (readonly string[])[] {
  return [
    [
      `CREATE TABLE evaluations (
        id ${id},
        owner TEXT NOT NULL,
        name TEXT NOT NULL,
        declaration TEXT NOT NULL,
        expected_batches ${integer},
        expected_samples ${integer},
        status TEXT NOT NULL CHECK (status IN ('open', 'sealed', 'deleted')),
        batches ${integer} NOT NULL DEFAULT 0,
        samples ${integer} NOT NULL DEFAULT 0,
        created_at ${integer} NOT NULL,
        updated_at ${integer} NOT NULL
      )`,
      // a deleted evaluation has lost its name
      `CREATE UNIQUE INDEX evaluations_by_name ON evaluations (owner, name) WHERE status <> 'deleted'`,
      `CREATE INDEX evaluations_by_age ON evaluations (owner, id) WHERE status <> 'deleted'`,
      `CREATE INDEX evaluations_deleted ON evaluations (id) WHERE status = 'deleted'`,
      `CREATE TABLE batches (
        evaluation ${integer} NOT NULL,
        sequence ${integer} NOT NULL,
        name TEXT NOT NULL,
        fingerprint ${bytes} NOT NULL,
        labels_digest ${bytes} NOT NULL,
        samples ${integer} NOT NULL,
        loss ${real},
        loss_status TEXT NOT NULL,
        accuracy ${real},
        state ${bytes} NOT NULL,
        created_at ${integer} NOT NULL,
        PRIMARY KEY (evaluation, sequence)
      )`,
      'CREATE UNIQUE INDEX batches_by_name ON batches (evaluation, name)',
      `CREATE TABLE folds (
        evaluation ${integer} NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
        slot ${integer} NOT NULL,
        last ${integer} NOT NULL,
        state ${bytes} NOT NULL,
        PRIMARY KEY (evaluation, slot)
      )`,
    ],
    [],
    [
      // rows of an older release, which may still run, have no digest
      `ALTER TABLE evaluations ADD COLUMN digest ${bytes}`,
      // the batch that it is the digest of
      `ALTER TABLE evaluations ADD COLUMN digested ${integer} NOT NULL DEFAULT 0`,
      `ALTER TABLE batches ADD COLUMN digest ${bytes}`,
      `ALTER TABLE folds ADD COLUMN digest ${bytes}`,
    ],
    ['ALTER TABLE evaluations ADD COLUMN metadata TEXT'],
    [
      `ALTER TABLE evaluations ADD COLUMN waiting_predictions ${integer} NOT NULL DEFAULT 0`,
      `ALTER TABLE evaluations ADD COLUMN waiting_labels ${integer} NOT NULL DEFAULT 0`,
      `ALTER TABLE evaluations ADD COLUMN expired ${integer} NOT NULL DEFAULT 0`,
      // rows of which one half is there (state 1 the predictions, 2 the labels), or was counted with the other (3)
      `CREATE TABLE halves (
        evaluation ${integer} NOT NULL,
        id ${key} NOT NULL,
        state ${integer} NOT NULL,
        predictions_digest ${bytes},
        labels_digest ${bytes},
        payload ${bytes},
        at ${integer},
        expires_at ${integer} NOT NULL,
        PRIMARY KEY (evaluation, id)
      ) ${clustered}`,
      'CREATE INDEX halves_by_expiry ON halves (evaluation, state, expires_at, id)',
    ],
    [
      // when the window of a batch begins; null where no windows are declared
      `ALTER TABLE batches ADD COLUMN window_start ${integer}`,
      `CREATE INDEX batches_by_window ON batches (evaluation, window_start, sequence) WHERE window_start IS NOT NULL`,
      // what the batches of a window up to the last add up to
      `CREATE TABLE windows (
        evaluation ${integer} NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
        start ${integer} NOT NULL,
        batches ${integer} NOT NULL,
        last ${integer} NOT NULL,
        digest ${bytes} NOT NULL,
        state ${bytes} NOT NULL,
        PRIMARY KEY (evaluation, start)
      )`,
    ],
    [
      // 1 where the metrics show the figures
      `ALTER TABLE evaluations ADD COLUMN shown ${integer} NOT NULL DEFAULT 0`,
      `CREATE INDEX evaluations_shown ON evaluations (owner, id) WHERE shown = 1 AND status <> 'deleted'`,
    ],
    [
      // 1 where the badge is drawn for clients without a key
      `ALTER TABLE evaluations ADD COLUMN is_public ${integer} NOT NULL DEFAULT 0`,
      `CREATE INDEX evaluations_public ON evaluations (name, id) WHERE is_public = 1 AND status <> 'deleted'`,
    ],
  ]
}

export interface MigrationLog {
  info(fields: object, message: string): void
}

/** What is logged at the beginning and at the end of a version. */
export const updating = ['updating the schema of the store', 'updated the schema of the store'] as const

export function newerSchema(found: number, known: number): string {
  return `The database has schema version ${found}; this release of lossmeter supports versions up to ${known}. Start the newer release, or restore a backup.`
}

export const headDigest = 'CASE WHEN digested = batches THEN digest END AS digest'

export const evaluationColumns = `id, owner, name, declaration, expected_batches AS "expectedBatches",
  expected_samples AS "expectedSamples", status, batches, samples, incarnation, metadata,
  waiting_predictions AS "waitingPredictions", waiting_labels AS "waitingLabels", expired, shown, is_public AS "isPublic",
  ${headDigest}, created_at AS "createdAt", updated_at AS "updatedAt"`

export const batchColumns = `name, sequence, digest, samples, loss, loss_status AS "lossStatus", accuracy,
  window_start AS "window",  created_at AS "createdAt"`
