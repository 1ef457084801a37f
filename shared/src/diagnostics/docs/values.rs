//! Pages of the rules about single values that cannot be used.

use super::{Page, config, page};

pub(super) const INVALID_VALUE: Page = page(
    "The values are compared exactly: case, dashes and blanks count.",
    config!("spot_policy: on_demand"),
    config!("spot_policy: on-demand"),
);

pub(super) const INVALID_INTEGER: Page = page(
    "A text counts when it is made of digits alone, with a sign if need be. A number with a fraction loses it, in quotes it is an error.",
    config!("resources:" "  cpu: four"),
    config!("resources:" "  cpu: 4.."),
);

pub(super) const INVALID_NUMBER: Page = page(
    "Currency signs and units are left out: a price is in US dollars an hour.",
    config!("max_price: $3"),
    config!("max_price: 3"),
);

pub(super) const NUMBER_TOO_LARGE: Page = page(
    "This is the one place where Berth refuses what dstack reads.",
    config!("resources:" "  cpu: 99999999999999999999.."),
    config!("resources:" "  cpu: 64.."),
);

pub(super) const INVALID_SIZE: Page = page(
    "Case and blanks do not count. `G`, `GiB` and `KB` are not read; a gigabyte here is 1024 MB.",
    config!("resources:" "  shm_size: 16GiB"),
    config!("resources:" "  shm_size: 16GB"),
);

pub(super) const INVALID_RANGE: Page = page(
    "A range has two dots between its bounds, both of which belong to it; a side that is left out is open.",
    config!("resources:" "  cpu: 2..4..8"),
    config!("resources:" "  cpu: 2..8"),
);

pub(super) const EMPTY_RANGE: Page = page(
    "To ask for nothing in particular, leave the key out.",
    config!("resources:" "  memory: .."),
    config!("resources:" "  memory: 16GB.."),
);

pub(super) const RANGE_ORDER: Page = page(
    "A bound without a unit is in GB: `512..1GB` begins at 512 GB.",
    config!("resources:" "  cpu: 8..4"),
    config!("resources:" "  cpu: 4..8"),
);

pub(super) const INVALID_DURATION: Page = page(
    "One number, one unit in lower case, nothing before or after: `90m` instead of `1h30m` or `1.5h`. A number alone is in seconds. Only `max_duration` takes `\"off\"`.",
    config!("max_duration: 1h30m"),
    config!("max_duration: 90m"),
);

pub(super) const DISK_TOO_SMALL: Page = page(
    "Both bounds count, and so does the unit: `51199MB` is too little.",
    config!("resources:" "  disk: 20GB.."),
    config!("resources:" "  disk: 50GB.."),
);

pub(super) const INVALID_GPU: Page = page(
    "The parts come in any order, each at most once: what begins with a letter is a list of names, what has a letter further on is a memory, \
     what has none is a count. Several names are parted by commas: `A100,H100:80GB`. There is no place for a vendor in dstack 0.18.",
    config!("resources:" "  gpu: 2xA100"),
    config!("resources:" "  gpu: A100:2"),
);

pub(super) const INVALID_COMPUTE_CAPABILITY: Page = page(
    "It is the least one that will do. A whole number is not read: write `8.0`.",
    config!("resources:" "  gpu:" "    compute_capability: 8"),
    config!("resources:" "  gpu:" "    compute_capability: \"8.0\""),
);

pub(super) const INVALID_PORT: Page = page(
    "A mapping names the port on your machine first. Quotes keep YAML from reading digits with a colon as a number of base 60.",
    config!("ports: [70000]"),
    config!("ports: [7000]"),
);

pub(super) const INVALID_VARIABLE: Page = page(
    "A name is made of letters, digits and `_` and does not begin with a digit; no blank stands around `=`. In the form of a mapping, any name is taken.",
    config!("env:" "  - HF_HOME = /workflow/cache"),
    config!("env:" "  - HF_HOME=/workflow/cache"),
);

pub(super) const DUPLICATE_VARIABLE: Page = page(
    "In a list both would be set, and which one counts would be chance; so dstack refuses it. Names that differ in case are different.",
    config!("env:" "  - LOG_LEVEL=info" "  - LOG_LEVEL=debug"),
    config!("env:" "  - LOG_LEVEL=debug"),
);

pub(super) const PRICE_NOT_POSITIVE: Page =
    page("To set no limit, leave the key out.", config!("max_price: 0"), config!("max_price: 0.5"));

pub(super) const IMAGE_AND_PYTHON: Page = page(
    "An image of your own brings the Python that is in it.",
    config!("image: ubuntu:24.04" "python: \"3.11\""),
    config!("python: \"3.11\""),
);
