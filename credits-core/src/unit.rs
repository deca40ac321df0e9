//! Units of quantities, such as pages, minutes or megabytes.
//!
//! Time is counted in microseconds and size in bytes, so that a quantity given in one unit of a dimension is
//! exact in every other. Every other unit counts pieces.

/// The dimension of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Time, in microseconds.
    Time,
    /// Size, in bytes.
    Size,
    /// A number of pieces.
    Count,
}

/// A unit of quantities: built in, or any other word, which counts pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    /// Singular, as in `credit_per(page)`.
    pub name: &'static str,
    /// Plural, which also names the operation's field.
    pub plural: &'static str,
    /// The dimension.
    pub dimension: Dimension,
    /// Base units (microseconds, bytes, pieces) in one unit.
    pub base: u64,
}

/// A built-in unit, with its words.
#[derive(Clone, Copy, Debug)]
pub struct BuiltInUnit {
    /// The unit, as a catalogue holds it.
    pub unit: Unit,
    /// Name of the marker type, such as `Minute`.
    pub marker: &'static str,
    /// Words of the language that mean the unit.
    pub words: &'static [&'static str],
}

const fn built_in(
    unit: (&'static str, &'static str),
    marker: &'static str,
    measure: (Dimension, u64),
    words: &'static [&'static str],
) -> BuiltInUnit {
    let (name, plural) = unit;
    let (dimension, base) = measure;
    BuiltInUnit { unit: Unit { name, plural, dimension, base }, marker, words }
}

const KIB: u64 = 1_024;
const SECOND: u64 = 1_000_000;

/// The built-in units of time and size. 1 mb is 1,048,576 bytes, as in the Ruby gems.
pub const BUILT_IN_UNITS: &[BuiltInUnit] = &[
    built_in(("second", "seconds"), "Second", (Dimension::Time, SECOND), &["second", "seconds"]),
    built_in(("minute", "minutes"), "Minute", (Dimension::Time, 60 * SECOND), &["minute", "minutes"]),
    built_in(("hour", "hours"), "Hour", (Dimension::Time, 3_600 * SECOND), &["hour", "hours"]),
    built_in(("day", "days"), "Day", (Dimension::Time, 86_400 * SECOND), &["day", "days"]),
    built_in(("byte", "bytes"), "Byte", (Dimension::Size, 1), &["byte", "bytes"]),
    built_in(("kb", "kb"), "Kb", (Dimension::Size, KIB), &["kb", "kilobyte", "kilobytes"]),
    built_in(("mb", "mb"), "Mb", (Dimension::Size, KIB * KIB), &["mb", "megabyte", "megabytes"]),
    built_in(("gb", "gb"), "Gb", (Dimension::Size, KIB * KIB * KIB), &["gb", "gigabyte", "gigabytes"]),
    built_in(("tb", "tb"), "Tb", (Dimension::Size, KIB * KIB * KIB * KIB), &["tb", "terabyte", "terabytes"]),
];
