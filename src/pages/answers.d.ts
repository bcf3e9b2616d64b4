// Written by `npm run openapi` from openapi/openapi.json.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The loss, the accuracy and how far to trust them. */
        LossAnswer: {
            /** @description The reduced loss; null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description JSON has no Infinity: with `infinite`, a null loss is infinite; with `undefined`, there is no weight to divide by.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Share of right decisions, weighted by s_i; null if labels are values, or if there is no weight. */
            accuracy: number | null;
            /** @description Rows received; with `miniBatch`, rows drawn. */
            samples: number;
            /** @description K, numbers per row. */
            outputs: number;
            /** @description Number of right decisions: one per sample, or one per output for binary labels; null if labels are values. */
            correct: number | null;
            /** @description Samples whose largest prediction is shared by several outputs; the lowest index wins. */
            ties: number;
            /** @description Rows left out by `ignoreIndex`. */
            ignored: number;
            /** @description Samples in which a logarithm that counts was guarded: y < epsilon, or for `clamp` log y < -100. */
            clipped: number;
            /** @description sum s_i l_i, summed exactly and rounded once; null if infinite. */
            lossSum: number | null;
            /** @description sum w_i, where w_i = s_i sum_k c_k t_ik. */
            weightSum: number;
            /** @description Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement. n counts the rows with w_i > 0. Null if that is one, or if the loss is not finite. */
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
            /** @description Counts of samples, [K][K]: rows are labels, columns are predictions. */
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
            /** @description With `groupBy`: the groups of each grouping, in its order. */
            groups?: components["schemas"]["Grouping"][];
            verdict?: components["schemas"]["Verdict"];
            /** @description Every option actually used, defaults included. Sent back with the same data, it gives the same answer. */
            spec: components["schemas"]["LossSpec"];
            requestId: string;
        };
        /** @description With `thresholds`: exact counts at each threshold, for each binary output, or each class against the rest. A sample is in the bin of as many thresholds as are below its probability. */
        Thresholds: {
            perOutput: components["schemas"]["OutputThresholds"][];
        };
        /** @description One binary output, or one class against the rest. */
        OutputThresholds: {
            points: components["schemas"]["ThresholdPoint"][];
            /** @description The exact area under the ROC curve is from `lower` to `upper`; null unless there are both classes. */
            rocAuc: {
                /** @description As if all ties in a bin were in the wrong order. */
                lower: number | null;
                /** @description As if all were in the right one. */
                upper: number | null;
                /** @description Ties in a bin count half. */
                binned: number | null;
            };
            /** @description Of the bins as scores; null without positive samples. */
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
            /** @description Sum of s_i, as of the other three. */
            truePositives: number;
            falsePositives: number;
            trueNegatives: number;
            falseNegatives: number;
            /** @description TP / (TP + FP), null for 0 / 0, as all quotients. */
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
        /** @description The lowest threshold of those with the best value; null if none has one. */
        BestThreshold: {
            threshold: number;
            value: number;
        } | null;
        /** @description Results for the samples labelled with one class. Of several binary outputs each is a class, which a sample has or has not. */
        ClassReport: {
            class: number;
            /** @description Samples with this label. */
            samples: number;
            correct: number;
            /** @description Weighted mean loss of these samples. */
            loss: number | null;
            /**
             * @description JSON has no Infinity: with `infinite`, a null loss is infinite; with `undefined`, there is no weight to divide by.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Share of the samples of this class that are predicted as this class, weighted by s_i; null if there are none. */
            recall: number | null;
            /** @description Share of the predictions of this class that are right, weighted by s_i; null if never predicted. */
            precision: number | null;
        };
        /** @description Confidence against accuracy in 15 bins of equal width. Confidence is the largest probability. For binary outputs it is the probability of the positive class, and accuracy is the share of positive labels; each output of each row counts by itself. */
        Calibration: {
            bins: components["schemas"]["CalibrationBin"][];
            /** @description Sum over the bins of their share of the weight times |accuracy - mean confidence| (Guo et al. 2017). */
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
        /** @description As in scikit-learn with zero_division=0. With binary labels also the four counts and `specificity`. For one binary output the averages are over those of its two classes that occur; for several they are over the outputs, the counts are sums over the outputs, and the other numbers are means of those that are not null. All are null without weight. */
        LabelMetrics: {
            precision: components["schemas"]["Averages"] | null;
            recall: components["schemas"]["Averages"] | null;
            f1: components["schemas"]["Averages"] | null;
            jaccard: components["schemas"]["Averages"] | null;
            /** @description Mean recall of the classes that occur as labels. */
            balancedAccuracy: number | null;
            /** @description Matthews correlation; 0 if all labels, or all decisions, are of one class. */
            matthewsCorrelation: number | null;
            /** @description Cohen's kappa; null if all labels and decisions are of one class. */
            cohenKappa: number | null;
            /** @description Sum of s_i, as of the other three. */
            truePositives?: number;
            falsePositives?: number;
            trueNegatives?: number;
            falseNegatives?: number;
            /** @description TN / (TN + FP). */
            specificity?: number | null;
            /** @description With binary labels: one for each output. */
            perOutput?: components["schemas"]["OutputMetrics"][];
            /** @description With loss `cross-entropy`: e to the mean loss. */
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
            /** @description Sum of s_i, as of the other three. */
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
            /** @description Mean recall of the classes that occur as labels. */
            balancedAccuracy: number | null;
            /** @description Matthews correlation; 0 if all labels, or all decisions, are of one class. */
            matthewsCorrelation: number | null;
            /** @description Cohen's kappa; null if all labels and decisions are of one class. */
            cohenKappa: number | null;
        };
        /** @description How far values are from their labels; what cannot be computed is null. */
        ValueMetrics: {
            /** @description Root of the mean of (y-t)² over samples and outputs. */
            rmse: number | null;
            /** @description R²; null for an output whose labels are all equal, and then the average is, too. */
            r2: {
                uniformAverage: number | null;
                perOutput: (number | null)[];
            };
            /** @description 1 - variance of y-t / variance of t, mean over the outputs. */
            explainedVariance: number | null;
            /** @description Largest |y-t| of the samples that have weight. */
            maxError: number | null;
            /** @description Mean of y-t over samples and outputs. */
            meanError: number | null;
        };
        /** @description How well the predictions rank, exactly, ties as in scikit-learn: the mean over the classes that occur, or over the binary outputs that have a number; null if none has. */
        Ranking: {
            /** @description Chance that a positive sample is ranked above a negative one, ties counting half; null unless there are both. */
            rocAuc: number | null;
            /** @description Sum over the distinct scores of the gain in recall times the precision; null without positive samples. */
            averagePrecision: number | null;
            /** @description One for each binary output, or for each class against the rest. */
            perOutput: {
                /** @description Chance that a positive sample is ranked above a negative one, ties counting half; null unless there are both. */
                rocAuc: number | null;
                /** @description Sum over the distinct scores of the gain in recall times the precision; null without positive samples. */
                averagePrecision: number | null;
            }[];
            /** @description How many of `perOutput` have a number, over which the mean is taken. */
            averagedOver: {
                rocAuc: number;
                averagePrecision: number;
            };
        };
        /** @description With `metrics`, `ranking` or `topK`: the same figures, each with its standard error and its 95 % interval in place of the number. The standard error is that of the delta method, sqrt(n/(n-1) sum (s_i IF_i)^2), IF_i the influence of a row on the figure and n the rows of positive weight; nothing is resampled. */
        Intervals: {
            metrics?: components["schemas"]["IntervalsLabelMetrics"] | components["schemas"]["IntervalsValueMetrics"];
            topKAccuracy?: components["schemas"]["Estimate"];
            ranking?: components["schemas"]["RankingIntervals"];
        };
        /** @description Of each of LabelMetrics. Several binary outputs are clustered by row. */
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
        /** @description How sure a figure is: its standard error over the rows, and the figure -+ 1.959963984540054 standard errors (95 %), cut to the range of the figure. Both are null unless the figure is a number and two rows have weight. */
        Estimate: {
            standardError: number | null;
            interval: [
                number,
                number
            ] | null;
        };
        /** @description Of one binary output. */
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
        /** @description Of each of ValueMetrics. The outputs of a row are clustered. */
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
            /** @description In the order of their keys: null, booleans, integers, strings by their code units. */
            groups: components["schemas"]["Group"][];
            /** @description For `loss`, `accuracy` and each single number of `metrics` by its path, such as `metrics.f1.macro`: how far the groups are apart that have a number. */
            differences: {
                [key: string]: components["schemas"]["GroupDifference"];
            };
        };
        /** @description The rows of one group. */
        Group: {
            /** @description The reduced loss; null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description JSON has no Infinity: with `infinite`, a null loss is infinite; with `undefined`, there is no weight to divide by.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Share of right decisions, weighted by s_i; null if labels are values, or if there is no weight. */
            accuracy: number | null;
            /** @description Rows received; with `miniBatch`, rows drawn. */
            samples: number;
            /** @description K, numbers per row. */
            outputs: number;
            /** @description Number of right decisions: one per sample, or one per output for binary labels; null if labels are values. */
            correct: number | null;
            /** @description Samples whose largest prediction is shared by several outputs; the lowest index wins. */
            ties: number;
            /** @description Rows left out by `ignoreIndex`. */
            ignored: number;
            /** @description Samples in which a logarithm that counts was guarded: y < epsilon, or for `clamp` log y < -100. */
            clipped: number;
            /** @description sum s_i l_i, summed exactly and rounded once; null if infinite. */
            lossSum: number | null;
            /** @description sum w_i, where w_i = s_i sum_k c_k t_ik. */
            weightSum: number;
            /** @description Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement. n counts the rows with w_i > 0. Null if that is one, or if the loss is not finite. */
            standardError: number | null;
            /** @description 95 % Wilson interval of the accuracy, for the effective number of samples, (sum s_i)^2 / sum s_i^2. Several binary outputs are clustered by row: the number of decisions is divided by their design effect. */
            accuracyInterval: [
                number,
                number
            ] | null;
            perClass?: components["schemas"]["ClassReport"][];
            /** @description Counts of samples, [K][K]: rows are labels, columns are predictions. */
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
        /** @description The groups that are furthest apart in one number. */
        GroupDifference: {
            lowest: {
                key: components["schemas"]["GroupKey"];
                value: number;
            };
            highest: {
                key: components["schemas"]["GroupKey"];
                value: number;
            };
            /** @description Highest less lowest. */
            difference: number | null;
            /** @description Highest / lowest; null if the lowest is 0 or they differ in sign. */
            ratio: number | null;
        };
        /** @description With `require`: whether the answer is as required. */
        Verdict: {
            /**
             * @description `fail` if one requirement fails, else `inconclusive` if one is, else `pass`.
             * @enum {string}
             */
            result: "pass" | "fail" | "inconclusive";
            /** @description In the order in which they were sent. */
            requirements: components["schemas"]["JudgedRequirement"][];
        };
        /** @description A requirement, and whether it is met. */
        JudgedRequirement: {
            figure: string;
            /**
             * @description `pass` if the figure, or the whole interval that decides, is in the bounds; `fail` if it is not, or none of that interval is, or the loss is infinite; `inconclusive` if a part of the interval is, or what decides is null.
             * @enum {string}
             */
            result: "pass" | "fail" | "inconclusive";
            /** @description The figure; of a comparison the difference in it. */
            value: number | null;
            /** @description Its 95 % interval, where the answer has one. */
            interval: [
                number,
                number
            ] | null;
            /** @description The same as a sentence. */
            detail: string;
        };
        LossSpec: {
            [key: string]: unknown;
        };
        /** @description Four curves over the values, in their order. */
        SweepAnswer: {
            values: number[];
            /** @description Null where the loss is not finite. */
            loss: (number | null)[];
            accuracy: (number | null)[];
            /** @description (loss(v + h) - loss(v - h)) / 2h with h = 0.0001. */
            lossSlope: (number | null)[];
            /** @description The same for the accuracy: 0 except where a jump lies within h. */
            accuracySlope: (number | null)[];
            /** @description h of the central differences. */
            step: number;
            samples: number;
            outputs: number;
            requestId: string;
        };
        /** @description Every loss function. */
        Catalogue: {
            losses: components["schemas"]["LossDescription"][];
        };
        LossDescription: {
            /** @enum {string} */
            name: "sse" | "mse" | "mae" | "cross-entropy" | "binary-cross-entropy" | "huber" | "log-cosh" | "kl-divergence" | "brier" | "hinge" | "focal" | "squared-hinge" | "smooth-l1" | "quantile" | "cosine" | "dice" | "poisson" | "msle" | "mape" | "multi-margin";
            title: string;
            /** @description Loss l_i of one sample: y is the prediction, t the target, K the number of outputs. */
            formula: string;
            source: string;
            labelFormats: ("one-hot" | "index" | "probabilities" | "binary" | "values")[];
            /** @description The first is the default. */
            predictionFormats: ("probabilities" | "logits" | "log-probabilities" | "values")[];
            /**
             * @description The default reduction.
             * @enum {string}
             */
            reduction: "mean" | "sum" | "none";
            options: components["schemas"]["OptionDescription"][];
        };
        OptionDescription: {
            name: string;
            /**
             * @description What the option holds: one of `values` (`choice`), a list of them (`choices`), one number per output or sample (`weights`), one number or one per output (`number-or-weights`), a random sample (`mini-batch`), columns and lists of columns (`groupings`), a number of thresholds or a list of them (`thresholds`), two costs (`costs`), or a plain number, integer or boolean.
             * @enum {string}
             */
            kind: "number" | "integer" | "boolean" | "choice" | "choices" | "weights" | "number-or-weights" | "mini-batch" | "groupings" | "thresholds" | "costs";
            /** @description The allowed words. */
            values?: string[];
            minimum?: number;
            exclusiveMinimum?: number;
            maximum?: number;
            exclusiveMaximum?: number;
            /** @description The default as a constant; null when the option is off by default. */
            default: unknown;
            /** @description The default under each predictionFormat for which it is different. */
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
            /** @description With `invalid-content`: the true number of errors. */
            errorCount?: number;
            /** @description With `limit-exceeded` and `rate-limited`: name of the limit. */
            limit?: string;
            /** @description With `limit-exceeded` and `rate-limited`: the largest value allowed. */
            allowed?: number;
            /** @description With `limit-exceeded`: the place, if there is one. */
            pointer?: string;
            /** @description With `malformed-body`: the byte at which reading stopped, from 0. */
            offset?: number;
            /** @description With `malformed-body`: what the body looks like instead, in one word. */
            looksLike?: string;
            /** @description With `forbidden`: the scope that the key lacks. */
            scope?: string;
            /** @description In an NDJSON body: the line, from 1. */
            line?: number;
            /** @description With `unsupported-media-type`: the types accepted. */
            accepted?: string[];
        };
        /** @description One place where the content is invalid. */
        ContentError: {
            /**
             * @description JSON Pointer to the place, as a URI fragment.
             * @example #/labels/3
             */
            pointer: string;
            /**
             * @description What is wrong, in one word. `missing`: A required field, part or tensor is not there. `unknown-field`: The field is not one of those that belong here. `unknown-value`: The word is not one of those that the field takes. `wrong-type`: The value has another JSON type than the field needs. `empty`: An array, a row or a cell has nothing in it. `shape`: An array has another shape than the declaration or the other arrays need. `not-a-number`: An element is a string, a boolean, null or something else where a number belongs. `not-finite`: A number is NaN or infinite. `out-of-range`: A number is not one of those that the declaration, the option or the loss allows. `row-sum`: The probabilities of a row do not sum to 1 within `rowSumTolerance`. `not-one-hot`: A one-hot row has no 1, or several. `too-few-outputs`: The loss needs more numbers per row than `predictions` has. `no-effect`: The option has no effect with this loss, these labels or these predictions. `not-available`: This part of the answer cannot be given for these labels, or not for a stream. `given-twice`: A field, a part or a name is there twice. `differs`: The value is another one than what was declared or sent before. `not-comparable`: Two evaluations were declared in ways that do not let their losses be compared. `misplaced`: The field or part belongs elsewhere in the request. `header`: The first row of a CSV part is not what `csvHeader` says, or its names are not those of the other part. `malformed`: A part is not what its type says. `unsupported`: A file or a datatype is of a kind that the service does not read.
             * @enum {string}
             */
            code: "missing" | "unknown-field" | "unknown-value" | "wrong-type" | "empty" | "shape" | "not-a-number" | "not-finite" | "out-of-range" | "row-sum" | "not-one-hot" | "too-few-outputs" | "no-effect" | "not-available" | "given-twice" | "differs" | "not-comparable" | "misplaced" | "header" | "malformed" | "unsupported";
            /** @description What is wrong there and what would fit. */
            detail: string;
            /** @description What was found there: a scalar as it is (long text is cut), anything else in words. */
            received: string | number | boolean | null;
            /** @description Changes of the request, each of which makes all of it right. */
            remedies?: components["schemas"]["Remedy"][];
        };
        /**
         * @description A change of the request that makes it right: it was tried on the data before it was offered. All parts of one remedy are done together.
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
            /** @description Options to send with these values. */
            set?: {
                [key: string]: unknown;
            };
            /** @description Fields to send under another name. */
            rename?: {
                [key: string]: string;
            };
            /** @description Tensors whose strings are numbers, to be sent as numbers. */
            parse?: string[];
            /** @description Tensors to send with rows and columns exchanged. */
            transpose?: string[];
            /** @description Tensors of one column or one row to send as a plain list. */
            flatten?: string[];
            /** @description Factors to multiply a tensor by. */
            scale?: {
                [key: string]: number;
            };
            /** @description Numbers to add to a tensor. */
            add?: {
                [key: string]: number;
            };
            /** @description Values of a tensor to replace by others. */
            replace?: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /** @description Ranges to bring a tensor into. */
            clip?: {
                [key: string]: number[];
            };
        };
        /** @description Every limit in force. Where there are several workers, those of memory, requests in flight and connections are the share of one, and that of streams of events is for each. */
        Limits: {
            /** @description Bytes of a request body when inflated; of an NDJSON body, of one line. */
            maxBodyBytes: number;
            /** @description Bytes of memory that all requests in flight may hold: bodies, their numbers, answers. */
            maxInFlightBytes: number;
            /** @description Milliseconds that a request may compute; each MiB of an NDJSON body allows as many again. */
            maxComputeMs: number;
            /** @description Requests answered at one time; one address has at most three quarters of them, and half while others are there. */
            maxRequestsInFlight: number;
            /** @description Connections open at one time. */
            maxConnections: number;
            /** @description Connections of one address (of IPv6, of one /64 network) open at one time. */
            maxConnectionsPerAddress: number;
            /** @description Inflated bytes per compressed byte, beyond the first MiB. */
            maxInflationRatio: number;
            /** @description Chunks of a body, in addition to one for every 256 bytes. */
            maxChunks: number;
            /** @description Bytes that are still read after a body was refused, so that the client sees the answer. */
            maxDrainBytes: number;
            /** @description Numbers of one tensor. */
            maxElements: number;
            /** @description Rows of one tensor. */
            maxRows: number;
            /** @description Numbers of one row. */
            maxColumns: number;
            /** @description Nesting of a JSON body. */
            maxDepth: number;
            /** @description Keys of all JSON objects open at one time; parts of a multipart body. */
            maxKeys: number;
            /** @description Bytes of a JSON key. */
            maxKeyLength: number;
            /** @description Bytes of a JSON number. */
            maxNumberLength: number;
            /** @description Bytes of a JSON body outside its tensors. */
            maxOptionBytes: number;
            /** @description Values of a JSON body outside its tensors, those inside arrays and objects included. */
            maxOptionValues: number;
            /** @description Numbers in one part of an answer; of a comparison, in that of both models together. */
            maxAnswerNumbers: number;
            /** @description Groups of all groupings of an answer together; of an evaluation, in all its batches. */
            maxGroups: number;
            /** @description Characters of a string in `groups`. */
            maxGroupKeyLength: number;
            /** @description Requirements of one verdict. */
            maxRequirements: number;
            /** @description Characters of the path of a figure in `require`. */
            maxFigureLength: number;
            /** @description Rows of a mini-batch. */
            maxMiniBatchSize: number;
            /** @description Numbers of the rows that a mini-batch may draw: size times outputs. */
            maxMiniBatchNumbers: number;
            /** @description Rows a mini-batch may be drawn from. */
            maxPopulationSize: number;
            /** @description Rows a mini-batch may be drawn from without replacement, which shuffles all of them. */
            maxShuffledRows: number;
            /** @description Values of the parameter of a sweep. */
            maxSweepValues: number;
            /** @description Numbers of the predictions times values of the parameter in a sweep. */
            maxSweepEvaluations: number;
            /** @description Evaluations of one owner. */
            maxEvaluations: number;
            /** @description Evaluations that a list may sort: those that its filters leave. */
            maxSortedEvaluations: number;
            /** @description Batches of one evaluation. */
            maxBatches: number;
            /** @description Bytes that are kept of one batch: its sums and counts, and those of the parts that `include` asks for. */
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
            /** @description Streams of events open at one time; one owner has at most half of them where keys are needed. */
            maxEventStreams: number;
            /** @description Errors listed in an answer; `errorCount` is their true number. */
            maxListedErrors: number;
            /** @description Milliseconds in which the whole body must arrive; of an NDJSON body, each line. */
            requestTimeoutMs: number;
            /** @description Milliseconds in which the headers of a request must arrive. */
            headersTimeoutMs: number;
            /** @description Milliseconds in which a client must take each MiB of its answer. */
            answerTimeoutMs: number;
        };
        /** @description What all batches add up to, as POST /v1/loss answers for all their rows. */
        EvaluationAnswer: {
            /** @description The reduced loss; null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description JSON has no Infinity: with `infinite`, a null loss is infinite; with `undefined`, there is no weight to divide by.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Share of right decisions, weighted by s_i; null if labels are values, or if there is no weight. */
            accuracy: number | null;
            /** @description Rows received; with `miniBatch`, rows drawn. */
            samples: number;
            /** @description K, numbers per row. */
            outputs: number;
            /** @description Number of right decisions: one per sample, or one per output for binary labels; null if labels are values. */
            correct: number | null;
            /** @description Samples whose largest prediction is shared by several outputs; the lowest index wins. */
            ties: number;
            /** @description Rows left out by `ignoreIndex`. */
            ignored: number;
            /** @description Samples in which a logarithm that counts was guarded: y < epsilon, or for `clamp` log y < -100. */
            clipped: number;
            /** @description sum s_i l_i, summed exactly and rounded once; null if infinite. */
            lossSum: number | null;
            /** @description sum w_i, where w_i = s_i sum_k c_k t_ik. */
            weightSum: number;
            /** @description Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement. n counts the rows with w_i > 0. Null if that is one, or if the loss is not finite. */
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
            /** @description Counts of samples, [K][K]: rows are labels, columns are predictions. */
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
            /** @description With `groupBy`: the groups of each grouping, in its order. */
            groups?: components["schemas"]["Grouping"][];
            verdict?: components["schemas"]["Verdict"];
            /** @description Every option actually used, defaults included. Sent back with the same data, it gives the same answer. */
            spec: components["schemas"]["LossSpec"];
            requestId: string;
            /**
             * @description Name of the evaluation.
             * @example run-7
             */
            evaluation: string;
            /**
             * @description A sealed evaluation takes no more batches.
             * @enum {string}
             */
            status: "open" | "sealed";
            /** @description Batches so far, which is the sequence of the last one. */
            batches: number;
            expectedBatches?: number;
            expectedSamples?: number;
            metadata: {
                [key: string]: string;
            };
            /** Format: date-time */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it was declared or sealed, or got a batch, last.
             */
            updatedAt: string;
            /** @description When it is deleted if nothing more comes; null: never. */
            expiresAt: string | null;
        };
        /** @description Evaluations, the newest first or as `sort` says. */
        EvaluationList: {
            evaluations: components["schemas"]["EvaluationEntry"][];
            /** @description Evaluations of this page that cannot be read, and are not among the others: declared by a newer release, or damaged. Absent when there are none. */
            unreadable?: components["schemas"]["UnreadableEvaluation"][];
            /** @description What to give as `after` for the next page; absent at the end. */
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
             * @description A sealed evaluation takes no more batches.
             * @enum {string}
             */
            status: "open" | "sealed";
            /** @description Batches so far, which is the sequence of the last one. */
            batches: number;
            expectedBatches?: number;
            expectedSamples?: number;
            metadata: {
                [key: string]: string;
            };
            /** Format: date-time */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it was declared or sealed, or got a batch, last.
             */
            updatedAt: string;
            /** @description When it is deleted if nothing more comes; null: never. */
            expiresAt: string | null;
            samples: number;
            outputs: number;
            /** @description Null unless `lossStatus` is `finite`. */
            loss: number | null;
            /** @enum {string} */
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
            /** @description Why its figures are not told. */
            detail: string;
        };
        /** @description Consecutive batches in groups of equal size; the last group may be smaller. */
        LearningCurve: {
            points: components["schemas"]["CurvePoint"][];
            requestId: string;
        };
        /** @description Some consecutive batches as one. */
        CurvePoint: {
            fromSequence: number;
            toSequence: number;
            /**
             * Format: date-time
             * @description When the last of them was committed.
             */
            createdAt: string;
            samples: number;
            /** @description Null unless `lossStatus` is `finite`. */
            loss: number | null;
            /** @enum {string} */
            lossStatus: "finite" | "infinite" | "undefined";
            accuracy: number | null;
            standardError: number | null;
            /** @description The same for all batches up to the last of these. */
            cumulative: {
                samples: number;
                /** @description Null unless `lossStatus` is `finite`. */
                loss: number | null;
                /** @enum {string} */
                lossStatus: "finite" | "infinite" | "undefined";
                accuracy: number | null;
                standardError: number | null;
            };
        };
        /** @description Two evaluations over the batches that both have. */
        EvaluationComparison: {
            predictions: components["schemas"]["PairedFigures"];
            baseline: components["schemas"]["PairedFigures"];
            difference: components["schemas"]["LossDifference"];
            /** @description Accuracy of `predictions` less that of `baseline`; null if labels are values, or without weight. */
            accuracyDifference: number | null;
            /** @description How many batches were paired, and how many not. */
            batches: {
                paired: number;
                /** @description Batches whose name only `evaluation` has. */
                onlyPredictions: number;
                /** @description Batches whose name only `with` has. */
                onlyBaseline: number;
                /** @description Batches of one name whose labels or sample weights are not the same. */
                labelsDiffer: number;
            };
            verdict?: components["schemas"]["Verdict"];
            requestId: string;
        };
        /** @description What the paired batches of one evaluation add up to. */
        PairedFigures: {
            /** @description The reduced loss; null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description JSON has no Infinity: with `infinite`, a null loss is infinite; with `undefined`, there is no weight to divide by.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Share of right decisions, weighted by s_i; null if labels are values, or if there is no weight. */
            accuracy: number | null;
            /** @description Rows received; with `miniBatch`, rows drawn. */
            samples: number;
            /** @description K, numbers per row. */
            outputs: number;
            /** @description Number of right decisions: one per sample, or one per output for binary labels; null if labels are values. */
            correct: number | null;
            /** @description Samples whose largest prediction is shared by several outputs; the lowest index wins. */
            ties: number;
            /** @description Rows left out by `ignoreIndex`. */
            ignored: number;
            /** @description Samples in which a logarithm that counts was guarded: y < epsilon, or for `clamp` log y < -100. */
            clipped: number;
            /** @description sum s_i l_i, summed exactly and rounded once; null if infinite. */
            lossSum: number | null;
            /** @description sum w_i, where w_i = s_i sum_k c_k t_ik. */
            weightSum: number;
            /** @description Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement. n counts the rows with w_i > 0. Null if that is one, or if the loss is not finite. */
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
        /** @description How far apart the losses are, sample by sample. */
        LossDifference: {
            /** @description Mean loss of `predictions` less that of `baseline`, whatever the reduction, so that it is on the scale of its interval: negative where `predictions` is better; null unless `lossStatus` is `finite`. */
            loss: number | null;
            /**
             * @description `infinite` if one of the losses is; `undefined` if both are, or if there is no weight to divide by.
             * @enum {string}
             */
            lossStatus: "finite" | "infinite" | "undefined";
            /** @description Standard error of the mean difference: sqrt(n/(n-1) sum (d_i - mean w_i)^2) / weightSum with the paired differences d_i = s_i (l_i - b_i) of the losses l_i of `predictions` and b_i of `baseline`, summed exactly, and with the finite-population correction for a mini-batch without replacement; n counts the rows of positive weight, and one has no error: null, as for a difference that is not finite. */
            standardError: number | null;
            /** @description `loss` -+ 1.959963984540054 standard errors (95 %); null without a standard error. */
            interval: [
                number,
                number
            ] | null;
            /** @description Of the accuracies: sqrt(n/(n-1) sum (s_i (e_i - mean K))^2) / (K sum s_i) is the standard error, with e_i the right decisions of `predictions` in row i less those of `baseline`, K the decisions of a row, and n the rows with s_i > 0. Not there if labels are values. */
            accuracy?: components["schemas"]["PairedEstimate"];
        };
        /** @description A figure of `predictions` less that of `baseline`, null unless both are numbers, and its standard error and 95 % interval: the influences of both models on each row are subtracted before they are squared. */
        PairedEstimate: {
            value: number | null;
            standardError: number | null;
            interval: [
                number,
                number
            ] | null;
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
