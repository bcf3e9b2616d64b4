// Written by `npm run openapi` from openapi/openapi.json.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The loss, the accuracy and their uncertainty. */
        LossAnswer: {
            /** @description The reduced loss; null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description Why `loss` is or is not a number. `finite`: `loss` is a number. `infinite`: `loss` is null because it is infinite, which JSON cannot represent. `undefined`: `loss` is null because the weights sum to 0.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Share of correct decisions, weighted by s_i; null if labels are values, or if the weights sum to 0. */
            accuracy: number | null;
            /** @description Rows received; with `miniBatch`, rows drawn. */
            samples: number;
            /** @description K, numbers per row. */
            outputs: number;
            /** @description Number of correct decisions: one decision per sample, or one per output for binary labels; null if labels are values. */
            correct: number | null;
            /** @description Samples whose largest prediction is shared by several outputs; the lowest index wins. */
            ties: number;
            /** @description Rows excluded by `ignoreIndex`. */
            ignored: number;
            /** @description Samples in which `logPolicy` changed a logarithm that contributes to the loss: y < epsilon, or for `clamp`, log y < -100. */
            clipped: number;
            /** @description sum s_i l_i, summed exactly and rounded once; null if infinite. */
            lossSum: number | null;
            /** @description sum w_i, where w_i = s_i sum_k c_k t_ik. */
            weightSum: number;
            /** @description Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement. n is the number of rows with w_i > 0. Null if n is 1, or if the loss is not finite. */
            standardError: number | null;
            /** @description 95 % Wilson interval of the accuracy, for the effective number of samples, (sum s_i)^2 / sum s_i^2. Several binary outputs are clustered by row: the number of decisions is divided by their design effect. */
            accuracyInterval: [
                number,
                number
            ] | null;
            /** @description With `topK`: share of samples whose class is among the k largest predictions, weighted by s_i; of equal ones the lowest index comes first. */
            topKAccuracy?: number | null;
            thresholds?: components["schemas"]["Thresholds"];
            /** @description With `miniBatch`: number of rows the sample was drawn from. */
            populationSize?: number;
            /** @description With reduction `none`: s_i l_i in order; null if infinite, 0 for an ignored row. */
            losses?: (number | null)[];
            perSample?: {
                losses: (number | null)[];
                /** @description Whether a row was right, or how many of its binary outputs; null for an ignored row. */
                correct: (boolean | number | null)[] | null;
            };
            perClass?: components["schemas"]["ClassReport"][];
            /** @description Counts of samples, [K][K]: rows are labels, columns are predictions, both in the order of `classes`. */
            confusion?: number[][];
            /** @description Sums of s_i in the same cells; without weights the same numbers. */
            confusionWeights?: number[][];
            calibration?: components["schemas"]["Calibration"];
            /** @description Metrics by name, weighted by s_i: of class and binary labels, or of values. */
            metrics?: components["schemas"]["LabelMetrics"] | components["schemas"]["ValueMetrics"];
            ranking?: components["schemas"]["Ranking"];
            /** @description d loss / d predictions, in the shape of predictions; the loss is the guarded and reduced one. Null unless the loss is finite. */
            gradient?: ((number | null)[][] | (number | null)[]) | null;
            intervals?: components["schemas"]["Intervals"];
            /** @description With `groupBy`: the groups of each grouping, in the order of `groupBy`. */
            groups?: components["schemas"]["Grouping"][];
            verdict?: components["schemas"]["Verdict"];
            /** @description With a `table` and `missing` `drop`: rows that were left out, because a column that is used has no value there. */
            dropped?: number;
            /** @description Every option that was used, defaults included. Send it again with the same data and you get the same answer. */
            spec: components["schemas"]["LossSpec"];
            requestId: string;
        };
        /** @description With `thresholds`: exact counts at each threshold, for each binary output, or for each class against the rest. The bin of a sample is the number of thresholds below its probability. */
        Thresholds: {
            perOutput: components["schemas"]["OutputThresholds"][];
        };
        /** @description The results for one binary output, or for one class against the rest. */
        OutputThresholds: {
            /** @description The name of the class, with `classes`. */
            class?: string;
            points: components["schemas"]["ThresholdPoint"][];
            /** @description The exact area under the ROC curve lies between `lower` and `upper`; null unless both classes occur. */
            rocAuc: {
                /** @description The area if all ties within a bin are ranked in the wrong order. */
                lower: number | null;
                /** @description The area if all ties within a bin are ranked in the right order. */
                upper: number | null;
                /** @description The area if ties within a bin count half. */
                binned: number | null;
            };
            /** @description Average precision with the bins as scores; null if there are no positive samples. */
            averagePrecision: number | null;
            best: {
                f1: components["schemas"]["BestThreshold"];
                /** @description Recall + specificity - 1. */
                youden: components["schemas"]["BestThreshold"];
                /** @description With `costs`: FP falsePositive + FN falseNegative. */
                cost?: components["schemas"]["BestThreshold"];
            };
        };
        /** @description The counts if predictions above the threshold are positive. */
        ThresholdPoint: {
            threshold: number;
            /** @description Sum of s_i over these samples; the other three counts likewise. */
            truePositives: number;
            falsePositives: number;
            trueNegatives: number;
            falseNegatives: number;
            /** @description TP / (TP + FP). Like all quotients here, null for 0 / 0. */
            precision: number | null;
            /** @description TP / (TP + FN). */
            recall: number | null;
            /** @description TN / (TN + FP). */
            specificity: number | null;
            /** @description FP / (TN + FP). */
            falsePositiveRate: number | null;
            /** @description 2 TP / (2 TP + FP + FN). */
            f1: number | null;
            /** @description (TP + TN) / (TP + FP + TN + FN). */
            accuracy: number | null;
        };
        /** @description The best threshold, the lowest one if several are equally good; null if the value is undefined for all of them. */
        BestThreshold: {
            threshold: number;
            value: number;
        } | null;
        /** @description Results for the samples labelled with one class. With several binary outputs, each output counts as a class that a sample either has or does not have. */
        ClassReport: {
            /** @description The number of the class, or with `classes` its name. */
            class: number | string;
            /** @description Samples with this label. */
            samples: number;
            correct: number;
            /** @description Weighted mean loss of these samples. */
            loss: number | null;
            /**
             * @description Why `loss` is or is not a number. `finite`: `loss` is a number. `infinite`: `loss` is null because it is infinite, which JSON cannot represent. `undefined`: `loss` is null because the weights sum to 0.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Share of the samples of this class that are predicted as this class, weighted by s_i; null if there are no such samples. */
            recall: number | null;
            /** @description Share of the predictions of this class that are correct, weighted by s_i; null if it is never predicted. */
            precision: number | null;
        };
        /** @description Confidence against accuracy in 15 bins of equal width. Confidence is the largest probability. For binary outputs, confidence is the probability of the positive class, and accuracy is the share of positive labels; each output of each row counts separately. */
        Calibration: {
            bins: components["schemas"]["CalibrationBin"][];
            /** @description Expected calibration error: the sum over the bins of their share of the weight times |accuracy - mean confidence| (Guo et al. 2017). */
            expectedCalibrationError: number | null;
        };
        /** @description Confidences in (lower, upper]; the first bin includes 0. The means are null for an empty bin. */
        CalibrationBin: {
            lower: number;
            upper: number;
            count: number;
            meanConfidence: number | null;
            accuracy: number | null;
        };
        /** @description As in scikit-learn with zero_division=0. With binary labels, there are also the four counts and `specificity`. For one binary output, averages are taken over its two classes, as far as they occur. For several outputs, averages are taken over the outputs, counts are summed over the outputs, and other numbers are means over the outputs where they are not null. All are null if the weights sum to 0. */
        LabelMetrics: {
            precision: components["schemas"]["Averages"] | null;
            recall: components["schemas"]["Averages"] | null;
            f1: components["schemas"]["Averages"] | null;
            jaccard: components["schemas"]["Averages"] | null;
            /** @description Mean recall over the classes that occur as labels. */
            balancedAccuracy: number | null;
            /** @description Matthews correlation coefficient; 0 if all labels, or all decisions, belong to one class. */
            matthewsCorrelation: number | null;
            /** @description Cohen's kappa; null if all labels and decisions belong to one class. */
            cohenKappa: number | null;
            /** @description Sum of s_i over these samples; the other three counts likewise. */
            truePositives?: number;
            falsePositives?: number;
            trueNegatives?: number;
            falseNegatives?: number;
            /** @description TN / (TN + FP). */
            specificity?: number | null;
            /** @description With binary labels: one entry for each output. */
            perOutput?: components["schemas"]["OutputMetrics"][];
            /** @description With loss `cross-entropy`: e raised to the mean loss. */
            perplexity?: number | null;
        };
        /** @description Averages over the classes that occur, or over several binary outputs. */
        Averages: {
            macro: number;
            micro: number;
            weighted: number;
        };
        /** @description The metrics of one binary output. */
        OutputMetrics: {
            /** @description Sum of s_i over these samples; the other three counts likewise. */
            truePositives: number;
            falsePositives: number;
            trueNegatives: number;
            falseNegatives: number;
            /** @description TP / (TP + FP). */
            precision: number | null;
            /** @description TP / (TP + FN). */
            recall: number | null;
            /** @description 2 TP / (2 TP + FP + FN). */
            f1: number | null;
            /** @description TP / (TP + FP + FN). */
            jaccard: number | null;
            /** @description TN / (TN + FP). */
            specificity: number | null;
            /** @description Mean recall over the classes that occur as labels. */
            balancedAccuracy: number | null;
            /** @description Matthews correlation coefficient; 0 if all labels, or all decisions, belong to one class. */
            matthewsCorrelation: number | null;
            /** @description Cohen's kappa; null if all labels and decisions belong to one class. */
            cohenKappa: number | null;
        };
        /** @description How far predictions are from labels that are values; null where a number cannot be computed. */
        ValueMetrics: {
            /** @description Root of the mean of (y-t)² over samples and outputs. */
            rmse: number | null;
            /** @description R²; null for an output whose labels are all equal, and then the average is also null. */
            r2: {
                uniformAverage: number | null;
                perOutput: (number | null)[];
            };
            /** @description 1 - variance of y-t / variance of t, averaged over the outputs. */
            explainedVariance: number | null;
            /** @description Largest |y-t| among the samples with positive weight. */
            maxError: number | null;
            /** @description Mean of y-t over samples and outputs. */
            meanError: number | null;
        };
        /** @description How well the predictions rank positive samples above negative ones. Both values are exact and treat ties as scikit-learn does. They are means over the classes that occur, or over the binary outputs that have a value; null if there is none. */
        Ranking: {
            /** @description Probability that a positive sample is ranked above a negative one, with ties counting half; null unless both occur. */
            rocAuc: number | null;
            /** @description Sum over the distinct scores of the increase in recall times the precision; null if there are no positive samples. */
            averagePrecision: number | null;
            /** @description One entry for each binary output, or for each class against the rest. */
            perOutput: {
                /** @description Probability that a positive sample is ranked above a negative one, with ties counting half; null unless both occur. */
                rocAuc: number | null;
                /** @description Sum over the distinct scores of the increase in recall times the precision; null if there are no positive samples. */
                averagePrecision: number | null;
            }[];
            /** @description Number of entries of `perOutput` that are not null, over which the mean is taken. */
            averagedOver: {
                rocAuc: number;
                averagePrecision: number;
            };
        };
        /** @description With `metrics`, `ranking` or `topK`: the same structure, with a standard error and a 95 % interval instead of each number. The standard error is that of the delta method, sqrt(n/(n-1) sum (s_i IF_i)^2), where IF_i is the influence of a row on the metric and n the number of rows with positive weight; nothing is resampled. Averages over more than 32 outputs, `maxError`, and `rocAuc` with `sampleWeights` have none. */
        Intervals: {
            metrics?: components["schemas"]["IntervalsLabelMetrics"] | components["schemas"]["IntervalsValueMetrics"];
            topKAccuracy?: components["schemas"]["Estimate"];
            ranking?: components["schemas"]["RankingIntervals"];
        };
        /** @description One value for each number in LabelMetrics. Several binary outputs are clustered by row. */
        IntervalsLabelMetrics: {
            precision: components["schemas"]["IntervalsAverages"];
            recall: components["schemas"]["IntervalsAverages"];
            f1: components["schemas"]["IntervalsAverages"];
            jaccard: components["schemas"]["IntervalsAverages"];
            balancedAccuracy: components["schemas"]["Estimate"];
            matthewsCorrelation: components["schemas"]["Estimate"];
            cohenKappa: components["schemas"]["Estimate"];
            truePositives?: components["schemas"]["Estimate"];
            falsePositives?: components["schemas"]["Estimate"];
            trueNegatives?: components["schemas"]["Estimate"];
            falseNegatives?: components["schemas"]["Estimate"];
            specificity?: components["schemas"]["Estimate"];
            perOutput?: components["schemas"]["IntervalsOutputMetrics"][];
            perplexity?: components["schemas"]["Estimate"];
        };
        /** @description Null where the averages are. */
        IntervalsAverages: {
            macro: components["schemas"]["Estimate"];
            micro: components["schemas"]["Estimate"];
            weighted: components["schemas"]["Estimate"];
        } | null;
        /** @description The precision of a number: its standard error over the rows, and its 95 % interval, the number ± 1.959963984540054 standard errors, limited to its range. Both are null unless it is a number and at least two rows have positive weight. */
        Estimate: {
            standardError: number | null;
            interval: [
                number,
                number
            ] | null;
        };
        /** @description The values for one binary output. */
        IntervalsOutputMetrics: {
            truePositives: components["schemas"]["Estimate"];
            falsePositives: components["schemas"]["Estimate"];
            trueNegatives: components["schemas"]["Estimate"];
            falseNegatives: components["schemas"]["Estimate"];
            precision: components["schemas"]["Estimate"];
            recall: components["schemas"]["Estimate"];
            f1: components["schemas"]["Estimate"];
            jaccard: components["schemas"]["Estimate"];
            specificity: components["schemas"]["Estimate"];
            balancedAccuracy: components["schemas"]["Estimate"];
            matthewsCorrelation: components["schemas"]["Estimate"];
            cohenKappa: components["schemas"]["Estimate"];
        };
        /** @description One value for each number in ValueMetrics. Outputs are clustered by row. */
        IntervalsValueMetrics: {
            rmse: components["schemas"]["Estimate"];
            r2: {
                uniformAverage: components["schemas"]["Estimate"];
                perOutput: components["schemas"]["Estimate"][];
            };
            explainedVariance: components["schemas"]["Estimate"];
            /** @description A largest number has no standard error: nulls. */
            maxError: components["schemas"]["Estimate"];
            meanError: components["schemas"]["Estimate"];
        };
        /** @description How sure each of Ranking is; of the means, the outputs of a row are clustered. */
        RankingIntervals: {
            /** @description By DeLong; nulls with `sampleWeights`, or for fewer than two rows of a class. */
            rocAuc: components["schemas"]["Estimate"];
            averagePrecision: components["schemas"]["Estimate"];
            perOutput: {
                /** @description By DeLong; nulls with `sampleWeights`, or for fewer than two rows of a class. */
                rocAuc: components["schemas"]["Estimate"];
                averagePrecision: components["schemas"]["Estimate"];
            }[];
        };
        /** @description The groups of one grouping. */
        Grouping: {
            /** @description The columns. */
            by: string[];
            /** @description Sorted by key: null, then booleans, integers, and strings by code unit. */
            groups: components["schemas"]["Group"][];
            /** @description For `loss`, `accuracy` and each single number in `metrics`, by its path such as `metrics.f1.macro`: the difference between the lowest and the highest group. Groups without this number are ignored. */
            differences: {
                [key: string]: components["schemas"]["GroupDifference"];
            };
        };
        /** @description The rows of one group. */
        Group: {
            /** @description The reduced loss; null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description Why `loss` is or is not a number. `finite`: `loss` is a number. `infinite`: `loss` is null because it is infinite, which JSON cannot represent. `undefined`: `loss` is null because the weights sum to 0.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Share of correct decisions, weighted by s_i; null if labels are values, or if the weights sum to 0. */
            accuracy: number | null;
            /** @description Rows received; with `miniBatch`, rows drawn. */
            samples: number;
            /** @description K, numbers per row. */
            outputs: number;
            /** @description Number of correct decisions: one decision per sample, or one per output for binary labels; null if labels are values. */
            correct: number | null;
            /** @description Samples whose largest prediction is shared by several outputs; the lowest index wins. */
            ties: number;
            /** @description Rows excluded by `ignoreIndex`. */
            ignored: number;
            /** @description Samples in which `logPolicy` changed a logarithm that contributes to the loss: y < epsilon, or for `clamp`, log y < -100. */
            clipped: number;
            /** @description sum s_i l_i, summed exactly and rounded once; null if infinite. */
            lossSum: number | null;
            /** @description sum w_i, where w_i = s_i sum_k c_k t_ik. */
            weightSum: number;
            /** @description Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement. n is the number of rows with w_i > 0. Null if n is 1, or if the loss is not finite. */
            standardError: number | null;
            /** @description 95 % Wilson interval of the accuracy, for the effective number of samples, (sum s_i)^2 / sum s_i^2. Several binary outputs are clustered by row: the number of decisions is divided by their design effect. */
            accuracyInterval: [
                number,
                number
            ] | null;
            perClass?: components["schemas"]["ClassReport"][];
            /** @description Counts of samples, [K][K]: rows are labels, columns are predictions, both in the order of `classes`. */
            confusion?: number[][];
            calibration?: components["schemas"]["Calibration"];
            /** @description Metrics by name, weighted by s_i: of class and binary labels, or of values. */
            metrics?: components["schemas"]["LabelMetrics"] | components["schemas"]["ValueMetrics"];
            /** @description Sums of s_i in the same cells; without weights the same numbers. */
            confusionWeights?: number[][];
            /** @description With `topK`: share of samples whose class is among the k largest predictions, weighted by s_i; of equal ones the lowest index comes first. */
            topKAccuracy?: number | null;
            thresholds?: components["schemas"]["Thresholds"];
            intervals?: components["schemas"]["Intervals"];
            key: components["schemas"]["GroupKey"];
        };
        /**
         * @description The values of the columns of the grouping.
         * @example {
         *       "country": "KR"
         *     }
         */
        GroupKey: {
            [key: string]: string | number | boolean | null;
        };
        /** @description The groups with the lowest and the highest value of one number. */
        GroupDifference: {
            lowest: {
                key: components["schemas"]["GroupKey"];
                value: number;
            };
            highest: {
                key: components["schemas"]["GroupKey"];
                value: number;
            };
            /** @description Highest minus lowest. */
            difference: number | null;
            /** @description Highest / lowest; null if the lowest is 0 or they differ in sign. */
            ratio: number | null;
        };
        /** @description With `require`: whether the answer meets the requirements. */
        Verdict: {
            /**
             * @description `fail`: at least one requirement fails. `inconclusive`: none fails, but at least one is inconclusive. `pass`: all requirements are met.
             * @enum {string}
             */
            result: "pass" | "fail" | "inconclusive";
            /** @description In the order of the request. */
            requirements: components["schemas"]["JudgedRequirement"][];
        };
        /** @description A requirement, and whether it is met. */
        JudgedRequirement: {
            figure: string;
            /**
             * @description `pass`: the value (with `confident`, the whole interval) is within the bounds. `fail`: the value is outside the bounds, the whole interval is, or the loss is infinite. `inconclusive`: only a part of the interval is within the bounds, or the value or its interval is null.
             * @enum {string}
             */
            result: "pass" | "fail" | "inconclusive";
            /** @description The value of the figure; in a comparison, its difference. */
            value: number | null;
            /** @description Its 95 % interval, if the answer has one. */
            interval: [
                number,
                number
            ] | null;
            /** @description The result as a sentence. */
            detail: string;
        };
        LossSpec: {
            [key: string]: unknown;
        };
        /** @description Four curves, in the order of `values`. */
        SweepAnswer: {
            values: number[];
            /** @description Null if the loss is not finite. */
            loss: (number | null)[];
            accuracy: (number | null)[];
            /** @description (loss(v + h) - loss(v - h)) / 2h with h = 0.0001. */
            lossSlope: (number | null)[];
            /** @description The same for the accuracy: 0 unless the accuracy jumps within h. */
            accuracySlope: (number | null)[];
            /** @description h of the central differences. */
            step: number;
            samples: number;
            outputs: number;
            requestId: string;
        };
        /** @description All loss functions. */
        Catalogue: {
            losses: components["schemas"]["LossDescription"][];
        };
        LossDescription: {
            /**
             * @description The loss function. `sse`: Sum of squared errors. `mse`: Mean squared error. `mae`: Mean absolute error. `cross-entropy`: Cross-entropy. `binary-cross-entropy`: Binary cross-entropy. `huber`: Huber loss. `log-cosh`: Log-cosh loss. `kl-divergence`: Kullback-Leibler divergence. `brier`: Brier score. `hinge`: Hinge loss. `focal`: Focal loss. `squared-hinge`: Squared hinge loss. `smooth-l1`: Smooth L1 loss. `quantile`: Quantile loss. `cosine`: Cosine loss. `dice`: Dice loss. `poisson`: Poisson loss. `msle`: Mean squared logarithmic error. `mape`: Mean absolute percentage error. `multi-margin`: Multi-class margin loss.
             * @enum {string}
             */
            name: "sse" | "mse" | "mae" | "cross-entropy" | "binary-cross-entropy" | "huber" | "log-cosh" | "kl-divergence" | "brier" | "hinge" | "focal" | "squared-hinge" | "smooth-l1" | "quantile" | "cosine" | "dice" | "poisson" | "msle" | "mape" | "multi-margin";
            title: string;
            /** @description Loss l_i of one sample, where y is the prediction, t the target, and K the number of outputs. */
            formula: string;
            source: string;
            /** @description The values of labelFormat that the loss takes. `one-hot`: rows with exactly one 1 and all others 0, in the shape of `predictions`. `index`: one class per sample, an integer from 0 to K - 1, a name in `classes`, or `ignoreIndex`; a single sample may have one bare label. `probabilities`: numbers from 0 to 1, in the shape of `predictions`. `binary`: 0 or 1, in the shape of `predictions`. `values`: numbers, in the shape of `predictions`. */
            labelFormats: ("one-hot" | "index" | "probabilities" | "binary" | "values")[];
            /** @description The values of predictionFormat that the loss takes, the default first. `probabilities`: numbers from 0 to 1, as from a softmax or sigmoid. `logits`: scores, any numbers, before the softmax or sigmoid. `log-probabilities`: logarithms of probabilities, at most 0. `values`: numbers on the scale of the labels, or the scores that a margin loss takes. */
            predictionFormats: ("probabilities" | "logits" | "log-probabilities" | "values")[];
            /**
             * @description The default of reduction. `mean`: the weighted mean, sum s_i l_i / sum w_i. `sum`: the weighted sum, sum s_i l_i. `none`: the weighted mean, and the answer also has `losses`, one for each row.
             * @enum {string}
             */
            reduction: "mean" | "sum" | "none";
            options: components["schemas"]["OptionDescription"][];
        };
        OptionDescription: {
            name: string;
            /**
             * @description What the option holds. `number`: a number. `integer`: an integer. `boolean`: true or false. `choice`: one of `values`. `choices`: a list of `values`. `weights`: one number per output, or per sample. `number-or-weights`: one number, or one per output. `mini-batch`: an object with `size`, `seed` and `replacement`. `groupings`: a list of columns, or of lists of columns. `thresholds`: a number of thresholds, or a list of them. `names`: one string per output. `costs`: an object with `falsePositive` and `falseNegative`.
             * @enum {string}
             */
            kind: "number" | "integer" | "boolean" | "choice" | "choices" | "weights" | "number-or-weights" | "mini-batch" | "groupings" | "thresholds" | "names" | "costs";
            /** @description The values allowed. */
            values?: string[];
            minimum?: number;
            exclusiveMinimum?: number;
            maximum?: number;
            exclusiveMaximum?: number;
            /** @description The default, which is a constant; null if the option is off by default. */
            default: unknown;
            /** @description The defaults under those values of predictionFormat for which it is different. */
            defaultByPredictionFormat?: {
                [key: string]: unknown;
            };
            appliesTo: string;
            description: string;
        };
        /** @description What went wrong (RFC 9457). GET /problems/{name} explains each type. */
        Problem: {
            /**
             * @description URL of the explanation of this type.
             * @example http://127.0.0.1:3000/problems/invalid-content
             */
            type: string;
            title: string;
            status: number;
            /** @description What went wrong this time. */
            detail: string;
            /** @description Path of the request. */
            instance: string;
            requestId: string;
            /** @description With `invalid-content`: the first errors. */
            errors?: components["schemas"]["ContentError"][];
            /** @description With `invalid-content`: the total number of errors. */
            errorCount?: number;
            /** @description With `limit-exceeded` and `rate-limited`: name of the limit. */
            limit?: string;
            /** @description With `limit-exceeded` and `rate-limited`: the largest value allowed. */
            allowed?: number;
            /** @description With `limit-exceeded`: JSON Pointer to the location, if there is one. */
            pointer?: string;
            /** @description With `malformed-body`: the offset, from 0, of the byte at which reading stopped. */
            offset?: number;
            /** @description With `malformed-body`: what the body appears to be instead. */
            looksLike?: string;
            /** @description With `forbidden`: the scope that the key lacks. */
            scope?: string;
            /** @description In an NDJSON body: the line number, from 1. */
            line?: number;
            /** @description If every line of an NDJSON body was refused: the number of lines. */
            refused?: number;
            /** @description With `unsupported-media-type`: the types accepted. */
            accepted?: string[];
        };
        /** @description One location at which the content is invalid. */
        ContentError: {
            /**
             * @description JSON Pointer to the location, as a URI fragment.
             * @example #/labels/3
             */
            pointer: string;
            /**
             * @description What is wrong, as a stable code. `missing`: A required field, part or tensor is missing. `unknown-field`: There is no such field here. `unknown-value`: The value is not one of those allowed in this field. `wrong-type`: The value does not have the JSON type that the field requires. `empty`: An array, a row or a cell is empty. `shape`: The shape of an array does not match the declaration or the other arrays. `not-a-number`: An element is a string, a boolean, null or something else where a number is required. `not-finite`: A number is NaN or infinite. `out-of-range`: A number is outside the range that the declaration, the option or the loss allows. `row-sum`: The probabilities of a row do not sum to 1 within `rowSumTolerance`. `not-one-hot`: A one-hot row does not contain exactly one 1. `too-few-outputs`: The loss requires more numbers per row than `predictions` has. `no-effect`: The option has no effect with this loss, these labels or these predictions. `not-available`: This part of the answer is not available for these labels, or not for a stream. `given-twice`: A field, a part or a name occurs twice. `differs`: The value differs from what was declared or sent before. `not-comparable`: Two evaluations were declared differently, so their losses cannot be compared. `misplaced`: The field or part belongs in another place of the request, or in another request. `header`: The first row of a CSV part does not match `csvHeader`, or its column names differ from those of the other part. `malformed`: The content of a part does not match its type. `unsupported`: The service does not support this kind of file or datatype.
             * @enum {string}
             */
            code: "missing" | "unknown-field" | "unknown-value" | "wrong-type" | "empty" | "shape" | "not-a-number" | "not-finite" | "out-of-range" | "row-sum" | "not-one-hot" | "too-few-outputs" | "no-effect" | "not-available" | "given-twice" | "differs" | "not-comparable" | "misplaced" | "header" | "malformed" | "unsupported";
            /** @description What is wrong there and what would be right, as a sentence. */
            detail: string;
            /** @description The value at this location: a scalar as it is (long text is shortened), anything else described in words. */
            received: string | number | boolean | null;
            /** @description Changes to the request, each of which makes the whole request valid. */
            remedies?: components["schemas"]["Remedy"][];
        };
        /**
         * @description A change to the request that makes it valid; it was tested on the data before it was offered. Apply all fields of a remedy together.
         * @example {
         *       "set": {
         *         "labelFormat": "one-hot"
         *       }
         *     }
         * @example {
         *       "scale": {
         *         "predictions": 0.01
         *       }
         *     }
         */
        Remedy: {
            /** @description Options to set to these values. */
            set?: {
                [key: string]: unknown;
            };
            /** @description Fields to rename. */
            rename?: {
                [key: string]: string;
            };
            /** @description Tensors of strings that are to be sent as numbers. */
            parse?: string[];
            /** @description Tensors to transpose. */
            transpose?: string[];
            /** @description Tensors with one column or one row to send as a flat list. */
            flatten?: string[];
            /** @description Factors by which to multiply a tensor. */
            scale?: {
                [key: string]: number;
            };
            /** @description Numbers to add to each element of a tensor. */
            add?: {
                [key: string]: number;
            };
            /** @description Values to replace in a tensor: numbers, or names of classes. */
            replace?: {
                [key: string]: {
                    [key: string]: number | string;
                };
            };
            /** @description Ranges to which to limit the elements of a tensor. */
            clip?: {
                [key: string]: number[];
            };
        };
        /** @description Every limit in force. With several workers, the limits of memory, concurrent requests and connections are the share of one worker, and the limit of event streams applies to each worker. */
        Limits: {
            /** @description Bytes of a request body after decompression; for NDJSON, bytes of one line. */
            maxBodyBytes: number;
            /** @description Bytes of memory for all requests in flight together: bodies, their numbers, answers. */
            maxInFlightBytes: number;
            /** @description Milliseconds of processor time per request; for NDJSON, per MiB of body. */
            maxComputeMs: number;
            /** @description Concurrent requests; one client address may hold at most three quarters of them, or half while other clients are active. */
            maxRequestsInFlight: number;
            /** @description Open connections. */
            maxConnections: number;
            /** @description Open connections per client address (for IPv6, per /64 network). */
            maxConnectionsPerAddress: number;
            /** @description Decompressed bytes per compressed byte, after the first MiB. */
            maxInflationRatio: number;
            /** @description Chunks of a body, in addition to one for every 256 bytes. */
            maxChunks: number;
            /** @description Bytes still read after a body was rejected, so that the client gets to see the answer. */
            maxDrainBytes: number;
            /** @description Numbers of one tensor. */
            maxElements: number;
            /** @description Rows of one tensor. */
            maxRows: number;
            /** @description Numbers of one row. */
            maxColumns: number;
            /** @description Nesting depth of a JSON body. */
            maxDepth: number;
            /** @description Keys of all JSON objects that are open at the same time; parts of a multipart body. */
            maxKeys: number;
            /** @description Bytes of a JSON key. */
            maxKeyLength: number;
            /** @description Bytes of a JSON number. */
            maxNumberLength: number;
            /** @description Bytes of a JSON body outside its tensors. */
            maxOptionBytes: number;
            /** @description Values of a JSON body outside its tensors, those inside arrays and objects included. */
            maxOptionValues: number;
            /** @description Numbers in one part of an answer; for a comparison, of both models together. */
            maxAnswerNumbers: number;
            /** @description Groups in all groupings of an answer together; for an evaluation, over all its batches. */
            maxGroups: number;
            /** @description Characters of a string in `groups`. */
            maxGroupKeyLength: number;
            /** @description Names in `classes`. */
            maxClassNames: number;
            /** @description Characters of a name in `classes`. */
            maxClassNameLength: number;
            /** @description Requirements of one verdict. */
            maxRequirements: number;
            /** @description Characters of the path of a figure in `require`. */
            maxFigureLength: number;
            /** @description Rows of a mini-batch. */
            maxMiniBatchSize: number;
            /** @description Numbers in the rows of a mini-batch: size times outputs. */
            maxMiniBatchNumbers: number;
            /** @description Rows that a mini-batch is drawn from. */
            maxPopulationSize: number;
            /** @description Rows that a mini-batch is drawn from without replacement, which shuffles all of them. */
            maxShuffledRows: number;
            /** @description Parameter values in a sweep. */
            maxSweepValues: number;
            /** @description Numbers in the predictions times parameter values in a sweep. */
            maxSweepEvaluations: number;
            /** @description Evaluations of one owner. */
            maxEvaluations: number;
            /** @description Evaluations of one owner that are declared with `metrics`. */
            maxShownEvaluations: number;
            /** @description Evaluations that a list may sort: those that its filters leave. */
            maxSortedEvaluations: number;
            /** @description Batches of one evaluation. */
            maxBatches: number;
            /** @description Rows of one body of predictions or labels of a joined evaluation; of an NDJSON body, of one line. */
            maxJoinRows: number;
            /** @description Predictions and labels of a joined evaluation that may wait for the other half. */
            maxWaitingRows: number;
            /** @description Bytes stored per batch: its sums and counts, and those of the parts requested with `include`. */
            maxStateBytes: number;
            /** @description Bytes of the declaration of an evaluation, as JSON. */
            maxDeclarationBytes: number;
            /** @description Strings in the `metadata` of an evaluation. */
            maxMetadataEntries: number;
            /** @description Characters of a name or a string of `metadata`. */
            maxMetadataLength: number;
            /** @description Entries of one page of a list. */
            maxPageSize: number;
            /** @description Points of a learning curve. */
            maxCurvePoints: number;
            /** @description Open event streams; where keys are required, one owner has at most half of them. */
            maxEventStreams: number;
            /** @description Errors listed in an answer; `errorCount` is the total number. */
            maxListedErrors: number;
            /** @description Milliseconds within which the whole body must arrive; for NDJSON, each line. */
            requestTimeoutMs: number;
            /** @description Milliseconds within which the headers of a request must arrive. */
            headersTimeoutMs: number;
            /** @description Milliseconds within which a client must read each MiB of its answer. */
            answerTimeoutMs: number;
        };
        /** @description The results over all batches, as POST /v1/loss returns them for all their rows. */
        EvaluationAnswer: {
            /** @description The reduced loss; null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description Why `loss` is or is not a number. `finite`: `loss` is a number. `infinite`: `loss` is null because it is infinite, which JSON cannot represent. `undefined`: `loss` is null because the weights sum to 0.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Share of correct decisions, weighted by s_i; null if labels are values, or if the weights sum to 0. */
            accuracy: number | null;
            /** @description Rows received; with `miniBatch`, rows drawn. */
            samples: number;
            /** @description K, numbers per row. */
            outputs: number;
            /** @description Number of correct decisions: one decision per sample, or one per output for binary labels; null if labels are values. */
            correct: number | null;
            /** @description Samples whose largest prediction is shared by several outputs; the lowest index wins. */
            ties: number;
            /** @description Rows excluded by `ignoreIndex`. */
            ignored: number;
            /** @description Samples in which `logPolicy` changed a logarithm that contributes to the loss: y < epsilon, or for `clamp`, log y < -100. */
            clipped: number;
            /** @description sum s_i l_i, summed exactly and rounded once; null if infinite. */
            lossSum: number | null;
            /** @description sum w_i, where w_i = s_i sum_k c_k t_ik. */
            weightSum: number;
            /** @description Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement. n is the number of rows with w_i > 0. Null if n is 1, or if the loss is not finite. */
            standardError: number | null;
            /** @description 95 % Wilson interval of the accuracy, for the effective number of samples, (sum s_i)^2 / sum s_i^2. Several binary outputs are clustered by row: the number of decisions is divided by their design effect. */
            accuracyInterval: [
                number,
                number
            ] | null;
            /** @description With `topK`: share of samples whose class is among the k largest predictions, weighted by s_i; of equal ones the lowest index comes first. */
            topKAccuracy?: number | null;
            thresholds?: components["schemas"]["Thresholds"];
            /** @description With `miniBatch`: number of rows the sample was drawn from. */
            populationSize?: number;
            /** @description With reduction `none`: s_i l_i in order; null if infinite, 0 for an ignored row. */
            losses?: (number | null)[];
            perSample?: {
                losses: (number | null)[];
                /** @description Whether a row was right, or how many of its binary outputs; null for an ignored row. */
                correct: (boolean | number | null)[] | null;
            };
            perClass?: components["schemas"]["ClassReport"][];
            /** @description Counts of samples, [K][K]: rows are labels, columns are predictions, both in the order of `classes`. */
            confusion?: number[][];
            /** @description Sums of s_i in the same cells; without weights the same numbers. */
            confusionWeights?: number[][];
            calibration?: components["schemas"]["Calibration"];
            /** @description Metrics by name, weighted by s_i: of class and binary labels, or of values. */
            metrics?: components["schemas"]["LabelMetrics"] | components["schemas"]["ValueMetrics"];
            ranking?: components["schemas"]["Ranking"];
            /** @description d loss / d predictions, in the shape of predictions; the loss is the guarded and reduced one. Null unless the loss is finite. */
            gradient?: ((number | null)[][] | (number | null)[]) | null;
            intervals?: components["schemas"]["Intervals"];
            /** @description With `groupBy`: the groups of each grouping, in the order of `groupBy`. */
            groups?: components["schemas"]["Grouping"][];
            verdict?: components["schemas"]["Verdict"];
            /** @description With a `table` and `missing` `drop`: rows that were left out, because a column that is used has no value there. */
            dropped?: number;
            /** @description Every option that was used, defaults included. Send it again with the same data and you get the same answer. */
            spec: components["schemas"]["LossSpec"];
            requestId: string;
            /**
             * @description Name of the evaluation.
             * @example run-7
             */
            evaluation: string;
            /**
             * @description `open`: the evaluation accepts batches. `sealed`: it accepts no new batches.
             * @enum {string}
             */
            status: "open" | "sealed";
            /** @description Number of batches so far, which is also the sequence of the last one. */
            batches: number;
            expectedBatches?: number;
            expectedSamples?: number;
            /** @description Predictions and labels of a row arrive separately, each with the id of the row. The row counts once both have arrived. */
            join?: {
                /**
                 * @description How long a half may wait for the other, as an ISO 8601 duration from PT1H to P3650D.
                 * @example P30D
                 */
                within: string;
            };
            /**
             * @description Groups batches by time, in UTC. `hour`: each hour is a window. `day`: each day, from midnight. `week`: each week, from Monday. Without it, there are no windows.
             * @enum {string}
             */
            window?: "hour" | "day" | "week";
            /**
             * @description `public`: its badge and its sparkline are drawn for clients without a key, too, for pages that show them as images. Without it, they need the key of its owner.
             * @enum {string}
             */
            badge?: "public";
            metadata: {
                [key: string]: string;
            };
            /** Format: date-time */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it was last changed: declared, sealed, or given a batch.
             */
            updatedAt: string;
            /** @description When it will be deleted if it is not changed again; null means never. */
            expiresAt: string | null;
            /**
             * Format: date-time
             * @description Start of the period, if `from` was given.
             */
            from?: string;
            /**
             * Format: date-time
             * @description End of the period, if `to` was given.
             */
            to?: string;
            joined?: components["schemas"]["JoinedState"];
        };
        /** @description How many halves have come, of an evaluation that was declared with `join`. */
        JoinedState: {
            /** @description Ids whose predictions are there, those of joined rows included. */
            predictions: number;
            /** @description Ids whose labels are there, those of joined rows included. */
            labels: number;
            /** @description Rows that have both. The figures are those of these rows. */
            joined: number;
            /** @description Predictions whose label is missing. */
            waitingPredictions: number;
            /** @description Labels whose predictions are missing. */
            waitingLabels: number;
            /** @description Predictions and labels that waited in vain, and were deleted. They are counted within a few minutes. */
            expired: number;
            /** @description Since when the oldest waiting half has been waiting. */
            oldestWaiting: string | null;
        };
        /** @description Evaluations, newest first, or in the order of `sort`. */
        EvaluationList: {
            evaluations: components["schemas"]["EvaluationEntry"][];
            /** @description Evaluations on this page that cannot be read, because a newer release declared them or because they are damaged. They are not in `evaluations`. Absent if there are none. */
            unreadable?: components["schemas"]["UnreadableEvaluation"][];
            /** @description The value of `after` for the next page; absent on the last page. */
            next?: string;
            requestId: string;
        };
        /** @description An evaluation in a list. */
        EvaluationEntry: {
            /**
             * @description Name of the evaluation.
             * @example run-7
             */
            evaluation: string;
            /**
             * @description `open`: the evaluation accepts batches. `sealed`: it accepts no new batches.
             * @enum {string}
             */
            status: "open" | "sealed";
            /** @description Number of batches so far, which is also the sequence of the last one. */
            batches: number;
            expectedBatches?: number;
            expectedSamples?: number;
            /** @description Predictions and labels of a row arrive separately, each with the id of the row. The row counts once both have arrived. */
            join?: {
                /**
                 * @description How long a half may wait for the other, as an ISO 8601 duration from PT1H to P3650D.
                 * @example P30D
                 */
                within: string;
            };
            /**
             * @description Groups batches by time, in UTC. `hour`: each hour is a window. `day`: each day, from midnight. `week`: each week, from Monday. Without it, there are no windows.
             * @enum {string}
             */
            window?: "hour" | "day" | "week";
            /**
             * @description `public`: its badge and its sparkline are drawn for clients without a key, too, for pages that show them as images. Without it, they need the key of its owner.
             * @enum {string}
             */
            badge?: "public";
            metadata: {
                [key: string]: string;
            };
            /** Format: date-time */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it was last changed: declared, sealed, or given a batch.
             */
            updatedAt: string;
            /** @description When it will be deleted if it is not changed again; null means never. */
            expiresAt: string | null;
            samples: number;
            outputs: number;
            /** @description Null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description Why `loss` is or is not a number. `finite`: `loss` is a number. `infinite`: `loss` is null because it is infinite, which JSON cannot represent. `undefined`: `loss` is null because the weights sum to 0.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            accuracy: number | null;
        };
        /** @description An evaluation in a list that this service cannot read. */
        UnreadableEvaluation: {
            /**
             * @description Name of the evaluation.
             * @example run-7
             */
            evaluation: string;
            /** @description Why its results are not available. */
            detail: string;
        };
        /** @description Consecutive batches in groups of equal size; the last group may be smaller. */
        LearningCurve: {
            points: components["schemas"]["CurvePoint"][];
            requestId: string;
        };
        /** @description A group of consecutive batches, evaluated as one. */
        CurvePoint: {
            fromSequence: number;
            toSequence: number;
            /**
             * Format: date-time
             * @description When the last batch of the group was committed.
             */
            createdAt: string;
            samples: number;
            /** @description Null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description Why `loss` is or is not a number. `finite`: `loss` is a number. `infinite`: `loss` is null because it is infinite, which JSON cannot represent. `undefined`: `loss` is null because the weights sum to 0.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            accuracy: number | null;
            standardError: number | null;
            /** @description The same numbers, for all batches up to the last one of this group. */
            cumulative: {
                samples: number;
                /** @description Null unless `lossStatus` is `finite`. */
                loss: number | null;
                /**
                 * @description Why `loss` is or is not a number. `finite`: `loss` is a number. `infinite`: `loss` is null because it is infinite, which JSON cannot represent. `undefined`: `loss` is null because the weights sum to 0.
                 * @enum {string}
                 */
                lossStatus: "finite" | "infinite" | "undefined";
                accuracy: number | null;
                standardError: number | null;
            };
        };
        /** @description Two evaluations, compared over the batches they share. */
        EvaluationComparison: {
            predictions: components["schemas"]["PairedFigures"];
            baseline: components["schemas"]["PairedFigures"];
            difference: components["schemas"]["LossDifference"];
            /** @description Accuracy of `predictions` minus accuracy of `baseline`; null if labels are values, or if the weights sum to 0. */
            accuracyDifference: number | null;
            /** @description How many batches were paired, and how many were not. */
            batches: {
                paired: number;
                /** @description Batches whose name occurs only in `evaluation`. */
                onlyPredictions: number;
                /** @description Batches whose name occurs only in `with`. */
                onlyBaseline: number;
                /** @description Batches with the same name, but different labels or sample weights. */
                labelsDiffer: number;
            };
            verdict?: components["schemas"]["Verdict"];
            requestId: string;
        };
        /** @description The results of one evaluation over the paired batches. */
        PairedFigures: {
            /** @description The reduced loss; null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description Why `loss` is or is not a number. `finite`: `loss` is a number. `infinite`: `loss` is null because it is infinite, which JSON cannot represent. `undefined`: `loss` is null because the weights sum to 0.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Share of correct decisions, weighted by s_i; null if labels are values, or if the weights sum to 0. */
            accuracy: number | null;
            /** @description Rows received; with `miniBatch`, rows drawn. */
            samples: number;
            /** @description K, numbers per row. */
            outputs: number;
            /** @description Number of correct decisions: one decision per sample, or one per output for binary labels; null if labels are values. */
            correct: number | null;
            /** @description Samples whose largest prediction is shared by several outputs; the lowest index wins. */
            ties: number;
            /** @description Rows excluded by `ignoreIndex`. */
            ignored: number;
            /** @description Samples in which `logPolicy` changed a logarithm that contributes to the loss: y < epsilon, or for `clamp`, log y < -100. */
            clipped: number;
            /** @description sum s_i l_i, summed exactly and rounded once; null if infinite. */
            lossSum: number | null;
            /** @description sum w_i, where w_i = s_i sum_k c_k t_ik. */
            weightSum: number;
            /** @description Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement. n is the number of rows with w_i > 0. Null if n is 1, or if the loss is not finite. */
            standardError: number | null;
            /** @description 95 % Wilson interval of the accuracy, for the effective number of samples, (sum s_i)^2 / sum s_i^2. Several binary outputs are clustered by row: the number of decisions is divided by their design effect. */
            accuracyInterval: [
                number,
                number
            ] | null;
            /**
             * @description Name of the evaluation.
             * @example run-7
             */
            evaluation: string;
        };
        /** @description The difference of the losses, paired by sample. */
        LossDifference: {
            /** @description Mean loss of `predictions` minus mean loss of `baseline`. It is a difference of means under every `reduction`, so it has the same scale as `interval`. Negative if `predictions` is better; null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description Why the difference is or is not a number. `finite`: both losses are finite. `infinite`: one of the losses is infinite. `undefined`: both are infinite, or the weights sum to 0.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Standard error of the mean difference: sqrt(n/(n-1) sum (d_i - mean w_i)^2) / weightSum with the paired differences d_i = s_i (l_i - b_i) of the losses l_i of `predictions` and b_i of `baseline`, summed exactly, and with the finite-population correction for a mini-batch without replacement; n is the number of rows with positive weight. Null if n is 1, or if the difference is not finite. */
            standardError: number | null;
            /** @description 95 % interval: `loss` ± 1.959963984540054 standard errors; null if `standardError` is null. */
            interval: [
                number,
                number
            ] | null;
            /** @description The difference of the accuracies. Its standard error is sqrt(n/(n-1) sum (s_i (e_i - mean K))^2) / (K sum s_i), where e_i is the number of correct decisions of `predictions` in row i minus that of `baseline`, K the number of decisions in a row, and n the number of rows with s_i > 0. Absent if labels are values. */
            accuracy?: components["schemas"]["PairedEstimate"];
        };
        /** @description The value for `predictions` minus the value for `baseline`, null unless both are numbers, with its standard error and 95 % interval. Both are paired: the influences of the two models are subtracted row by row before they are squared. */
        PairedEstimate: {
            value: number | null;
            standardError: number | null;
            interval: [
                number,
                number
            ] | null;
        };
        /** @description Windows in the order of time, without those that have no batch. */
        EvaluationWindows: {
            windows: components["schemas"]["EvaluationWindow"][];
            /**
             * Format: date-time
             * @description What to give as `after` for the next page; absent at the end.
             */
            next?: string;
            requestId: string;
        };
        /** @description What the batches of a window add up to. */
        EvaluationWindow: {
            /** @description The reduced loss; null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description Why `loss` is or is not a number. `finite`: `loss` is a number. `infinite`: `loss` is null because it is infinite, which JSON cannot represent. `undefined`: `loss` is null because the weights sum to 0.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Share of correct decisions, weighted by s_i; null if labels are values, or if the weights sum to 0. */
            accuracy: number | null;
            /** @description Rows received; with `miniBatch`, rows drawn. */
            samples: number;
            /** @description K, numbers per row. */
            outputs: number;
            /** @description Number of correct decisions: one decision per sample, or one per output for binary labels; null if labels are values. */
            correct: number | null;
            /** @description Samples whose largest prediction is shared by several outputs; the lowest index wins. */
            ties: number;
            /** @description Rows excluded by `ignoreIndex`. */
            ignored: number;
            /** @description Samples in which `logPolicy` changed a logarithm that contributes to the loss: y < epsilon, or for `clamp`, log y < -100. */
            clipped: number;
            /** @description sum s_i l_i, summed exactly and rounded once; null if infinite. */
            lossSum: number | null;
            /** @description sum w_i, where w_i = s_i sum_k c_k t_ik. */
            weightSum: number;
            /** @description Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement. n is the number of rows with w_i > 0. Null if n is 1, or if the loss is not finite. */
            standardError: number | null;
            /** @description 95 % Wilson interval of the accuracy, for the effective number of samples, (sum s_i)^2 / sum s_i^2. Several binary outputs are clustered by row: the number of decisions is divided by their design effect. */
            accuracyInterval: [
                number,
                number
            ] | null;
            /** @description With `topK`: share of samples whose class is among the k largest predictions, weighted by s_i; of equal ones the lowest index comes first. */
            topKAccuracy?: number | null;
            thresholds?: components["schemas"]["Thresholds"];
            /** @description With `miniBatch`: number of rows the sample was drawn from. */
            populationSize?: number;
            /** @description With reduction `none`: s_i l_i in order; null if infinite, 0 for an ignored row. */
            losses?: (number | null)[];
            perSample?: {
                losses: (number | null)[];
                /** @description Whether a row was right, or how many of its binary outputs; null for an ignored row. */
                correct: (boolean | number | null)[] | null;
            };
            perClass?: components["schemas"]["ClassReport"][];
            /** @description Counts of samples, [K][K]: rows are labels, columns are predictions, both in the order of `classes`. */
            confusion?: number[][];
            /** @description Sums of s_i in the same cells; without weights the same numbers. */
            confusionWeights?: number[][];
            calibration?: components["schemas"]["Calibration"];
            /** @description Metrics by name, weighted by s_i: of class and binary labels, or of values. */
            metrics?: components["schemas"]["LabelMetrics"] | components["schemas"]["ValueMetrics"];
            ranking?: components["schemas"]["Ranking"];
            /** @description d loss / d predictions, in the shape of predictions; the loss is the guarded and reduced one. Null unless the loss is finite. */
            gradient?: ((number | null)[][] | (number | null)[]) | null;
            intervals?: components["schemas"]["Intervals"];
            /** @description With `groupBy`: the groups of each grouping, in the order of `groupBy`. */
            groups?: components["schemas"]["Grouping"][];
            verdict?: components["schemas"]["Verdict"];
            /** @description With a `table` and `missing` `drop`: rows that were left out, because a column that is used has no value there. */
            dropped?: number;
            /**
             * Format: date-time
             * @description When it begins.
             */
            from: string;
            /**
             * Format: date-time
             * @description When the next one begins.
             */
            to: string;
            /** @description How many batches it has. */
            batches: number;
        };
        /** @description Batches in the order of their sequence. */
        BatchList: {
            batches: components["schemas"]["BatchEntry"][];
            /** @description The value of `after` for the next page; absent on the last page. */
            next?: number;
            requestId: string;
        };
        /** @description A batch in a list. */
        BatchEntry: {
            /**
             * @description Name of the batch, unique within its evaluation.
             * @example step-1
             */
            batch: string;
            sequence: number;
            samples: number;
            /** @description Null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description Why `loss` is or is not a number. `finite`: `loss` is a number. `infinite`: `loss` is null because it is infinite, which JSON cannot represent. `undefined`: `loss` is null because the weights sum to 0.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            accuracy: number | null;
            /**
             * Format: date-time
             * @description When the window begins that it belongs to, if there are windows.
             */
            window?: string;
            /** Format: date-time */
            createdAt: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
