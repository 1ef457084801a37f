//! Pages of further rules about what is accepted but means something else than it seems to.

use super::{Page, config, page};

pub(super) const QUOTED_VALUE: Page = page(
    "An item of the list goes to the environment as it stands, and the quotes with it. Quote the whole item where YAML needs it: `\"NAME=a: b\"`.",
    config!("env:" "  - GREETING=\"hello\""),
    config!("env:" "  - GREETING=hello"),
);

pub(super) const VARIABLE_NAME: Page = page(
    "The variable is set all the same, but `$NAME` does not reach it. In the form of a list, such a name is an error.",
    config!("env:" "  log-level: debug"),
    config!("env:" "  LOG_LEVEL: debug"),
);

pub(super) const DUPLICATE_PORT: Page = page(
    "Only one of them can have it; the other is refused when the run starts.",
    config!("ports:" "  - 8080" "  - \"8080:80\""),
    config!("ports:" "  - 8080" "  - \"8081:80\""),
);

pub(super) const UNUSABLE_PORT: Page = page(
    "dstack's own agents listen on ports from 10000 on; it leaves these out without a word.",
    config!("ports: [10080]"),
    config!("ports: [8080]"),
);

pub(super) const UNIT_MISSING: Page = page(
    "Each bound has its own unit, and none means GB. Where GB is meant, say so: `500GB..1TB`.",
    config!("resources:" "  disk: 100.." "  memory: 1..2TB"),
    config!("resources:" "  disk: 100.." "  memory: 1TB..2TB"),
);

pub(super) const THREE_DOTS: Page = page(
    "Write two dots. Both bounds belong to the range.",
    config!("resources:" "  memory: 0...16GB"),
    config!("resources:" "  memory: 8..16GB"),
);

pub(super) const MATCHES_NOTHING: Page = page(
    "It holds whatever offers there are; what else narrows the offers down is explained beside them.",
    config!("resources:" "  gpu: A100:0"),
    config!("resources:" "  gpu: A100:1"),
);

pub(super) const PATH_NOT_ABSOLUTE: Page = page(
    "Nobody expands `~` or a relative path here.",
    config!("home_dir: home/me"),
    config!("home_dir: /home/me"),
);

pub(super) const EMPTY_TEXT: Page = page(
    "An empty `image` lets `python` stand beside it and is then taken for the image; an empty name is looked for as it is.",
    config!("image: \"\""),
    config!("image: ubuntu:24.04"),
);

pub(super) const GPU_NAME_SIZE: Page = page(
    "Commas part names that will do as well; a memory is a part of its own, after a colon.",
    config!("resources:" "  gpu: A100,80GB"),
    config!("resources:" "  gpu: A100:80GB"),
);

pub(super) const DURATION_IN_SECONDS: Page =
    page("Write the unit, `s` for seconds too.", config!("max_duration: 8"), config!("max_duration: 8h"));

pub(super) const NO_VALUE: Page = page(
    "For most keys `null` is what holds anyway; for `disk` it lifts the default of 100 GB or more.",
    config!("regions:"),
    config!("regions: [eu-west-1]"),
);
