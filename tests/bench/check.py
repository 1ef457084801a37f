"""The Python side of `cargo xtask bench check`: PyYAML, and with it dstack 0.18.2's own models where they are installed.

Takes the folder with the documents; prints a line of JSON for each measurement.
"""

import json
import pathlib
import sys
import time

import yaml

try:
    from dstack._internal.core.models.configurations import parse_run_configuration as parse
    TOOL = "pyyaml-pydantic"
except ImportError:
    parse = None
    TOOL = "pyyaml"

folder = pathlib.Path(sys.argv[1])
documents = [(name, [(folder / f"{name}.yml").read_text()]) for name in ("typical", "lines", "large")]
documents.append(("corpus", [json.loads(line) for line in (folder / "corpus.jsonl").open()]))


def work(text):
    # dstack itself ends with a traceback at some of these.
    try:
        value = yaml.safe_load(text)
        if parse:
            parse(value)
    except Exception:
        pass


for document, texts in documents:
    samples = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < 1.5 or len(samples) < 3:
        one = time.perf_counter()
        for text in texts:
            work(text)
        samples.append(time.perf_counter() - one)
    samples.sort()
    print(json.dumps({
        "tool": TOOL,
        "document": document,
        "median_us": samples[len(samples) // 2] * 1e6,
        "least_us": samples[0] * 1e6,
        "samples": len(samples),
    }), flush=True)
