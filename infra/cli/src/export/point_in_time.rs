//! The users of one moment, from DynamoDB's own export of the table to S3.
//!
//! A scan of a table in use is of no one moment. `ExportTableToPointInTime` is, reads nothing of the table's capacity and
//! needs no right to the table; it leaves gzipped lines of DynamoDB JSON in the folder `AWSDynamoDB/<export>/data/`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use faregate::store::exported_user;
use flate2::read::MultiGzDecoder;

use super::destination::Destination;
use crate::failure::Failure;
use crate::progress;

/// The longest line, in bytes: an item of DynamoDB has at most 400 KB.
const MAX_LINE_BYTES: u64 = 4_194_304;

/// Writes the users in the export in `folder` to `output`, or to standard output.
pub(crate) fn of_point_in_time(folder: &Path, output: Option<&Path>) -> Result<(), Failure> {
    let files = data_files(folder).map_err(|error| Failure::file(folder, &error))?;
    if files.is_empty() {
        let told = format!("{}: there are no files data/*.json.gz in it", folder.display());
        return Err(Failure::Usage(told));
    }
    let folders: BTreeSet<_> = files.iter().map(|path| path.parent()).collect();
    if folders.len() > 1 {
        let told = format!("{}: there is more than one export in it; name the folder of one", folder.display());
        return Err(Failure::Usage(told));
    }
    let mut destination = Destination::open(output)?;
    let bar = progress::items(None, "exporting");
    for path in files {
        let file = File::open(&path).map_err(|error| Failure::file(&path, &error))?;
        let mut lines = BufReader::new(MultiGzDecoder::new(BufReader::new(file)));
        let mut number = 0;
        while let Some(line) = next_line(&mut lines).map_err(|error| Failure::file(&path, &error))? {
            number += 1;
            let place = |reason: &dyn std::fmt::Display| {
                Failure::Refused(format!("{}, line {number}: {reason}", path.display()))
            };
            if let Some(user) = exported_user(&line).map_err(|reason| place(&reason))? {
                destination.write(&user)?;
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    destination.finish()
}

fn next_line(lines: &mut impl io::BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    let count = Read::take(lines, MAX_LINE_BYTES).read_line(&mut line)?;
    Ok((count > 0).then_some(line))
}

/// The files of data in `folder`, or further down, in order.
fn data_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(".json.gz") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
