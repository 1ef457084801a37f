//! The rules: one row each. The codes are stable; tests, editors and `# noqa`-like tools rely on them.

use super::Severity;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $severity:ident;)+) => {
        /// A rule that a [`super::Diagnostic`] may report.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every rule, errors first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name, in kebab case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// How much it matters.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// What the rule is about, in a few sentences.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc, "\n",)+).trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// The text is larger than 256 KiB. A configuration is a few lines; anything this large was pasted by mistake.
    TextTooLong = "text-too-long", Error;
    /// The file holds bytes that are no text in UTF-8.
    NotUtf8 = "not-utf-8", Error;
    /// The text is not YAML. dstack reads YAML 1.1: tabs never indent, a colon is followed by a blank, quotes
    /// and brackets are closed.
    YamlSyntax = "yaml-syntax", Error;
    /// The text holds no document, or only `null`.
    EmptyDocument = "empty-document", Error;
    /// The document is a list or a single value; a configuration is a mapping of keys to values.
    NotAMapping = "not-a-mapping", Error;
    /// A configuration says what it describes: `type: dev-environment`.
    MissingType = "missing-type", Error;
    /// `type` is `dev-environment`, written exactly so.
    UnknownType = "unknown-type", Error;
    /// `task` and `service` are types of dstack that Berth does not launch.
    UnsupportedType = "unsupported-type", Error;
    /// A key that must be there is not.
    MissingKey = "missing-key", Error;
    /// The key is not one of those that are read here. Keys are case-sensitive and written with underscores.
    UnknownKey = "unknown-key", Error;
    /// A key is read as a number, a boolean or nothing instead of text: `on:`, `1.5:`, `~:`.
    KeyNotText = "key-not-text", Error;
    /// The key has no value, and this key needs one.
    UnexpectedNull = "unexpected-null", Error;
    /// The value is of another kind than the key takes: text where a list belongs, a list where text belongs.
    WrongType = "wrong-type", Error;
    /// The value is not one of those that the key takes.
    InvalidValue = "invalid-value", Error;
    /// The value is not a whole number.
    InvalidInteger = "invalid-integer", Error;
    /// The value is not a number.
    InvalidNumber = "invalid-number", Error;
    /// A whole number beyond 64 bits. dstack reads it; nothing can be launched with it.
    NumberTooLarge = "number-too-large", Error;
    /// A size is a number with `MB`, `GB` or `TB`, or without a unit for GB.
    InvalidSize = "invalid-size", Error;
    /// A range is `4`, `4..`, `..8` or `4..8`.
    InvalidRange = "invalid-range", Error;
    /// A range needs at least one bound.
    EmptyRange = "empty-range", Error;
    /// The lower bound of a range is above the upper one.
    RangeOrder = "range-order", Error;
    /// A duration is a whole number with one of the units `s`, `m`, `h`, `d`, `w`.
    InvalidDuration = "invalid-duration", Error;
    /// A disk has at least 50 GB.
    DiskTooSmall = "disk-too-small", Error;
    /// A GPU is written as names, memory and count, parted by colons: `A100:80GB:2`.
    InvalidGpu = "invalid-gpu", Error;
    /// A compute capability is two whole numbers parted by a dot: `7.5`.
    InvalidComputeCapability = "invalid-compute-capability", Error;
    /// A port is a number from 1 to 65536, a mapping such as `8080:80` or `*:80`, or an object.
    InvalidPort = "invalid-port", Error;
    /// A variable in a list is `NAME=value`, or `NAME` alone to be asked for its value at launch.
    InvalidVariable = "invalid-variable", Error;
    /// The same variable is given twice in a list.
    DuplicateVariable = "duplicate-variable", Error;
    /// A price is above 0.
    PriceNotPositive = "price-not-positive", Error;
    /// `python` chooses the default image, so it cannot stand beside an `image` of your own.
    ImageAndPython = "image-and-python", Error;
    /// Keys that only dstack 0.18 has stand beside keys that only 0.22 has, so that neither reads the file.
    MixedDialects = "mixed-dialects", Error;

    /// YAML 1.1 reads digits with colons as a number of base 60: `22:22` is 1342, `1:30` is 90.
    Base60 = "base-60", Warning;
    /// YAML 1.1 reads `yes`, `no`, `on`, `off`, `true` and `false` as booleans; as text they become `True` and `False`.
    BooleanAsText = "boolean-as-text", Warning;
    /// YAML 1.1 reads `yes`, `no`, `on`, `off`, `true` and `false` as booleans; as numbers they become 1 and 0.
    BooleanAsNumber = "boolean-as-number", Warning;
    /// YAML 1.1 reads a whole number that begins with 0 as octal: `010` is 8.
    OctalNumber = "octal-number", Warning;
    /// An unquoted number is rewritten when it becomes text: `1.80` is the number 1.8, and the text `1.8`.
    NumberAsText = "number-as-text", Warning;
    /// The part after the decimal point is dropped: `cpu: 4.7` means 4.
    FractionDropped = "fraction-dropped", Warning;
    /// `python: 3.10` is the number 3.1. It is read as 3.10, but only quotes say so.
    PythonFloat = "python-float", Warning;
    /// The same key stands twice in one mapping; the last one wins and the others are ignored.
    DuplicateKey = "duplicate-key", Warning;
    /// A value in a list of variables holds its quotes: `NAME="value"` is no shell.
    QuotedValue = "quoted-value", Warning;
    /// A variable in a mapping has a name that a shell cannot use.
    VariableName = "variable-name", Warning;
    /// A port of your machine is given away twice, or a port of the environment is mapped twice to any.
    DuplicatePort = "duplicate-port", Warning;
    /// A port that is accepted but cannot be reached: 65536 does not exist, and dstack keeps 10000 to 10999 for itself.
    UnusablePort = "unusable-port", Warning;
    /// The bounds of a range are in different units, because one has none: `1..2TB` begins at 1 GB.
    UnitMissing = "unit-missing", Warning;
    /// A third dot in a range belongs to the number after it: `8...16` ends at 0.16.
    ThreeDots = "three-dots", Warning;
    /// What is asked for contradicts itself, so that no machine can match: a name for 0 GPUs, less memory than none.
    MatchesNothing = "matches-nothing", Warning;
    /// A path that should begin at the root does not.
    PathNotAbsolute = "path-not-absolute", Warning;
    /// A text that is empty is not the same as one that is left out.
    EmptyText = "empty-text", Warning;
    /// A disk size without `..` is exact: `500GB` rules out a disk of 512 GB.
    DiskExact = "disk-exact", Warning;
    /// A bare number of GPUs is their count, not their memory: `gpu: 24` asks for 24 GPUs.
    GpuCount = "gpu-count", Warning;
    /// A size stands among the names of GPUs: `A100,80GB` is two names.
    GpuNameSize = "gpu-name-size", Warning;
    /// A comma inside `name` is part of the name; the short form and a list take several names.
    GpuNameComma = "gpu-name-comma", Warning;
    /// A list of texts of two characters that are no variables is read as a mapping of the first to the second.
    VariablePairs = "variable-pairs", Warning;
    /// `retry: false` with a `duration` retries all the same.
    RetryForced = "retry-forced", Warning;
    /// `retry: true` without a `duration` retries without an end.
    RetryUnlimited = "retry-unlimited", Warning;
    /// A duration without a unit is in seconds: `8` is eight seconds.
    DurationInSeconds = "duration-in-seconds", Warning;
    /// A duration of 0 or less.
    DurationNotPositive = "duration-not-positive", Warning;
    /// A schedule names weekdays by number. dstack 0.22 counts from Monday, which is 0; crontabs count from Sunday.
    CronWeekday = "cron-weekday", Warning;
    /// An empty list of backends, regions, instance types or GPU names matches nothing at all.
    EmptyList = "empty-list", Warning;
    /// Two profiles have the same name; the first one is used and the other never is.
    DuplicateProfile = "duplicate-profile", Warning;
    /// More than one profile says to be the default; the first one is.
    SeveralDefaults = "several-defaults", Warning;
    /// A key that has no effect beside another one.
    NoEffect = "no-effect", Warning;

    /// A key without a value, which is read as `null`.
    NoValue = "no-value", Hint;
    /// A variable without a value: whoever launches is asked for it, and it is not stored in the text.
    VariableAsked = "variable-asked", Hint;
    /// A password or token in plain text travels with the file.
    PlainSecret = "plain-secret", Hint;
    /// No offer in the catalogue has a GPU of this name. Names are those of the models: `A100`, `RTX4090`.
    UnknownGpu = "unknown-gpu", Hint;
    /// No GPU of this name comes with this memory: an `A100` has 40 GB or 80 GB.
    GpuMemory = "gpu-memory", Hint;
    /// The catalogue has no offers of this backend.
    BackendWithoutOffers = "backend-without-offers", Hint;
    /// No offer in the catalogue is in a region of this name.
    UnknownRegion = "unknown-region", Hint;
    /// The region belongs to a backend that `backends` leaves out.
    RegionElsewhere = "region-elsewhere", Hint;
    /// No offer in the catalogue has an instance type of this name.
    UnknownInstanceType = "unknown-instance-type", Hint;
    /// The instance type belongs to a backend that `backends` leaves out.
    InstanceTypeElsewhere = "instance-type-elsewhere", Hint;
    /// There are more problems than are worth listing.
    TooManyProblems = "too-many-problems", Hint;
}

impl Code {
    /// Whether the rule is about what a catalogue knows, and silent where there is none.
    #[must_use]
    pub const fn needs_catalogue(self) -> bool {
        matches!(
            self,
            Self::UnknownGpu
                | Self::GpuMemory
                | Self::BackendWithoutOffers
                | Self::UnknownRegion
                | Self::RegionElsewhere
                | Self::UnknownInstanceType
                | Self::InstanceTypeElsewhere
        )
    }

    /// The rule of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_kebab_case() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(
                code.name().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{code:?}"
            );
            assert_eq!(Code::from_name(code.name()), Some(*code));
            assert!(code.explanation().ends_with('.'), "{code:?}");
        }
    }
}
