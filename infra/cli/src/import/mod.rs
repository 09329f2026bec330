//! `faregate import`: users from elsewhere, with the hashes that they have there.
//!
//! A file is read twice. The first reading says what is wrong with it and writes nothing; without refusals, or when told to
//! skip them, the second one writes. Each user is written whole or not at all, and one who is there already is left as it is, so
//! an import can be stopped anywhere and run again.

mod arguments;
mod checkpoint;
mod draft;
mod seen;
mod source;
mod tally;
mod write;

use std::sync::Arc;

use faregate::domain::username::CaseSensitivity;
use faregate::service::Service;

pub(crate) use self::arguments::ImportArguments;
use self::checkpoint::Checkpoint;
use self::draft::{Accepted, Terms};
use self::seen::{Seen, Twin};
use self::source::{Entry, SourceError};
use self::tally::{Refusal, Tally};
use self::write::End;
use crate::failure::Failure;
use crate::output::print_lines;
use crate::progress;

/// What decides whether a user can be written.
struct Rules {
    terms: Terms,
    seen: Seen,
    unit: &'static str,
}

impl Rules {
    fn new(service: &Service, arguments: &ImportArguments) -> Result<Self, Failure> {
        let terms =
            Terms { now: service.clock.now(), today: service.settings.argon2, keeps_staff: arguments.keep_staff };
        let seen = Seen::new(service.settings.username_case)?;
        Ok(Self { terms, seen, unit: arguments.source.unit() })
    }

    /// The user in `entry`, or why it is none that can be written.
    fn judge(&mut self, entry: Entry) -> Result<Result<Accepted, Refusal>, Failure> {
        let Entry { number, draft, .. } = entry;
        let username = draft.as_ref().ok().map(|draft| draft.username.clone());
        let refused = |reason: String| Ok(Err(Refusal::new(number, username, &reason)));
        let accepted = match draft.and_then(|draft| draft.accept(self.terms)) {
            Ok(accepted) => accepted,
            Err(reason) => return refused(reason),
        };
        match self.seen.note(&accepted.user, number)? {
            None => Ok(Ok(accepted)),
            Some(Twin { field, number }) => refused(format!("{field}: the same as that of {} {number}", self.unit)),
        }
    }
}

/// Carries out the command.
pub(crate) async fn run(service: &Service, arguments: ImportArguments, as_json: bool) -> Result<(), Failure> {
    arguments.check()?;
    let arguments = Arc::new(arguments);
    let (tally, rules) = (Tally::new(&arguments, service.settings.argon2)?, Rules::new(service, &arguments)?);
    let read = Arc::clone(&arguments);
    let looked_at = tokio::task::spawn_blocking(move || look(&read, tally, rules)).await;
    let mut tally = looked_at.map_err(|_panicked| Failure::Refused("the reader ended early".to_owned()))??;
    let told = if !arguments.commit {
        let compared = match service.settings.username_case {
            CaseSensitivity::Sensitive => "with",
            CaseSensitivity::Insensitive => "without",
        };
        Ok(format!("nothing was written, and no table asked; names are compared {compared} case; --commit writes"))
    } else if tally.has_refusals() && !arguments.skip_refused {
        Ok("nothing was written, because of those that are refused; --skip-refused leaves them out".to_owned())
    } else {
        commit(service, &arguments, &mut tally).await
    };
    let outcome = told.as_ref().unwrap_or_else(|(told, _)| told);
    print_lines(&if as_json { format!("{:#}", tally.json(outcome, !arguments.commit)) } else { tally.text(outcome) });
    told.map_err(|(_, failure)| failure)?;
    if tally.has_refusals() && !arguments.skip_refused {
        let told = format!("not all users of {} can be written", arguments.file.display());
        return Err(Failure::Refused(told));
    }
    Ok(())
}

/// The second reading; what is to be told of it, and, where it did not come to its end, why.
async fn commit(
    service: &Service,
    arguments: &Arc<ImportArguments>,
    tally: &mut Tally,
) -> Result<String, (String, Failure)> {
    let not_begun = |failure: Failure| ("nothing was written".to_owned(), failure);
    let mut checkpoint = Checkpoint::open(arguments, service).await.map_err(not_begun)?;
    let rules = Rules::new(service, arguments).map_err(not_begun)?;
    let ended = write::write(service, (arguments, rules), tally, &mut checkpoint).await;
    let goes_on = format!("the same command goes on ({})", checkpoint.path().display());
    match ended {
        Ok(End::Whole) if tally.is_complete() => {
            let removed = checkpoint.remove();
            removed.map(|()| "done".to_owned()).map_err(|failure| ("done".to_owned(), failure))
        }
        Ok(End::Whole) => {
            let failure = Failure::Refused("the file was another one at the second reading: run it again".to_owned());
            Err(("not all is written".to_owned(), failure))
        }
        Ok(End::Interrupted) => Err((format!("interrupted; {goes_on}"), Failure::Interrupted)),
        Err(failure) => Err((format!("stopped; {goes_on}"), failure)),
    }
}

/// The first reading.
fn look(arguments: &ImportArguments, mut tally: Tally, mut rules: Rules) -> Result<Tally, Failure> {
    let about = std::fs::metadata(&arguments.file).map_err(|error| Failure::file(&arguments.file, &error))?;
    if !about.is_file() {
        return Err(Failure::Usage(format!("{} is no file: it is read twice", arguments.file.display())));
    }
    let bar = progress::bytes(about.len(), "reading");
    let mut trouble = None;
    let read = source::read(arguments, &mut |entry: Entry| {
        bar.set_position(entry.bytes_read);
        let judged = rules.judge(entry).and_then(|judged| match judged {
            Ok(accepted) => {
                tally.accept(&accepted);
                Ok(())
            }
            Err(refusal) => tally.refuse(refusal),
        });
        trouble = judged.err();
        trouble.is_none()
    });
    bar.finish_and_clear();
    match (read, trouble) {
        (_, Some(trouble)) => Err(trouble),
        (Err(error), None) => Err(error.into()),
        (Ok(()), None) if tally.is_empty() => {
            Err(Failure::Refused(format!("{}: there are no users in it", arguments.file.display())))
        }
        (Ok(()), None) => Ok(tally),
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Io { file, source } => Self::File { path: file, reason: source.to_string() },
            error => Self::Refused(error.to_string()),
        }
    }
}
