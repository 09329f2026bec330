//! Files of text: UTF-8, with or without a byte order mark; how far they are read.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use super::SourceError;

/// What begins a text in UTF-8 that a Windows program wrote.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The most bytes that are read for one record or line, which is held whole: of other models than the users a dump may have large ones,
/// and behind a quote that is not closed everything is one.
pub(super) const MOST_RECORD_BYTES: u64 = 16 * 1024 * 1024;

/// How far a file is read.
#[derive(Debug, Default)]
pub(super) struct Place {
    bytes: Cell<u64>,
    record_began: Cell<u64>,
    is_at_end: Cell<bool>,
}

impl Place {
    /// A record is read; how many bytes of the file are, what is read ahead included.
    pub(super) fn end_record(&self) -> u64 {
        self.record_began.set(self.bytes.get());
        self.bytes.get()
    }

    /// Whether somebody wanted more than there is: a record that has an end does not.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_at_end.get()
    }
}

/// Counts what passes.
pub(super) struct Counted<R> {
    inner: R,
    place: Rc<Place>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Place { bytes, record_began, is_at_end } = &*self.place;
        if bytes.get() - record_began.get() > MOST_RECORD_BYTES {
            let reason =
                format!("the record after byte {} has no end within 16 MB: is a quote missing?", record_began.get());
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let count = self.inner.read(buffer)?;
        bytes.set(bytes.get() + count as u64);
        is_at_end.set(count == 0);
        Ok(count)
    }
}

/// An open file and how far it is read.
pub(super) type Text = (BufReader<Counted<File>>, Rc<Place>);

/// Opens `path`, behind its byte order mark.
///
/// # Errors
///
/// When it cannot be opened or is in UTF-16.
pub(super) fn open(path: &Path) -> Result<Text, SourceError> {
    let place = Rc::new(Place::default());
    let inner = File::open(path).map_err(SourceError::io(path))?;
    let mut reader = BufReader::new(Counted { inner, place: Rc::clone(&place) });
    let begin = reader.fill_buf().map_err(SourceError::io(path))?;
    if begin.starts_with(b"\xff\xfe") || begin.starts_with(b"\xfe\xff") || begin.iter().take(2).any(|byte| *byte == 0) {
        let advice = format!("this is UTF-16: iconv -f UTF-16 -t UTF-8 {} makes UTF-8 of it", path.display());
        return Err(SourceError::content(path, advice));
    }
    if begin.starts_with(BYTE_ORDER_MARK) {
        reader.consume(BYTE_ORDER_MARK.len());
    }
    Ok((reader, place))
}
