//! Ranges: `4`, `4..`, `..8`, `4..8`, or `{min, max}`.

use super::{
    coerce,
    context::{At, Cx, Path, kind, quote},
    fields::Fields,
    memory, scalars,
};
use crate::{
    config::{IntRange, SizeRange},
    diagnostics::Code,
    yaml::Value,
};

/// What stands in a range.
trait Bound: Copy + PartialOrd + std::fmt::Display {
    /// Its path in the table of fields serves for the keys; the names are the same everywhere.
    const OBJECT: &'static str;

    fn of_value(cx: &mut Cx<'_>, at: At<'_>) -> Option<Self>;

    /// Reads one side of a written range; reports at `at` when it is wrong.
    fn of_text(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<Self>;
}

impl Bound for i64 {
    const OBJECT: &'static str = "resources.gpu.count";

    fn of_value(cx: &mut Cx<'_>, at: At<'_>) -> Option<Self> {
        scalars::integer(cx, at)
    }

    fn of_text(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<Self> {
        let Some(int) = cx.int_of_text(text) else {
            let message = match text {
                "" => "expected a whole number, got an empty text".to_owned(),
                _ => format!("expected a whole number, got {}", quote(text)),
            };
            cx.report(Code::InvalidInteger, at, message)
                .help("write a number such as `4`, or a range such as `4..8`");
            return None;
        };
        scalars::fits(cx, at, int)
    }
}

/// GB.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Size(f64);

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&memory::words(self.0).replace(' ', ""))
    }
}

impl Bound for Size {
    const OBJECT: &'static str = "resources.memory";

    fn of_value(cx: &mut Cx<'_>, at: At<'_>) -> Option<Self> {
        memory::size(cx, at).map(Self)
    }

    fn of_text(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<Self> {
        memory::of_text(cx, at, text).map(Self)
    }
}

/// A range of whole numbers.
pub(super) fn ints(cx: &mut Cx<'_>, at: At<'_>) -> Option<IntRange> {
    read::<i64>(cx, at).map(|(min, max)| IntRange { min, max })
}

/// A range of whole numbers from the keys of an object that has others, too.
pub(super) fn ints_of(cx: &mut Cx<'_>, at: At<'_>, fields: &Fields) -> Option<IntRange> {
    of_fields::<i64>(cx, at, fields).map(|(min, max)| IntRange { min, max })
}

/// A range of sizes.
pub(super) fn sizes(cx: &mut Cx<'_>, at: At<'_>) -> Option<SizeRange> {
    read::<Size>(cx, at).map(size_range)
}

/// A range of whole numbers from a part of a text.
pub(super) fn ints_of_text(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<IntRange> {
    of_text::<i64>(cx, at, text).map(|(min, max)| IntRange { min, max })
}

/// A range of sizes from a part of a text.
pub(super) fn sizes_of_text(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<SizeRange> {
    of_text::<Size>(cx, at, text).map(size_range)
}

fn size_range((min, max): (Option<Size>, Option<Size>)) -> SizeRange {
    SizeRange { min: min.map(|size| size.0), max: max.map(|size| size.0) }
}

type Sides<T> = (Option<T>, Option<T>);

fn read<T: Bound>(cx: &mut Cx<'_>, at: At<'_>) -> Option<Sides<T>> {
    match cx.value(at) {
        Value::Str(text) => of_text(cx, at, text),
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => {
            let value = T::of_value(cx, at)?;
            Some((Some(value), Some(value)))
        }
        Value::Binary(_) | Value::Timestamp(_) => {
            let what = kind(cx.value(at));
            cx.report(Code::WrongType, at, format!("expected a range, got {what}"))
                .help("write `4`, `4..`, `..8` or `4..8`");
            None
        }
        _ => {
            let fields = cx.object(at, T::OBJECT)?;
            of_fields(cx, at, &fields)
        }
    }
}

fn of_fields<T: Bound>(cx: &mut Cx<'_>, at: At<'_>, fields: &Fields) -> Option<Sides<T>> {
    let min = fields.optional(cx, at.path, "min", T::of_value);
    let max = fields.optional(cx, at.path, "max", T::of_value);
    in_order(cx, at, min?, max?, None)
}

fn of_text<T: Bound>(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<Sides<T>> {
    if !text.contains("..") {
        let value = T::of_text(cx, at, text)?;
        return Some((Some(value), Some(value)));
    }
    let text = text.replace(' ', "");
    let mut sides = text.split("..");
    let (Some(min), Some(max), None) = (sides.next(), sides.next(), sides.next()) else {
        cx.report(Code::InvalidRange, at, format!("{} has more than two bounds", quote(&text)))
            .help("a range is `4`, `4..`, `..8` or `4..8`");
        return None;
    };
    let mut side = |name: &'static str, text: &str| {
        if text.is_empty() {
            return Some(None);
        }
        let path = Path::Key(at.path, name);
        T::of_text(cx, At { path: &path, ..at }, text).map(Some)
    };
    let sized = one_unit(min, max);
    let dots = max.starts_with('.') && max.len() > 1;
    let (low, high) = (min.to_owned(), max.trim_start_matches('.').to_owned());
    let two_dots = format!("{low}..{high}");
    let meant = if dots { Some(&two_dots) } else { sized.as_ref() };
    let min = side("min", min);
    let max = side("max", max);
    let (min, max) = in_order(cx, at, min?, max?, meant)?;
    // A part of a text, as in `gpu: 1..2TB:2`, is nothing to replace.
    let whole = matches!(cx.value(at), Value::Str(t) if t.replace(' ', "") == text);
    let fix = |cx: &Cx<'_>, meant: &str| cx.replacement(at, meant).filter(|_| whole);
    if dots && max.is_some() {
        let fix = fix(cx, &two_dots);
        let draft = cx.report(
            Code::ThreeDots,
            at,
            format!(
                "the third dot belongs to the number: the upper bound is {}",
                max.map(|max| max.to_string()).unwrap_or_default()
            ),
        );
        draft.help("a range has two dots");
        if let Some(fix) = fix {
            draft.offer(format!("write `{two_dots}`"), at.range, fix);
        }
    } else if let (Some(sized), Some(min)) =
        (sized.filter(|_| coerce::float_of_text(&low) <= number_of(&high)), min)
    {
        let explicit = format!("{low}GB..{high}");
        let fixes = (fix(cx, &sized), fix(cx, &explicit));
        let draft =
            cx.report(Code::UnitMissing, at, format!("the lower bound is {min}: without a unit it is in GB"));
        draft.help("give both bounds their unit");
        if let (Some(same), Some(now)) = fixes {
            draft.offer(format!("write `{sized}`"), at.range, same);
            draft.offer(format!("write `{explicit}`, as it is read now"), at.range, now);
        }
    }
    Some((min, max))
}

/// Both bounds with the unit of the upper one, when the lower has none and it is not GB.
fn one_unit(min: &str, max: &str) -> Option<String> {
    let unit = max.get(max.len().checked_sub(2)?..)?;
    let bare = !min.is_empty() && min.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (bare && matches!(unit.to_ascii_uppercase().as_str(), "TB" | "MB")).then(|| format!("{min}{unit}..{max}"))
}

/// The number of a size, its unit left out.
fn number_of(size: &str) -> Option<f64> {
    coerce::float_of_text(size.get(..size.len().checked_sub(2)?)?)
}

/// Whether both bounds of a range are sizes (or numbers), the lower one first.
fn ascends(range: &str) -> bool {
    let sides = range.split_once("..").map(|(min, max)| (memory::parse(min), memory::parse(max)));
    matches!(sides, Some((Some(min), Some(max))) if min <= max)
}

fn in_order<T: Bound>(
    cx: &mut Cx<'_>,
    at: At<'_>,
    min: Option<T>,
    max: Option<T>,
    meant: Option<&String>,
) -> Option<Sides<T>> {
    match (min, max) {
        (None, None) => {
            cx.report(Code::EmptyRange, at, "a range needs at least one bound")
                .help("write `4`, `4..`, `..8` or `4..8`");
            None
        }
        (Some(low), Some(high)) if low > high => {
            let whole = matches!(cx.value(at), Value::Str(t) if !t.contains(':'));
            let swapped = format!("{high}..{low}");
            let fixes: Vec<_> = meant
                .into_iter()
                // Written otherwise, the bounds may still be the wrong way round.
                .filter(|meant| ascends(meant))
                .chain([&swapped])
                .filter(|_| whole)
                .filter_map(|meant| Some((meant.clone(), cx.replacement(at, meant)?)))
                .collect();
            let draft = cx.report(
                Code::RangeOrder,
                at,
                format!("the lower bound {low} is above the upper bound {high}"),
            );
            draft.help("the lower bound comes first");
            for (meant, fix) in fixes {
                draft.offer(format!("write `{meant}`"), at.range, fix);
            }
            None
        }
        sides => Some(sides),
    }
}
