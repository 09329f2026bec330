//! The audit trail, of a month or of a user.

use std::fmt;
use std::str::FromStr;

use faregate::domain::user::UserId;
use faregate::store::month_of;

use super::pages::trail::{self, Around, TrailPage};
use super::trouble::Trouble;
use super::{Page, Visit, encoded};
use crate::trail::{Subject, Told, page};

/// A part of the trail: of one user, if one is asked for; else of one month; of this one, if none is asked for.
pub(crate) async fn show(visit: Visit) -> Result<Page, Trouble> {
    let user = asked::<UserId>(&visit, "user")?;
    match user {
        Some(id) => of_user(&visit, id).await,
        None => of_month(&visit).await,
    }
}

async fn of_user(visit: &Visit, id: UserId) -> Result<Page, Trouble> {
    let told = page(&visit.deps, Subject::User(id), asked(visit, "before")?).await?;
    let older = older(&told, ("user", &id.to_string()));
    let shown = TrailPage { administrator: &visit.administrator, told: &told, older, around: Around::User(id) };
    Ok(Page::ok(trail::page(&shown)))
}

async fn of_month(visit: &Visit) -> Result<Page, Trouble> {
    let now = month_of(visit.deps.clock.now()).parse()?;
    let month = asked::<Month>(visit, "month")?.unwrap_or(now);
    let name = month.to_string();
    let told = page(&visit.deps, Subject::Month(&name), asked(visit, "before")?).await?;
    let around = Around::Month {
        name: &name,
        month_before: month.before().address(),
        month_after: (month < now).then(|| month.after().address()),
    };
    let older = older(&told, ("month", &name));
    let shown = TrailPage { administrator: &visit.administrator, told: &told, older, around };
    Ok(Page::ok(trail::page(&shown)))
}

/// What the address says of `name`, if it says anything; what is none is nowhere.
fn asked<T: FromStr>(visit: &Visit, name: &str) -> Result<Option<T>, Trouble> {
    visit.query.given(name).map(str::parse).transpose().map_err(|_| Trouble::NotFound)
}

/// The address of what is older than `told`, of the same `subject`.
fn older(told: &Told, subject: (&str, &str)) -> Option<String> {
    let last = told.entries.last().filter(|_| told.has_older)?;
    Some(format!("/admin/trail/?{}", encoded([subject, ("before", &last.id.to_string())])))
}

/// A month, counted from the begin of the year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Month(u32);

impl Month {
    const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    const fn after(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    fn address(self) -> String {
        format!("/admin/trail/?{}", encoded([("month", self.to_string().as_str())]))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.0 / 12, self.0 % 12 + 1)
    }
}

impl FromStr for Month {
    type Err = Trouble;

    /// Takes only the spelling that `Display` makes.
    fn from_str(text: &str) -> Result<Self, Trouble> {
        let digits = |part: &str, length: usize| {
            let is_number = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u32>().ok().filter(|_| is_number)
        };
        let (year, number) = text.split_once('-').ok_or(Trouble::NotFound)?;
        match (digits(year, 4), digits(number, 2)) {
            (Some(year), Some(number @ 1..=12)) => Ok(Self(year * 12 + number - 1)),
            _ => Err(Trouble::NotFound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn months_go_back_and_forth_over_the_year() {
        assert_eq!(month("2026-01").before().to_string(), "2025-12");
        assert_eq!(month("2026-12").before().to_string(), "2026-11");
        assert_eq!(month("2025-12").after(), month("2026-01"));
        assert_eq!(month("2026-11").after(), month("2026-12"));
        assert!(month("2025-12") < month("2026-01"));
    }

    #[test]
    fn a_month_has_one_spelling() {
        for other in ["", "2026", "2026-13", "2026-00", "26-1", "2026-1-", "aaaa-bb", "2026-+1", "+026-01", "2026-1"] {
            assert!(other.parse::<Month>().is_err(), "{other}");
        }
    }
}
