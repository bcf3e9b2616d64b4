"""Takes steps with the Python client: FILE-OF-THE-CLIENT SETTINGS STEPS, both JSON. Prints what came of each, and what was said."""

import importlib.util
import json
import sys

spec = importlib.util.spec_from_file_location("lossmeter", sys.argv[1])
lossmeter = importlib.util.module_from_spec(spec)
sys.modules["lossmeter"] = lossmeter
spec.loader.exec_module(lossmeter)

said = []
service = lossmeter.Lossmeter(**json.loads(sys.argv[2]), say=said.append)
run = service.evaluation("run")
declaration = {"loss": "mse", "label_format": "values", "outputs": 1}
steps = {
    "declare": lambda: {"outputs": run.declare(**declaration).outputs},
    "add": lambda: run.add("a", [3.0], [1.0]),
    "report": run.report,
    "limits": lambda: {"maxRows": service.limits().maxRows},
    "loss": lambda: service.loss([3.0], [1.0], loss="mse", label_format="values"),
    "log": lambda: run.log("a", [3.0], [1.0]),
    "wrong log": lambda: run.log("a", [3.0, 4.0], [1.0]),
    "flush": run.flush,
    "event": lambda: next(run.events(after=0)),
}
outcomes = []
for step in json.loads(sys.argv[3]):
    try:
        outcomes.append(steps[step]())
    except Exception as error:
        outcomes.append({"error": type(error).__name__, "message": str(error), "status": getattr(error, "status", None)})
print(json.dumps({"outcomes": outcomes, "said": said}))
