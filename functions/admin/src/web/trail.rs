//! The audit trail of a month.

use faregate::store::month_of;

use super::pages::trail::{self, TrailOfMonth};
use super::trouble::Trouble;
use super::{Page, Visit, encoded};

/// A part of the trail of one month; of this one, if none is asked for.
pub(crate) async fn show(visit: Visit) -> Result<Page, Trouble> {
    let now = month_of(visit.deps.clock.now());
    let asked = visit.query.given("month");
    let month = asked.unwrap_or(&now);
    let before = month_before(month).ok_or(Trouble::NotFound)?;
    let told = crate::trail::in_month(&visit.deps, month, visit.query.given("before")).await?;
    let last = told.entries.last().filter(|_| told.has_older);
    let older = last.map(|entry| format!("/admin/trail/?{}", encoded([("month", month), ("before", &entry.id)])));
    let page = TrailOfMonth {
        administrator: &visit.administrator,
        month,
        told: &told,
        older,
        month_before: Some(format!("/admin/trail/?{}", encoded([("month", before.as_str())]))),
    };
    Ok(Page::ok(trail::page(&page)))
}

/// The month before `month`, such as `2025-12` before `2026-01`; nothing for what is no month.
fn month_before(month: &str) -> Option<String> {
    let (year, number) = month.split_once('-').filter(|_| month.len() == 7)?;
    let (year, number): (u16, u16) = (year.parse().ok()?, number.parse().ok()?);
    match number {
        1 => Some(format!("{:04}-12", year.checked_sub(1)?)),
        2..=12 => Some(format!("{year:04}-{:02}", number - 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_go_back_over_the_year() {
        assert_eq!(month_before("2026-01").as_deref(), Some("2025-12"));
        assert_eq!(month_before("2026-12").as_deref(), Some("2026-11"));
        for other in ["", "2026", "2026-13", "2026-00", "26-1", "2026-1-", "aaaa-bb", "0000-01"] {
            assert_eq!(month_before(other), None, "{other}");
        }
    }
}
