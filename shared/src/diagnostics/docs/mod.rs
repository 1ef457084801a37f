//! The documentation of the rules: a [`Page`] for each [`Code`], with a text that breaks the rule and one
//! that keeps it. Tested: the first gives the code, the second gives no diagnostic at all.
//!
//! What documents the rules (`berth explain`, `docs/reference`, SARIF's rules) is made from
//! [`Code::explanation`] and [`Code::page`]. Nothing on the way of `check` refers to the pages, so a
//! WebAssembly module that only checks does not carry them.

mod meanings;
mod names;
mod reading;
mod surprises;
mod values;

use std::borrow::Cow;

use super::{Code, Diagnostic};
use crate::config::{check_bytes, check_profiles, pinned};

/// The documentation of one rule, beyond its [`Code::explanation`].
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Why the rule is there and what to do, in a few sentences; literals in backticks.
    pub advice: &'static str,
    /// Breaks the rule.
    pub bad: Example,
    /// Keeps it; the same text mended, as a rule.
    pub good: Example,
}

/// A text that shows a rule.
#[derive(Clone, Copy, Debug)]
pub enum Example {
    /// A configuration.
    Configuration(&'static str),
    /// A file of profiles.
    Profiles(&'static str),
    /// One that cannot be shown whole, because it is too long or no text.
    Generated {
        /// What to show instead.
        excerpt: &'static str,
        /// The bytes themselves.
        bytes: fn() -> Vec<u8>,
    },
}

impl Example {
    /// What a page shows: the text, or an excerpt.
    #[must_use]
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Configuration(text) | Self::Profiles(text) | Self::Generated { excerpt: text, .. } => text,
        }
    }

    /// What is said about it, checked as what it is.
    #[must_use]
    pub fn diagnostics(self) -> Vec<Diagnostic> {
        match self {
            Self::Profiles(text) => check_profiles(text).diagnostics,
            _ => check_bytes(&self.bytes(), pinned(self.shown()).unwrap_or_default()).diagnostics,
        }
    }

    /// What to check to see the rule at work.
    #[must_use]
    pub fn bytes(self) -> Cow<'static, [u8]> {
        match self {
            Self::Configuration(text) | Self::Profiles(text) => text.as_bytes().into(),
            Self::Generated { bytes, .. } => bytes().into(),
        }
    }
}

impl Code {
    /// Its documentation.
    #[must_use]
    pub fn page(self) -> Page {
        match self {
            Self::TextTooLong => reading::TEXT_TOO_LONG,
            Self::NotUtf8 => reading::NOT_UTF8,
            Self::YamlSyntax => reading::YAML_SYNTAX,
            Self::EmptyDocument => reading::EMPTY_DOCUMENT,
            Self::NotAMapping => reading::NOT_A_MAPPING,
            Self::MissingType => reading::MISSING_TYPE,
            Self::UnknownType => reading::UNKNOWN_TYPE,
            Self::UnsupportedType => reading::UNSUPPORTED_TYPE,
            Self::MissingKey => reading::MISSING_KEY,
            Self::UnknownKey => reading::UNKNOWN_KEY,
            Self::KeyNotText => reading::KEY_NOT_TEXT,
            Self::UnexpectedNull => reading::UNEXPECTED_NULL,
            Self::WrongType => reading::WRONG_TYPE,
            Self::InvalidValue => values::INVALID_VALUE,
            Self::InvalidInteger => values::INVALID_INTEGER,
            Self::InvalidNumber => values::INVALID_NUMBER,
            Self::NumberTooLarge => values::NUMBER_TOO_LARGE,
            Self::InvalidSize => values::INVALID_SIZE,
            Self::InvalidRange => values::INVALID_RANGE,
            Self::EmptyRange => values::EMPTY_RANGE,
            Self::RangeOrder => values::RANGE_ORDER,
            Self::InvalidDuration => values::INVALID_DURATION,
            Self::DiskTooSmall => values::DISK_TOO_SMALL,
            Self::InvalidGpu => values::INVALID_GPU,
            Self::InvalidComputeCapability => values::INVALID_COMPUTE_CAPABILITY,
            Self::InvalidPort => values::INVALID_PORT,
            Self::InvalidVariable => values::INVALID_VARIABLE,
            Self::DuplicateVariable => values::DUPLICATE_VARIABLE,
            Self::PriceNotPositive => values::PRICE_NOT_POSITIVE,
            Self::ImageAndPython => values::IMAGE_AND_PYTHON,
            Self::Base60 => surprises::BASE_60,
            Self::BooleanAsText => surprises::BOOLEAN_AS_TEXT,
            Self::BooleanAsNumber => surprises::BOOLEAN_AS_NUMBER,
            Self::OctalNumber => surprises::OCTAL_NUMBER,
            Self::NumberAsText => surprises::NUMBER_AS_TEXT,
            Self::FractionDropped => surprises::FRACTION_DROPPED,
            Self::PythonFloat => surprises::PYTHON_FLOAT,
            Self::DuplicateKey => surprises::DUPLICATE_KEY,
            Self::DiskExact => surprises::DISK_EXACT,
            Self::GpuCount => surprises::GPU_COUNT,
            Self::GpuNameComma => surprises::GPU_NAME_COMMA,
            Self::VariablePairs => surprises::VARIABLE_PAIRS,
            Self::RetryForced => surprises::RETRY_FORCED,
            Self::RetryUnlimited => surprises::RETRY_UNLIMITED,
            Self::MixedDialects => surprises::MIXED_DIALECTS,
            Self::CronWeekday => surprises::CRON_WEEKDAY,
            Self::DurationNotPositive => surprises::DURATION_NOT_POSITIVE,
            Self::EmptyList => surprises::EMPTY_LIST,
            Self::DuplicateProfile => surprises::DUPLICATE_PROFILE,
            Self::SeveralDefaults => surprises::SEVERAL_DEFAULTS,
            Self::QuotedValue => meanings::QUOTED_VALUE,
            Self::VariableName => meanings::VARIABLE_NAME,
            Self::DuplicatePort => meanings::DUPLICATE_PORT,
            Self::UnusablePort => meanings::UNUSABLE_PORT,
            Self::UnitMissing => meanings::UNIT_MISSING,
            Self::ThreeDots => meanings::THREE_DOTS,
            Self::MatchesNothing => meanings::MATCHES_NOTHING,
            Self::PathNotAbsolute => meanings::PATH_NOT_ABSOLUTE,
            Self::EmptyText => meanings::EMPTY_TEXT,
            Self::GpuNameSize => meanings::GPU_NAME_SIZE,
            Self::DurationInSeconds => meanings::DURATION_IN_SECONDS,
            Self::NoValue => meanings::NO_VALUE,
            Self::NoEffect => surprises::NO_EFFECT,
            Self::VariableAsked => surprises::VARIABLE_ASKED,
            Self::PlainSecret => surprises::PLAIN_SECRET,
            Self::UnknownGpu => names::UNKNOWN_GPU,
            Self::GpuMemory => names::GPU_MEMORY,
            Self::BackendWithoutOffers => names::BACKEND_WITHOUT_OFFERS,
            Self::UnknownRegion => names::UNKNOWN_REGION,
            Self::RegionElsewhere => names::REGION_ELSEWHERE,
            Self::UnknownInstanceType => names::UNKNOWN_INSTANCE_TYPE,
            Self::InstanceTypeElsewhere => names::INSTANCE_TYPE_ELSEWHERE,
            Self::TooManyProblems => surprises::TOO_MANY_PROBLEMS,
        }
    }

    /// A text that gives this code.
    #[must_use]
    pub fn bad_example(self) -> Example {
        self.page().bad
    }

    /// A text in the same matter that gives nothing to report.
    #[must_use]
    pub fn good_example(self) -> Example {
        self.page().good
    }
}

/// A page whose examples are files of profiles.
const fn profiles(advice: &'static str, bad: &'static str, good: &'static str) -> Page {
    Page { advice, bad: Example::Profiles(bad), good: Example::Profiles(good) }
}

/// A page whose examples are whole configurations.
const fn page(advice: &'static str, bad: &'static str, good: &'static str) -> Page {
    Page { advice, bad: Example::Configuration(bad), good: Example::Configuration(good) }
}

/// A configuration with what every one begins with.
macro_rules! config {
    ($($line:literal)*) => { concat!("type: dev-environment\nide: vscode\n", $($line, "\n",)*) };
}
use config;
