"""From a model and a task to a run: ``evaluate`` plans, executes what is missing, scores what is stored."""
