//! What is done with figures.

/// A number of things, to be divided by.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub const fn count(number: usize) -> f64 {
    number as f64
}

/// The middle one of `figures`; not a number when there is none.
#[must_use]
pub fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
