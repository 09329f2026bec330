//! The recorded cases, and which of them are left out.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

/// One recorded case.
pub(crate) struct Case {
    pub(crate) name: String,
    variants: Vec<String>,
    tags: Vec<String>,
    deviates: bool,
    pub(crate) steps: Vec<Value>,
}

impl Case {
    /// Whether it records the answers of `variant`.
    pub(crate) fn is_for(&self, variant: &str) -> bool {
        self.variants.iter().any(|known| known == variant)
    }

    /// Whether it is left out: the reference failed, or we differ on purpose.
    pub(crate) fn left_out(&self) -> bool {
        self.deviates || self.tags.iter().any(|tag| tag == "reference-5xx")
    }
}

/// All cases.
pub(crate) fn load() -> Vec<Arc<Case>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract");
    let deviations = read(&folder.join("deviations.json"));
    let mut files: Vec<_> =
        std::fs::read_dir(folder.join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let cases = files.iter().flat_map(|file| read(file)["cases"].as_array().unwrap().clone());
    cases.map(|case| Arc::new(parse(&case, deviations.as_array().unwrap()))).collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn parse(case: &Value, deviations: &[Value]) -> Case {
    let texts = |name: &str| -> Vec<String> {
        let list = case[name].as_array().cloned().unwrap_or_default();
        list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let name = case["name"].as_str().unwrap().to_owned();
    let steps = case["steps"].as_array().unwrap().clone();
    let deviates = deviations.iter().any(|deviation| {
        glob(deviation["cases"].as_str().unwrap(), &name)
            && (deviation["accepts_crafted"].is_null() || accepts_crafted_refresh(&steps))
    });
    Case { name, variants: texts("variants"), tags: texts("tags"), deviates, steps }
}

/// Whether a refresh token that was never issued is taken somewhere in `steps`.
fn accepts_crafted_refresh(steps: &[Value]) -> bool {
    let crafted = steps.iter().any(|step| step["craft"]["claims"]["token_type"] == "refresh");
    let taken = steps.iter().any(|step| {
        let path = step["request"]["path"].as_str().unwrap_or("/api/sign_up");
        let elsewhere = !path.starts_with("/api/sign_up") && !path.starts_with("/api/log_in");
        elsewhere && step["expect"]["status"] == 200 && step["request"]["body"].to_string().contains("{{")
    });
    crafted && taken
}

/// Whether `pattern`, in which `*` stands for any text, is `name`.
fn glob(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name
            .strip_prefix(start)
            .is_some_and(|end| (0..=end.len()).filter(|at| end.is_char_boundary(*at)).any(|at| glob(rest, &end[at..]))),
    }
}
