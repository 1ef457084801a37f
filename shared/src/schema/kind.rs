//! What a field takes, as a type: the words for people, the JSON Schema, completion and hover follow from it.

/// What a [`super::Field`] takes. How forms are read is in `config`; here they have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Text; numbers and booleans become text.
    Text,
    /// A list of texts.
    TextList,
    /// One text or a list of them.
    TextOrList,
    /// One of [`super::Field::values`], written exactly so.
    Choice,
    /// A list of [`super::Field::values`].
    ChoiceList,
    /// One of [`super::Field::values`] as text or as a float, where `3.1` means `3.10`.
    PythonVersion,
    /// A whole number; a fraction is dropped.
    Integer,
    /// A whole number, a range such as `4..8`, or `{min, max}`.
    IntegerRange,
    /// A number above 0.
    Price,
    /// A size in GB, or with `MB`, `GB`, `TB`.
    Size,
    /// A size, a range such as `16GB..64GB`, or `{min, max}`.
    SizeRange,
    /// A [`Kind::SizeRange`] whose bounds are 50 GB or more.
    DiskRange,
    /// A [`Kind::DiskRange`], or an object that holds one.
    Disk,
    /// A count, a text such as `A100:80GB:2`, or an object.
    Gpu,
    /// Two whole numbers parted by a dot, as text or float, or a list of the two.
    ComputeCapability,
    /// Whole seconds, or digits with a unit.
    Duration,
    /// A [`Kind::Duration`], or `off`.
    DurationOrOff,
    /// `true` or `false`, or what stands for them.
    Boolean,
    /// A list of `NAME=value` and `NAME`, or a mapping.
    Env,
    /// The value in a mapping of variables: text, or an object that names a variable.
    EnvValue,
    /// A list of ports: numbers, `local:container`, or objects.
    Ports,
    /// A port from 1 to 65536.
    Port,
    /// A mapping whose keys are fields of the table.
    Object,
    /// A list of what the field's own words say.
    List,
    /// A mapping with keys of the author's choice.
    Mapping,
    /// A boolean or an object.
    BooleanOrObject,
    /// Text that stands for an object, or the object.
    TextOrObject,
    /// A number of vCPUs, a range of them, an architecture, or text with both.
    Cpu,
    /// Nothing but null.
    Nothing,
}

impl Kind {
    /// The type in words, for people: `text`, `list of text`, `duration`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Text | Self::Choice | Self::PythonVersion | Self::ComputeCapability => "text",
            Self::TextList | Self::ChoiceList => "list of text",
            Self::TextOrList => "text or list of text",
            Self::Integer | Self::Port => "whole number",
            Self::IntegerRange => "range of whole numbers",
            Self::Price => "number",
            Self::Size => "size",
            Self::SizeRange | Self::DiskRange => "range of sizes",
            Self::Disk => "range of sizes or object",
            Self::Gpu => "GPU",
            Self::Duration => "duration",
            Self::DurationOrOff => "duration or `off`",
            Self::Boolean => "boolean",
            Self::Env => "list or mapping",
            Self::EnvValue => "text or object",
            Self::Ports => "list of ports",
            Self::Object => "object",
            Self::List => "list",
            Self::Mapping => "mapping",
            Self::BooleanOrObject => "boolean or object",
            Self::TextOrObject => "text or object",
            Self::Cpu => "range of whole numbers, architecture or both",
            Self::Nothing => "nothing",
        }
    }

    /// Whether [`super::Field::values`] lists what it takes.
    #[must_use]
    pub const fn has_values(self) -> bool {
        matches!(self, Self::Choice | Self::ChoiceList | Self::PythonVersion)
    }
}
