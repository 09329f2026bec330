//! `cargo run -p openapi`: writes the document to functions/schema/assets, from where the function `schema` serves it.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// What keeps the document from being written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Yaml(#[from] openapi::YamlError),
    #[error("cannot write {0}: {1}")]
    File(&'static str, std::io::Error),
}

fn main() -> ExitCode {
    match write() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> Result<(), WriteError> {
    let document = openapi::document();
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions/schema/assets");
    let files = [("openapi.json", openapi::json(&document)), ("openapi.yaml", openapi::yaml(&document)?)];
    for (name, text) in files {
        fs::write(assets.join(name), text).map_err(|error| WriteError::File(name, error))?;
    }
    Ok(())
}
