//! The deployment's template, infra/template.yaml, with the parameters of one deployment filled in.

use std::collections::BTreeMap;
use std::path::Path;

use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::{Map, Value, json};

/// The template, as a deployment with these parameters sees it.
#[derive(Clone, Debug)]
pub struct Template {
    document: Value,
    parameters: BTreeMap<String, String>,
}

impl Template {
    /// The template with its parameters' defaults.
    pub fn load() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
        let text = std::fs::read_to_string(path).expect("infra/template.yaml");
        Self::of(Self::read(&text))
    }

    /// YAML as JSON, the short form of functions as the long one.
    pub fn read(text: &str) -> Value {
        let documents = Yaml::load_from_str(text).expect("a document in YAML");
        long_form(documents.first().expect("one document"))
    }

    /// A template from its document, in the long form of functions.
    pub fn of(document: Value) -> Self {
        let defaults = document["Parameters"].as_object().into_iter().flatten();
        let parameters = defaults
            .map(|(name, parameter)| (name.clone(), plain(&parameter["Default"]).unwrap_or_default()))
            .collect();
        Self { document, parameters }
    }

    /// The same, with another value for the parameter `name`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        assert!(self.parameters.insert(name.to_owned(), value.to_owned()).is_some(), "{name} is no parameter");
        self
    }

    /// A part of the document as it was written; `null` where there is none.
    pub fn part(&self, name: &str) -> &Value {
        &self.document[name]
    }

    /// The resources of the type `kind` that this deployment has, by logical id, resolved.
    pub fn resources(&self, kind: &str) -> BTreeMap<String, Value> {
        let resources = self.document["Resources"].as_object().expect("resources");
        let of_kind = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
        let made = of_kind.filter(|(_, resource)| resource["Condition"].as_str().is_none_or(|name| self.holds(name)));
        made.map(|(id, resource)| (id.clone(), self.resolved(resource).unwrap_or_default())).collect()
    }

    /// The functions, by the name of their package.
    pub fn functions(&self) -> BTreeMap<String, Value> {
        let functions = self.resources("AWS::Serverless::Function").into_values();
        let package = |function: &Value| function["Metadata"]["BuildProperties"]["Binary"].as_str().map(str::to_owned);
        functions.map(|function| (package(&function).expect("a package"), function)).collect()
    }

    /// Whether the condition `name` holds.
    fn holds(&self, name: &str) -> bool {
        self.is_true(&self.document["Conditions"][name])
    }

    fn is_true(&self, condition: &Value) -> bool {
        let (function, argument) = single(condition).expect("a function of conditions");
        let all = || argument.as_array().expect("conditions").iter();
        match function {
            "Condition" => self.holds(argument.as_str().expect("a name")),
            "Fn::Not" => !self.is_true(&argument[0]),
            "Fn::And" => all().all(|one| self.is_true(one)),
            "Fn::Or" => all().any(|one| self.is_true(one)),
            "Fn::Equals" => self.resolved(&argument[0]) == self.resolved(&argument[1]),
            other => panic!("{other} is no function of conditions"),
        }
    }

    /// `value` with `Fn::If`, `Ref` of a parameter and `Fn::Sub` of parameters replaced; what only AWS knows stays as it is.
    /// Nothing for `AWS::NoValue`.
    fn resolved(&self, value: &Value) -> Option<Value> {
        match (value, single(value)) {
            (_, Some(("Fn::If", branches))) => {
                let chosen =
                    if self.holds(branches[0].as_str().expect("a condition")) { &branches[1] } else { &branches[2] };
                self.resolved(chosen)
            }
            (_, Some(("Ref", name))) if name == "AWS::NoValue" => None,
            (_, Some(("Ref", name))) => Some(self.parameter(name.as_str()?).unwrap_or_else(|| value.clone())),
            (_, Some(("Fn::Sub", Value::String(text)))) => Some(json!(self.substituted(text))),
            (Value::Array(items), _) => Some(items.iter().filter_map(|item| self.resolved(item)).collect()),
            (Value::Object(members), _) => {
                let members = members.iter().filter_map(|(name, member)| Some((name.clone(), self.resolved(member)?)));
                Some(Value::Object(members.collect::<Map<_, _>>()))
            }
            (other, _) => Some(other.clone()),
        }
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        self.parameters.get(name).map(|value| json!(value))
    }

    fn substituted(&self, text: &str) -> String {
        let filled = |text: String, (name, value): (&String, &String)| text.replace(&format!("${{{name}}}"), value);
        self.parameters.iter().fold(text.to_owned(), filled)
    }
}

/// The one member of an object, if it has just one.
fn single(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.iter().next().map(|(name, member)| (name.as_str(), member))
}

/// The text of a scalar.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// YAML as JSON, the short form of functions (`!Ref x`) as the long one (`{"Ref": "x"}`).
fn long_form(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Tagged(tag, inner) if tag.handle == "!" => {
            let name = match tag.suffix.as_str() {
                plain @ ("Ref" | "Condition") => plain.to_owned(),
                function => format!("Fn::{function}"),
            };
            json!({name: long_form(inner)})
        }
        Yaml::Tagged(_, inner) => long_form(inner),
        Yaml::Sequence(items) => items.iter().map(long_form).collect(),
        Yaml::Mapping(members) => {
            let key = |key: &Yaml<'_>| key.as_str().map_or_else(|| scalar(key).to_string(), str::to_owned);
            Value::Object(members.iter().map(|(name, member)| (key(name), long_form(member))).collect())
        }
        other => scalar(other),
    }
}

fn scalar(node: &Yaml<'_>) -> Value {
    if let Some(text) = node.as_str() {
        return json!(text);
    }
    if let Some(number) = node.as_integer() {
        return json!(number);
    }
    node.as_bool().map_or(Value::Null, Value::Bool)
}
