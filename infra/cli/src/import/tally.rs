//! What is to be told of an import: counts, kinds of hashes, refusals.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use faregate::passwords::{Argon2Parameters, Cost};
use faregate::store::Brought;
use serde_json::{Value, json};

use super::arguments::ImportArguments;
use super::draft::Accepted;
use super::write::Numbered;
use crate::failure::Failure;
use crate::output::{is_no_file, printable, private_file};

/// How many refusals are shown; `--refusals` has all.
const MOST_SHOWN: usize = 50;

/// How many kinds of hashes are told apart: whoever has chosen numbers for each user wants memory to grow.
const MOST_COSTS: usize = 100;
const OTHER_COSTS: &str = "others";

/// How much is kept of a text that somebody else chose, in characters.
const MOST_CHARACTERS: usize = 500;

/// The counts.
pub(super) struct Tally {
    unit: &'static str,
    file: PathBuf,
    /// What hashes of ours cost.
    today: String,
    /// Users that can be written.
    pub(super) accepted: u64,
    without_password: u64,
    staff: u64,
    lose_staff: u64,
    without_date: u64,
    inactive: u64,
    refused: u64,
    refused_by_table: u64,
    /// Users that an earlier run has written.
    pub(super) before: u64,
    pub(super) made: u64,
    pub(super) unchanged: u64,
    costs: BTreeMap<String, u64>,
    shown: Vec<Refusal>,
    all: Option<(PathBuf, BufWriter<File>)>,
}

/// Who is not written, and why.
pub(super) struct Refusal {
    /// Where it stands in the file.
    pub(super) number: u64,
    /// The name there, if there is one.
    pub(super) username: Option<String>,
    pub(super) reason: String,
}

impl Refusal {
    /// The refusal of what stands at `number`.
    pub(super) fn new(number: u64, username: Option<String>, reason: &str) -> Self {
        Self { number, username: username.map(|name| shortened(&name)), reason: shortened(reason) }
    }

    fn json(&self, unit: &str) -> Value {
        let Self { number, username, reason } = self;
        json!({(unit): number, "username": username, "reason": reason})
    }

    fn text(&self, unit: &str) -> String {
        let Self { number, username, reason } = self;
        let named = username.as_ref().map(|name| format!("{name:?}: ")).unwrap_or_default();
        printable(&format!("{unit} {number}: {named}{reason}"))
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn is_one_file(one: &Path, other: &Path) -> bool {
    let [one, other] = [one, other].map(std::fs::canonicalize);
    matches!((one, other), (Ok(one), Ok(other)) if one == other)
}

impl Tally {
    /// Nothing yet.
    ///
    /// # Errors
    ///
    /// When the file for refusals cannot be written.
    pub(super) fn new(arguments: &ImportArguments, today: Argon2Parameters) -> Result<Self, Failure> {
        let all = arguments.refusals.clone().map(|path| {
            let kept = [Some(&arguments.file), arguments.hash_config.as_ref(), arguments.checkpoint.as_ref()];
            if kept.into_iter().flatten().any(|kept| is_one_file(&path, kept)) {
                return Err(Failure::Usage(format!("--refusals would overwrite {}", path.display())));
            }
            if is_no_file(&path) {
                return Err(Failure::Usage(format!("--refusals: {} is there and is no file", path.display())));
            }
            let file = private_file(&path).map_err(|error| Failure::file(&path, &error))?;
            Ok::<_, Failure>((path, BufWriter::new(file)))
        });
        Ok(Self {
            unit: arguments.source.unit(),
            file: arguments.file.clone(),
            today: Cost::argon2id(today).to_string(),
            accepted: 0,
            without_password: 0,
            staff: 0,
            lose_staff: 0,
            without_date: 0,
            inactive: 0,
            refused: 0,
            refused_by_table: 0,
            before: 0,
            made: 0,
            unchanged: 0,
            costs: BTreeMap::new(),
            shown: Vec::new(),
            all: all.transpose()?,
        })
    }

    pub(super) fn accept(&mut self, accepted: &Accepted) {
        let Accepted { user, cost, loses_staff, has_date } = accepted;
        self.accepted += 1;
        self.staff += u64::from(user.is_staff);
        self.lose_staff += u64::from(*loses_staff);
        self.without_date += u64::from(!has_date);
        self.inactive += u64::from(!user.is_active);
        match cost {
            Some(cost) => self.note_cost(cost.to_string()),
            None => self.without_password += 1,
        }
    }

    fn note_cost(&mut self, cost: String) {
        let is_kept = self.costs.contains_key(&cost) || self.costs.len() < MOST_COSTS;
        *self.costs.entry(if is_kept { cost } else { OTHER_COSTS.to_owned() }).or_default() += 1;
    }

    /// Notes what the table said of each of `batch`.
    ///
    /// # Errors
    ///
    /// When the file for refusals cannot be written.
    pub(super) fn note(&mut self, batch: &[Numbered], outcomes: &[Brought]) -> Result<(), Failure> {
        for ((number, user), outcome) in batch.iter().zip(outcomes) {
            let reason = match outcome {
                Brought::Made => {
                    self.made += 1;
                    continue;
                }
                Brought::AlreadyThere => {
                    self.unchanged += 1;
                    continue;
                }
                Brought::UsernameTaken => "username: another user of the table has it",
                Brought::LegacyIdTaken => "id: another user of the table has it",
                Brought::OtherName => "id: a user of the table has it, under another name",
            };
            self.refused_by_table += 1;
            self.accepted = self.accepted.saturating_sub(1);
            let username = Some(user.username.to_string());
            self.refuse(Refusal::new(*number, username, reason))?;
        }
        Ok(())
    }

    /// Whether the table refused anybody.
    pub(super) const fn is_refused_by_table(&self) -> bool {
        self.refused_by_table > 0
    }

    /// Whether everybody who was accepted is in the table: not, if the second reading was of another file than the first.
    pub(super) const fn is_complete(&self) -> bool {
        self.before + self.made + self.unchanged == self.accepted
    }

    /// Notes that a user is not written.
    ///
    /// # Errors
    ///
    /// When the file for refusals cannot be written.
    pub(super) fn refuse(&mut self, refusal: Refusal) -> Result<(), Failure> {
        self.refused += 1;
        if let Some((path, file)) = &mut self.all {
            writeln!(file, "{}", refusal.json(self.unit))
                .and_then(|()| file.flush())
                .map_err(|error| Failure::file(path, &error))?;
        }
        if self.shown.len() < MOST_SHOWN {
            self.shown.push(refusal);
        }
        Ok(())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.accepted + self.refused == 0
    }

    pub(super) const fn has_refusals(&self) -> bool {
        self.refused > 0
    }

    /// The setting that makes an unknown name cost what most of these users do, if that is not what it costs anyway.
    fn commonest(&self) -> Option<&str> {
        let told_apart = self.costs.iter().filter(|(cost, _)| *cost != OTHER_COSTS);
        let (cost, count) = told_apart.max_by_key(|(_, count)| **count)?;
        (*count > 0 && *cost != self.today).then_some(cost)
    }

    /// What is told to people; `outcome` first.
    pub(super) fn text(&self, outcome: &str) -> String {
        let mut text = format!("{}: {outcome}\n", self.file.display());
        for (name, count) in self.counts() {
            let _infallible = writeln!(text, "  {name:17} {count:>9}");
        }
        if !self.costs.is_empty() {
            text.push_str("password hashes\n");
        }
        for (cost, count) in &self.costs {
            let _infallible = writeln!(text, "  {cost:33} {count:>9}");
        }
        if let Some(cost) = self.commonest() {
            text.push_str("until most have logged in, an unknown username costs what most of them do with\n");
            let _infallible = writeln!(text, "  FAREGATE_DUMMY_HASH={cost}");
        }
        if self.lose_staff > 0 {
            text.push_str("staff may do everything here: of staff only superusers stay it, without --keep-staff\n");
        }
        if self.has_refusals() {
            text.push_str("refused\n");
        }
        for refusal in &self.shown {
            let _infallible = writeln!(text, "  {}", refusal.text(self.unit));
        }
        let more = self.refused - self.shown.len() as u64;
        if more > 0 {
            let _infallible = writeln!(text, "  and {more} more; --refusals FILE has them all");
        }
        text
    }

    fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let always = ["accepted", "refused"];
        let counts = [
            ("accepted", self.accepted),
            ("without password", self.without_password),
            ("staff", self.staff),
            ("staff no more", self.lose_staff),
            ("without a date", self.without_date),
            ("inactive", self.inactive),
            ("refused", self.refused),
            ("made", self.made),
            ("there already", self.unchanged),
            ("by earlier runs", self.before),
        ];
        counts.into_iter().filter(move |(name, count)| *count > 0 || always.contains(name))
    }

    /// The same for programs.
    pub(super) fn json(&self, outcome: &str, is_dry_run: bool) -> Value {
        let refusals: Vec<Value> = self.shown.iter().map(|refusal| refusal.json(self.unit)).collect();
        json!({
            "outcome": outcome,
            "dry_run": is_dry_run,
            "accepted": self.accepted,
            "without_password": self.without_password,
            "staff": self.staff,
            "staff_no_more": self.lose_staff,
            "without_date": self.without_date,
            "inactive": self.inactive,
            "refused": self.refused,
            "made": self.made,
            "there_already": self.unchanged,
            "by_earlier_runs": self.before,
            "password_hashes": self.costs,
            "dummy_hash": self.commonest(),
            "refusals": refusals,
        })
    }
}
