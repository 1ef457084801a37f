//! Pages of the rules about what is accepted but does something its author may not expect.

use super::{Example, Page, config, page, profiles};

pub(super) const BASE_60: Page = page(
    "It happens to one or more groups of one or two digits up to 59 after a colon, unless the text begins with 0 or is quoted. \
     `8080:80` stays a text, because 80 is above 59; quote mappings of ports all the same.",
    config!("ports:" "  - 22:22"),
    config!("ports:" "  - \"22:22\""),
);

pub(super) const BOOLEAN_AS_TEXT: Page =
    page("Quotes keep the text as it is written.", config!("regions: [no]"), config!("regions: [\"no\"]"));

pub(super) const BOOLEAN_AS_NUMBER: Page = page(
    "As a duration, `off` is 0 seconds and `on` is one second. In `max_duration`, `\"off\"` in quotes means no limit.",
    config!("max_duration: off"),
    config!("max_duration: \"off\""),
);

pub(super) const OCTAL_NUMBER: Page = page(
    "Leave the 0 out. `0o10`, which newer YAML reads as octal, is a text here.",
    config!("resources:" "  cpu: 010.." "ports: [010]"),
    config!("resources:" "  cpu: 10.." "ports: [10]"),
);

pub(super) const NUMBER_AS_TEXT: Page = page(
    "Zeros at the end, signs and underscores are lost. Versions want quotes.",
    config!("env:" "  CUDA_VERSION: 12.10"),
    config!("env:" "  CUDA_VERSION: \"12.10\""),
);

pub(super) const FRACTION_DROPPED: Page =
    page("Whole numbers are cut, not rounded.", config!("ports: [8080.9]"), config!("ports: [8080]"));

pub(super) const PYTHON_FLOAT: Page = page(
    "Other tools that read the file see Python 3.1.",
    config!("python: 3.10"),
    config!("python: \"3.10\""),
);

pub(super) const DUPLICATE_KEY: Page = page(
    "YAML calls this a mistake; dstack reads on without a word. Merge what both hold, and remove one.",
    config!("resources:" "  gpu: 24GB" "resources:" "  memory: 64GB.."),
    config!("resources:" "  gpu: 24GB" "  memory: 64GB.."),
);

pub(super) const DISK_EXACT: Page = page(
    "Few machines have exactly the size you name. `500GB..` takes that much or more.",
    config!("resources:" "  disk: 500GB"),
    config!("resources:" "  disk: 500GB.."),
);

pub(super) const GPU_COUNT: Page = page(
    "A memory has a unit: `24GB`. A model has its letters: `RTX3090`.",
    config!("resources:" "  gpu: 24"),
    config!("resources:" "  gpu: 24GB"),
);

pub(super) const GPU_NAME_COMMA: Page = page(
    "No GPU has a name with a comma, so nothing matches.",
    config!("resources:" "  gpu:" "    name: A100,H100"),
    config!("resources:" "  gpu:" "    name: [A100, H100]"),
);

pub(super) const VARIABLE_PAIRS: Page = page(
    "It takes every item to be two characters long, and at least one that is no variable. Write `NAME=value`.",
    config!("env: [\"1A\"]"),
    config!("env: [A=1]"),
);

pub(super) const RETRY_FORCED: Page = page(
    "To try once, leave `duration` out; to try again, write `retry: true`.",
    config!("retry_policy:" "  retry: false" "  duration: 4h"),
    config!("retry_policy:" "  retry: true" "  duration: 4h"),
);

pub(super) const RETRY_UNLIMITED: Page = page(
    "A run that nobody remembers then starts, and costs, whenever a machine turns up.",
    config!("retry_policy:" "  retry: true"),
    config!("retry_policy:" "  retry: true" "  duration: 4h"),
);

pub(super) const DURATION_NOT_POSITIVE: Page = page(
    "What is due after no time is due at once. For no limit, write `max_duration: \"off\"`; for an instance that stays, `termination_policy: dont-destroy`.",
    config!("termination_idle_time: -1"),
    config!("termination_policy: dont-destroy"),
);

pub(super) const CRON_WEEKDAY: Page = Page {
    advice: "Names say the same everywhere: `mon-fri`. The times are those of UTC.",
    bad: Example::Configuration(
        "# dstack: 0.22\ntype: dev-environment\nschedule:\n  cron: \"0 8 * * 1-5\"\n",
    ),
    good: Example::Configuration(
        "# dstack: 0.22\ntype: dev-environment\nschedule:\n  cron: \"0 8 * * mon-fri\"\n",
    ),
};

pub(super) const MIXED_DIALECTS: Page = Page {
    advice: "dstack 0.22 has `fleets` in the place of `pool_name`, `retry` in that of `retry_policy`, and `idle_duration` in that of `termination_idle_time`. \
             `berth convert` writes a file for the other release.",
    bad: Example::Configuration("type: dev-environment\nide: vscode\nname: mine\npool_name: team\n"),
    good: Example::Configuration(
        "# dstack: 0.22\ntype: dev-environment\nide: vscode\nname: mine\nfleets: [team]\n",
    ),
};

pub(super) const EMPTY_LIST: Page =
    page("Leave the key out to consider all.", config!("backends: []"), config!("backends: [aws, gcp]"));

pub(super) const DUPLICATE_PROFILE: Page = profiles(
    "A profile of the repository hides one of the same name in your home folder; that is not reported.",
    "profiles:\n- name: cheap\n  max_price: 1\n- name: cheap\n  max_price: 2\n",
    "profiles:\n- name: cheap\n  max_price: 1\n- name: dear\n  max_price: 2\n",
);

pub(super) const SEVERAL_DEFAULTS: Page = profiles(
    "The default is used when `--profile` names none.",
    "profiles:\n- name: cheap\n  default: true\n- name: dear\n  default: true\n",
    "profiles:\n- name: cheap\n  default: true\n- name: dear\n",
);

pub(super) const NO_EFFECT: Page = page(
    "Remove the one that is not meant.",
    config!("termination_policy: dont-destroy" "termination_idle_time: 1h"),
    config!("termination_policy: destroy-after-idle" "termination_idle_time: 1h"),
);

pub(super) const VARIABLE_ASKED: Page = page(
    "This is how secrets are kept out of the file. Give a value, if there is one that everybody may see.",
    config!("env:" "  - LOG_LEVEL"),
    config!("env:" "  - LOG_LEVEL=debug"),
);

pub(super) const PLAIN_SECRET: Page = page(
    "Whoever reads the repository, its history or a shared link can use it. Name the variable alone to be asked for its value at launch, \
     and withdraw a token that was committed already.",
    config!("env:" "  - WANDB_PASSWORD=correct-horse"),
    config!("env:" "  - WANDB_PASSWORD"),
);

pub(super) const TOO_MANY_PROBLEMS: Page = Page {
    advice: "As many errors and as many warnings and hints are listed as anybody reads; the rest is counted.",
    bad: Example::Generated {
        excerpt: "type: dev-environment\nide: vscode\nkey0: 0\nkey1: 0\nkey2: 0\n# … and hundreds more\n",
        bytes: || {
            let mut text = config!().to_owned();
            text.extend((0..300).map(|i| format!("key{i}: 0\n")));
            text.into_bytes()
        },
    },
    good: Example::Configuration(config!()),
};
