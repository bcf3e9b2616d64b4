"""A notebook about two models and the tables that DuckDB wrote, with the Python client only: URL FOLDER. Prints what it found as JSON."""

import json
import pathlib
import sys
import threading

import lossmeter


def restarted():
    """The service is killed here, and started again while this goes on."""
    print('{"kill": true}', flush=True)
    sys.stdin.readline()


service = lossmeter.Lossmeter(sys.argv[1])
days = sorted(pathlib.Path(sys.argv[2]).glob("*.parquet"))
churn = {"loss": "binary-cross-entropy", "label_format": "binary"}
found = {}

# Is the challenger better, on the first day?
answer = service.compare("challenger", "champion", "churned", table=days[0], table_format="parquet", **churn)
found["difference"] = answer.difference.loss
found["better"] = answer.difference.interval[1] < 0

# The challenger day by day, and by country
with service.evaluation("challenger", outputs=1, group_by=["country"], **churn) as run:
    for day in days:
        run.add(day.stem, "challenger", "churned", groups=["country"], table=day, table_format="parquet")
        if day == days[2]:
            restarted()
report = run.report()
found["all"] = [report.samples, report.loss, report.accuracy]
found["countries"] = {group.key.country: [group.samples, group.loss, group.accuracy] for group in report.groups[0].groups}

# In production: predictions now, labels later, the latest first
served = service.evaluation("served", outputs=1, join={"within": "P3650D"}, window="day", **churn)
events = []
watcher = threading.Thread(target=lambda: events.extend(served.events(after=0)))
watcher.start()
for day in days:
    served.predictions("customer", "challenger", at="at", table=day, table_format="parquet")
restarted()
found["waiting"] = sum(1 for _ in served.waiting("predictions"))
for day in reversed(days):
    served.labels("customer", "churned", table=day, table_format="parquet")
    if day == days[1]:
        restarted()
# was it sent?
found["replayed"] = served.labels("customer", "churned", table=days[1], table_format="parquet").replayed
served.seal()
watcher.join(60)
report = served.report()
found["joined"] = [report.samples, report.loss, report.accuracy]
found["windows"] = [[window.samples, window.loss, window.accuracy] for window in served.windows()]
sequences = [event.sequence for event in events if event.type == "batch"]
found["events"] = [sequences == list(range(1, report.batches + 1)), sum(event.samples for event in events if event.type == "batch")]

# And a model that nobody is proud of
try:
    service.loss("champion", "country", table=days[0], table_format="parquet", **churn)
except lossmeter.LossmeterError as error:
    found["refused"] = [error.status, error.problem.errors[0].pointer]
print(json.dumps(found), flush=True)
