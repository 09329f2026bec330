//! The document as YAML.

use saphyr::{LoadableYamlNode as _, Yaml, YamlEmitter};
use serde_json::Value;

/// The document cannot be written as YAML.
#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    /// JSON is YAML 1.2, so this is a mistake of the library.
    #[error("the document is no YAML: {0}")]
    Read(#[from] saphyr::ScanError),
    /// A key that is no text.
    #[error("the document cannot be written: {0}")]
    Write(#[from] saphyr::EmitError),
}

/// `document` as YAML text.
///
/// # Errors
///
/// When the library fails at what is plain JSON.
pub fn yaml(document: &Value) -> Result<String, YamlError> {
    let text = document.to_string();
    let mut written = String::new();
    for node in Yaml::load_from_str(&text)? {
        YamlEmitter::new(&mut written).dump(&node)?;
    }
    // The emitter starts with a mark that a single document does not need.
    Ok(format!("{}\n", written.trim_start_matches("---\n").trim_end()))
}
