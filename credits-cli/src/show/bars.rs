//! Bars of a chart in a terminal.

/// A bar for a part of the largest figure, up to this many columns. A figure above zero has one column at least.
pub(crate) fn bar(figure: i128, largest: i128, columns: u16, draws: bool) -> String {
    let (figure, largest) = (figure.max(0).unsigned_abs(), largest.max(1).unsigned_abs());
    let length = (figure.saturating_mul(u128::from(columns))).div_ceil(largest).min(u128::from(columns));
    let block = if draws { "\u{2588}" } else { "#" };
    block.repeat(usize::try_from(length).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        for (figure, largest, shown) in [
            (0, 10, ""),
            (-5, 10, ""),
            (1, 1_000, "#"),
            (5, 10, "##"),
            (6, 10, "###"),
            (10, 10, "####"),
            (20, 10, "####"),
            (0, 0, ""),
            (i64::MAX.into(), i64::MAX.into(), "####"),
        ] {
            assert_eq!(bar(figure, largest, 4, false), shown, "{figure} of {largest}");
        }
        assert_eq!(bar(1, 1, 2, true), "\u{2588}\u{2588}");
    }
}
