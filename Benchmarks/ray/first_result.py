"""The smallest whole program: start Ray, run one task, print its result."""
import ray


@ray.remote
def answer():
    return 42


ray.init(logging_level="error", log_to_driver=False)
print(ray.get(answer.remote()), flush=True)
ray.shutdown()
