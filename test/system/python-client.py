"""Uses the Python client as a program would: FILE-OF-THE-CLIENT URL. Prints what it found as JSON."""

import array
import importlib.util
import json
import math
import pathlib
import sys
import threading

spec = importlib.util.spec_from_file_location("lossmeter", sys.argv[1])
lossmeter = importlib.util.module_from_spec(spec)
sys.modules["lossmeter"] = lossmeter
spec.loader.exec_module(lossmeter)

service = lossmeter.Lossmeter(sys.argv[2], patience=60)
rows, labels = [[0.25, 0.75], [0.5, 0.5]], [1, 0]
index = {"loss": "cross-entropy", "label_format": "index"}


class Flat:
    """As much of an array of NumPy as the client asks for."""

    class dtype:
        kind, itemsize, name, str = "f", 8, "float64", "<f8"

    ndim, shape = 2, (2, 2)

    def __array__(self):
        return self

    def tobytes(self):
        return array.array("d", [0.25, 0.75, 0.5, 0.5]).tobytes()


found = {}
plain = service.loss(rows, labels, **index, include=["metrics"])
found["loss"] = plain.loss
found["f1"] = plain.metrics.f1.macro
found["snake"] = plain.standard_error == plain["standardError"]
found["array"] = service.loss(Flat(), labels, **index).loss == plain.loss
try:
    import numpy

    for kind in ("f2", "f4", "f8", ">f8"):
        assert service.loss(numpy.array(rows, kind), numpy.array(labels), **index).loss == plain.loss, kind
    assert service.loss(numpy.asfortranarray(rows), labels, **index).loss == plain.loss
    assert service.loss([0.5, 0.5], numpy.array([True, False]), loss="mse", label_format="values").loss == 0.25
except ImportError:
    pass
weighted = service.loss(Flat(), labels, **index, sample_weights=[1, 3], group_by=["country"], groups={"country": ["KR", None]})
found["groups"] = [group.key["country"] for group in weighted.groups[0].groups]
found["infinite"] = math.isinf(service.loss([[0.0, 1.0]], [0], **index, log_policy="exact").loss)
table = pathlib.Path(sys.argv[1]).parents[3] / "test/fixtures/tables/duckdb-zstd.parquet"
told = {**index, "table_format": "parquet", "sample_weights": "w", "group_by": ["country"], "groups": ["country"]}
tabled = service.loss(["p0", "p1", "p2"], "y", table=table, **told)
found["table"] = [tabled.samples, tabled == {**service.loss("list", "y", table=table.read_bytes(), **told), "requestId": tabled.request_id}]
found["undefined"] = math.isnan(service.loss([[0.0, 1.0]], [0], **index, ignore_index=0).loss)
found["compressed"] = lossmeter.Lossmeter(sys.argv[2], compress=True).loss(rows, labels, **index).loss == plain.loss
found["compared"] = service.compare(rows, Flat(), labels, **index).difference.loss
found["drawn"] = service.mini_batch(10, 3, 1)
found["swept"] = len(service.sweep([[0, 1]], [0], {"name": "temperature"}, [1, 2], **index)["loss"])
try:
    service.loss([[0.2, 0.8]], [[1, 0]], **index)
except lossmeter.LossmeterError as error:
    found["refused"] = [error.status, error.problem.errors[0].code, "one-hot" in str(error)]

# the service is killed while this runs: each batch counts once, and is seen once
with service.evaluation("run-1", loss="mse", label_format="values", outputs=1) as run:
    events = []
    watcher = threading.Thread(target=lambda: events.extend(run.events(after=0)))
    watcher.start()
    for step in range(120):
        if step % 2:
            run.log(f"step-{step}", [step / 8], [0])
        else:
            run.add(f"step-{step}", [step / 8], [0])
        if step % 30 == 15:
            print(json.dumps({"kill": step}), flush=True)
            sys.stdin.readline()
run.seal()
watcher.join(60)
report = run.report()
found["report"] = [report.batches, report.samples, report.loss]
found["batches"] = sorted(batch.batch for batch in run.batches()) == sorted(f"step-{step}" for step in range(120))
found["events"] = [event.sequence for event in events if event.type == "batch"] == list(range(1, 121))
found["dropped"] = run.dropped
found["listed"] = [each.evaluation for each in service.evaluations(prefix="run")]
found["curve"] = len(run.curve(points=4)) <= 4
run.delete()
try:
    run.report()
except lossmeter.LossmeterError as error:
    found["deleted"] = error.status
try:
    lossmeter.Lossmeter("http://127.0.0.1:1", patience=0.3).limits()
except ConnectionError as error:
    found["unreached"] = "given up" in str(error)
print(json.dumps(found), flush=True)
