//! The users of one moment, from DynamoDB's own export of the table to S3.
//!
//! A scan of a table in use is of no one moment. `ExportTableToPointInTime` is, reads nothing of the table's capacity and
//! needs no right to the table; it leaves gzipped lines of DynamoDB JSON in the folder `AWSDynamoDB/<export>/data/`, and beside it
//! says which ("DynamoDB table export output format"): a download that misses one must not look like all users.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use faregate::store::exported_user;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use super::destination::Destination;
use crate::failure::Failure;
use crate::progress;

/// The longest line, in bytes: an item of DynamoDB has at most 400 KB.
const MAX_LINE_BYTES: u64 = 4_194_304;

/// What DynamoDB writes last: the names of all files of data, and how many items are in each.
const MANIFEST: &str = "manifest-files.json";

/// A line of the manifest.
#[derive(Deserialize)]
struct DataFile {
    #[serde(rename = "dataFileS3Key")]
    key: String,
    #[serde(rename = "itemCount")]
    items: u64,
}

/// Writes the users in the export in `folder` to `output`, or to standard output.
pub(crate) fn of_point_in_time(folder: &Path, output: Option<&Path>) -> Result<(), Failure> {
    let files = data_files(folder)?;
    let mut destination = Destination::open(output)?;
    let bar = progress::items(Some(files.iter().map(|(_, items)| items).sum()), "exporting");
    for (path, items) in files {
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
        if number != items {
            let told = format!("{} has {number} items in place of {items}: download it again", path.display());
            return Err(Failure::Refused(told));
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

/// The files of data of the export in `folder`, or further down, and how many items each has.
fn data_files(folder: &Path) -> Result<Vec<(PathBuf, u64)>, Failure> {
    let found = manifests(folder).map_err(|error| Failure::file(folder, &error))?;
    let manifest = match found.as_slice() {
        [one] => one,
        [] => {
            let told = format!("{}: there is no {MANIFEST} in it; download all of the export", folder.display());
            return Err(Failure::Usage(told));
        }
        _ => {
            let told = format!("{}: there is more than one export in it; name the folder of one", folder.display());
            return Err(Failure::Usage(told));
        }
    };
    let text = std::fs::read_to_string(manifest).map_err(|error| Failure::file(manifest, &error))?;
    let data = manifest.with_file_name("data");
    let each = text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let file: DataFile =
            serde_json::from_str(line).map_err(|error| Failure::Refused(format!("{}: {error}", manifest.display())))?;
        let name = file.key.rsplit('/').next().unwrap_or_default();
        Ok((data.join(name), file.items))
    });
    each.collect()
}

/// The manifests in `folder`, or further down.
fn manifests(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == MANIFEST) {
                found.push(path);
            }
        }
    }
    Ok(found)
}
