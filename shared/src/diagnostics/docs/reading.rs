//! Pages of the rules about the text as a whole and its keys.

use super::{Example, Page, config, page};

pub(super) const TEXT_TOO_LONG: Page = Page {
    advice: "The limit keeps checking quick while you type. Long commands belong in a script of the repository: `init: [./setup.sh]`.",
    bad: Example::Generated {
        excerpt: "type: dev-environment\nide: vscode\n# … and 256 KiB more\n",
        bytes: || {
            let mut text = config!().as_bytes().to_vec();
            text.extend_from_slice(b"# ");
            text.resize(text.len() + crate::config::TEXT_LIMIT, b'x');
            text
        },
    },
    good: Example::Configuration(config!("init: [./setup.sh]")),
};

pub(super) const NOT_UTF8: Page = Page {
    advice: "Editors on Windows sometimes save as UTF-16 or in a local code page; save the file as UTF-8.",
    bad: Example::Generated {
        excerpt: "type: dev-environment\nide: vscode\ninit: [echo gr\\xfc\\xdfe]\n",
        bytes: || [config!().as_bytes(), b"init: [echo gr\xfc\xdfe]\n"].concat(),
    },
    good: Example::Configuration(config!("init: [echo grüße]")),
};

pub(super) const YAML_SYNTAX: Page = page(
    "The second place that is shown, if any, is where the mistake may have begun: a quote or a bracket that is never closed, \
     a line that stands deeper than those before it. Text that begins with `@`, `%`, `` ` ``, `*`, `&`, `!`, `{`, `[` or `|` wants quotes.",
    config!("resources:" "\tgpu: 24GB"),
    config!("resources:" "  gpu: 24GB"),
);

pub(super) const EMPTY_DOCUMENT: Page = page(
    "Lines that begin with `#` are comments and do not count.",
    "# to be written\n",
    config!("# to be written"),
);

pub(super) const NOT_A_MAPPING: Page = page(
    "Each line at the top is a key, a colon, a blank and a value. Without the blank there is no key: `type:dev-environment` is a text.",
    "type:dev-environment\n",
    config!(),
);

pub(super) const MISSING_TYPE: Page = page(
    "dstack reads three types of configurations from files of the same name; `type` tells them apart.",
    "ide: vscode\n",
    config!(),
);

pub(super) const UNKNOWN_TYPE: Page = page(
    "Case counts, and so do blanks inside of quotes.",
    "type: Dev-Environment\nide: vscode\n",
    config!(),
);

pub(super) const UNSUPPORTED_TYPE: Page = page(
    "To work inside of what a task runs, describe a dev environment with the same `image`, `env` and `resources`, and start the commands in it.",
    "type: task\ncommands: [python train.py]\n",
    config!("init: [pip install -r requirements.txt]"),
);

pub(super) const MISSING_KEY: Page = page(
    "`type` and `ide` belong in every configuration, `username` and `password` in `registry_auth`, `container_port` in a port that is an object.",
    "type: dev-environment\n",
    config!(),
);

pub(super) const UNKNOWN_KEY: Page = page(
    "dstack refuses a configuration with a key that it does not know, so that a misspelt one is not silently ignored. \
     Indentation decides what a key belongs to: `gpu` stands under `resources`. Keys that came after dstack 0.18 are named as such.",
    config!("resurces:" "  gpu: 24GB"),
    config!("resources:" "  gpu: 24GB"),
);

pub(super) const KEY_NOT_TEXT: Page = page(
    "YAML 1.1 reads `on`, `off`, `yes` and `no` as booleans wherever they stand, keys included. In quotes they are text.",
    config!("on: push"),
    config!("init: [git pull]"),
);

pub(super) const UNEXPECTED_NULL: Page = page(
    "A key without a value is `null`, which is not the same as a key that is left out. What is meant to stay at its default is best not written. \
     In a mapping of variables, an empty value is written `\"\"`.",
    config!("init:"),
    config!("init:" "  - pip install -r requirements.txt"),
);

pub(super) const WRONG_TYPE: Page = page(
    "A list is written with a `-` before each item, or in brackets; one item alone is a list of one only when it is written as such. \
     A colon followed by a blank makes a mapping, in a command too: quote the command.",
    config!("init: pip install -r requirements.txt"),
    config!("init: [pip install -r requirements.txt]"),
);
