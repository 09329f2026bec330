//! The metrics that a service told, line by line.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// What was written so far; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Told(Arc<Mutex<Vec<u8>>>);

impl Told {
    /// The documents since the last time this was asked.
    pub fn take(&self) -> Vec<Value> {
        let written = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let text = String::from_utf8(written).expect("text");
        text.lines().map(|line| serde_json::from_str(line).expect("one JSON document on each line")).collect()
    }

    /// The same, each without what says how to read it.
    pub fn counts(&self) -> Vec<Value> {
        let mut documents = self.take();
        for document in &mut documents {
            document.as_object_mut().expect("an object").remove("_aws").expect("the format's directive");
        }
        documents
    }
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
