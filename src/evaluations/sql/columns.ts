/** The columns of an `Evaluation`. */
export const evaluationColumns = `id, owner, name, declaration, expected_batches AS "expectedBatches",
  expected_samples AS "expectedSamples", status, batches, samples, created_at AS "createdAt", updated_at AS "updatedAt"`

/** The columns of a `Batch`. */
export const batchColumns = `name, sequence, samples, loss, loss_status AS "lossStatus", accuracy, answer,
  created_at AS "createdAt"`
