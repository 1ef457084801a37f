//! Pages of the rules about names that the catalogue does not know. They are checked where there is a catalogue: in
//! the editor, and wherever `check_with` is called with facts.

use super::{Page, config, page};

pub(super) const UNKNOWN_GPU: Page = page(
    "Names are those of the models, without a maker and without blanks; case does not count. A model that is new to the \
     catalogue may still be had.",
    config!("resources:" "  gpu: A10O"),
    config!("resources:" "  gpu: A100"),
);

pub(super) const GPU_MEMORY: Page = page(
    "The memory is that of each GPU, and a model comes with one or two sizes. `total_memory` asks for that of all \
     together.",
    config!("resources:" "  gpu: A100:60GB"),
    config!("resources:" "  gpu: A100:80GB"),
);

pub(super) const BACKEND_WITHOUT_OFFERS: Page = page(
    "Its prices are in no public list. Where the server has the backend set up, it asks there.",
    config!("backends: [vastai]"),
    config!("backends: [aws]"),
);

pub(super) const UNKNOWN_REGION: Page = page(
    "A region is written in its cloud's own words. One that nobody knows leaves nothing to launch on.",
    config!("regions: [us-est-1]"),
    config!("regions: [us-east-1]"),
);

pub(super) const REGION_ELSEWHERE: Page = page(
    "A region counts only together with a backend that has it.",
    config!("backends: [aws]" "regions: [us-central1]"),
    config!("backends: [aws, gcp]" "regions: [us-central1]"),
);

pub(super) const UNKNOWN_INSTANCE_TYPE: Page = page(
    "An instance type is written in its cloud's own words. To ask for a kind of machine, `resources` says it for all \
     clouds.",
    config!("instance_types: [p4d.24xlage]"),
    config!("instance_types: [p4d.24xlarge]"),
);

pub(super) const INSTANCE_TYPE_ELSEWHERE: Page = page(
    "An instance type counts only together with a backend that has it.",
    config!("backends: [gcp]" "instance_types: [p4d.24xlarge]"),
    config!("backends: [aws]" "instance_types: [p4d.24xlarge]"),
);
