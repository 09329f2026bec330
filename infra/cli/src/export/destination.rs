//! Where an export goes: a file, whole or not at all, or standard output.

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use faregate::domain::user::User;

use crate::failure::Failure;
use crate::output::{is_no_file, private_file};
use crate::user_record::UserRecord;

/// Takes users.
pub(super) struct Destination {
    lines: BufWriter<Box<dyn Write>>,
    file: Option<Part>,
}

/// A file that is not whole yet.
struct Part {
    path: PathBuf,
    becomes: PathBuf,
    is_whole: bool,
}

impl Destination {
    /// Opens the file `path`, or standard output.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            if io::stdout().is_terminal() {
                let told = "every password hash would be on the screen: name a file with --output";
                return Err(Failure::Usage(told.to_owned()));
            }
            return Ok(Self { lines: BufWriter::new(Box::new(io::stdout())), file: None });
        };
        if is_no_file(path) {
            let told = format!("{} is there and is no file: write to standard output instead", path.display());
            return Err(Failure::Usage(told));
        }
        // The file behind a link is replaced, not the link.
        let becomes = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut name = becomes.as_os_str().to_owned();
        name.push(".part");
        let part = Part { path: name.into(), becomes, is_whole: false };
        let file = private_file(&part.path).map_err(|error| Failure::file(&part.path, &error))?;
        Ok(Self { lines: BufWriter::new(Box::new(file)), file: Some(part) })
    }

    /// Writes `user`.
    ///
    /// # Errors
    ///
    /// When the disk is full, or nobody reads standard output.
    pub(super) fn write(&mut self, user: &User) -> Result<(), Failure> {
        let line = serde_json::to_string(&UserRecord::of(user)).unwrap_or_default();
        writeln!(self.lines, "{line}").map_err(|error| self.failed(&error))
    }

    /// The file gets its name.
    ///
    /// # Errors
    ///
    /// When that cannot be done.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.lines.flush().map_err(|error| self.failed(&error))?;
        if let Some(part) = &mut self.file {
            std::fs::rename(&part.path, &part.becomes).map_err(|error| Failure::file(&part.becomes, &error))?;
            part.is_whole = true;
        }
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> Failure {
        let path = self.file.as_ref().map_or(Path::new("standard output"), |part| &part.becomes);
        Failure::file(path, error)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_whole {
            // Half of the users must not look like all of them; there is nobody to tell if it stays.
            let _gone = std::fs::remove_file(&self.path);
        }
    }
}
