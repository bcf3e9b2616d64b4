"""Logs steps to URL, 200 where it is declared and 400 elsewhere, and prints what a step pays for it, in milliseconds: the median by the clock, and of the processor of its thread."""

import json
import random
import statistics
import sys
import time

import lossmeter

try:
    import numpy
except ImportError:
    numpy = None

random.seed(1)
rows, columns = (128, 10) if numpy else (16, 10)
logits = [[random.random() for _ in range(columns)] for _ in range(rows)]
labels = [random.randrange(columns) for _ in range(rows)]
if numpy:
    logits, labels = numpy.array(logits, numpy.float32), numpy.array(labels)

service = lossmeter.Lossmeter(sys.argv[1])
is_there = sys.argv[2] == "declared"
if is_there:
    service.evaluation("log", loss="cross-entropy", label_format="index", prediction_format="logits", outputs=columns)
run = lossmeter.Evaluation(service, "log")
clock, processor = [], []
for step in range(200 if is_there else 400):
    time.sleep(0.001)
    before = time.perf_counter(), time.thread_time()
    run.log(step, logits, labels)
    clock.append(1000 * (time.perf_counter() - before[0]))
    processor.append(1000 * (time.thread_time() - before[1]))
if is_there:
    run.flush()
print(json.dumps({"clock": statistics.median(clock), "processor": statistics.quantiles(processor, n=100)[-1], "dropped": run.dropped}), flush=True)
