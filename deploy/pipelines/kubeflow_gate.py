"""A Kubeflow Pipelines (kfp 2) gate: `python kubeflow_gate.py` writes ubt_gate.yaml."""

from kfp import compiler, dsl, kubernetes


@dsl.container_component
def defend(model: str, pairs: str, out: str):
    """Fails unless the model is clean or was repaired: exit codes 2, 3 and 1 of `ubt defend`."""
    return dsl.ContainerSpec(
        image="ubt/cli:0.1.0",
        command=["node", "tools/ubt/bin/ubt.mjs"],
        args=[
            "defend",
            "--model", model,
            "--pairs", pairs,
            "--out", out,
            "--detector", "ubt-detector.ubt.svc:50051",
            "--selector", "ubt-selector.ubt.svc:50052",
            "--unlearner", "ubt-unlearner.ubt.svc:50053",
            "--json",
        ],
    )


@dsl.pipeline(name="ubt-gate")
def gate(model: str, pairs: str, out: str):
    task = defend(model=model, pairs=pairs, out=out)
    task.set_caching_options(False)
    kubernetes.mount_pvc(task, pvc_name="ubt-data", mount_path="/data")


if __name__ == "__main__":
    compiler.Compiler().compile(gate, "ubt_gate.yaml")
