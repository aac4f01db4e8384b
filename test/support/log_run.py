"""Logs one run to the tracking server given and prints its IDs: python log_run.py TRACKING_URI EXPERIMENT."""

import json
import sys

import mlflow


class Doubles(mlflow.pyfunc.PythonModel):
    """The smallest model there is."""

    def predict(self, context, model_input):  # noqa: ARG002
        """Twice the input."""
        return model_input * 2


uri, experiment = sys.argv[1:]
mlflow.set_tracking_uri(uri)
mlflow.set_experiment(experiment)
with mlflow.start_run() as run:
    mlflow.log_params({"learning_rate": 0.01, "seed": 7})
    mlflow.log_metric("accuracy", 0.93)
    info = mlflow.pyfunc.log_model(name="model", python_model=Doubles(), pip_requirements=[])

loaded = mlflow.pyfunc.load_model(info.model_uri)
if loaded.predict(21) != 42:  # noqa: PLR2004
    sys.exit("the model that came back is another one")
print(json.dumps({"run_id": run.info.run_id, "experiment_id": run.info.experiment_id}))
