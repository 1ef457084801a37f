"""gpuhunt's side of `cargo xtask bench offers`, for its newest release: every backend is an offline one, with the rows
of the same catalogue.

Takes the folder with the questions; prints a line of JSON for each measurement.
"""

import json
import pathlib
import sys
import time

from gpuhunt._internal import catalog as module
from gpuhunt._internal import storage

folder = pathlib.Path(sys.argv[1])
catalogue = module.Catalog(balance_resources=False, auto_reload=False)
providers = sorted(path.stem for path in (folder / "rows").glob("*.csv"))
# Those that it asks over the network otherwise are read like the rest.
module.ONLINE_PROVIDERS[:] = []
module.OFFLINE_PROVIDERS[:] = providers
for provider in providers:
    with (folder / "rows" / f"{provider}.csv").open(newline="") as rows:
        catalogue.catalog[provider] = module.ProviderCatalog("bench", list(storage.load(rows, provider=provider)))
catalogue.loaded_at = time.monotonic()

for line in (folder / "questions.jsonl").open():
    question = json.loads(line)
    asked = question["gpuhunt"]
    if "min_compute_capability" in asked:
        asked["min_compute_capability"] = tuple(asked["min_compute_capability"])
    total = len(catalogue.query(**asked))
    samples = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < 2 or len(samples) < 5:
        one = time.perf_counter()
        catalogue.query(**asked)
        samples.append(time.perf_counter() - one)
    samples.sort()
    print(
        json.dumps(
            {
                "tool": "gpuhunt",
                "document": question["name"],
                "total": total,
                "median_us": samples[len(samples) // 2] * 1e6,
                "p95_us": samples[len(samples) * 95 // 100] * 1e6,
            }
        )
    )
