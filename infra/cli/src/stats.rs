//! `faregate stats`: users, counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Args;
use faregate::domain::user::User;
use faregate::passwords::{UnreadableHash, examine};
use faregate::service::Service;
use serde_json::json;

use crate::everybody;
use crate::failure::Failure;
use crate::output::print_lines;

/// How the table is read.
#[derive(Args, Debug)]
pub(crate) struct StatsArguments {
    /// How many parts of the table are read side by side
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) segments: u16,
}

/// The counts.
#[derive(Default)]
struct Counts {
    users: u64,
    inactive: u64,
    staff: u64,
    imported: u64,
    without_password: u64,
    costs: BTreeMap<String, u64>,
}

/// Prints them.
pub(crate) async fn run(service: &Service, arguments: &StatsArguments, as_json: bool) -> Result<(), Failure> {
    let mut counts = Counts::default();
    everybody::each(service, (arguments.segments, "counting"), |user| {
        counts.add(&user, service);
        Ok(())
    })
    .await?;
    print_lines(if as_json { counts.json() } else { counts.text() }.trim_end());
    Ok(())
}

impl Counts {
    fn add(&mut self, user: &User, service: &Service) {
        self.users += 1;
        self.inactive += u64::from(!user.is_active);
        self.staff += u64::from(user.is_staff);
        self.imported += u64::from(user.legacy_id.is_some());
        let cost = match examine(&user.password_hash, service.settings.argon2) {
            Ok(None) => {
                self.without_password += 1;
                return;
            }
            Ok(Some(cost)) | Err(UnreadableHash::TooDear(cost)) => cost.to_string(),
            Err(_) => "unreadable".to_owned(),
        };
        *self.costs.entry(cost).or_default() += 1;
    }

    fn text(&self) -> String {
        let Self { users, inactive, staff, imported, without_password, costs } = self;
        let mut text = String::new();
        let counts = [
            ("users", users),
            ("inactive", inactive),
            ("staff", staff),
            ("with an id elsewhere", imported),
            ("without password", without_password),
        ];
        for (name, count) in counts {
            let _infallible = writeln!(text, "{name:35} {count:>9}");
        }
        text.push_str("password hashes\n");
        for (cost, count) in costs {
            let _infallible = writeln!(text, "  {cost:33} {count:>9}");
        }
        text
    }

    fn json(&self) -> String {
        let Self { users, inactive, staff, imported, without_password, costs } = self;
        let value = json!({
            "users": users,
            "inactive": inactive,
            "staff": staff,
            "with_an_id_elsewhere": imported,
            "without_password": without_password,
            "password_hashes": costs,
        });
        format!("{value:#}")
    }
}
