//! What a function may do to DynamoDB by its policy in infra/template.yaml, and what it does: both as sets of the same
//! rights, which can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::template::Template;

/// One of the two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableName {
    /// Users and sessions.
    Users,
    /// The key ring.
    Keys,
}

/// One action on the items of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action {
    /// The operation, as IAM calls it; of a transaction the operation of the part.
    pub operation: String,
    /// Where.
    pub table: TableName,
    /// Which partitions: all that begin so, when it ends with `*`.
    pub partition: String,
}

/// How far an action goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// Whether it is done in transactions alone.
    pub in_transactions: bool,
    /// The attributes that it reads; nothing for all of them, or for a write.
    pub attributes: Option<BTreeSet<String>>,
}

/// What the ARNs of the stack's tables begin with.
const TABLES: &str = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${AWS::StackName}";
/// What a statement may be made of.
const MEMBERS: [&str; 4] = ["Effect", "Action", "Resource", "Condition"];

/// Actions, and how far each goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(BTreeMap<Action, Extent>);

impl Rights {
    /// The rights of the function `package`: those of its own statements and of the policies that it shares with others.
    pub fn of(template: &Template, package: &str) -> Self {
        let mut rights = Self::default();
        for statement in statements(template, package) {
            rights.grant(&statement);
        }
        rights
    }

    fn grant(&mut self, statement: &Value) {
        let table = match statement["Resource"].as_str() {
            Some(arn) if arn == format!("{TABLES}-users") => TableName::Users,
            Some(arn) if arn == format!("{TABLES}-keys") => TableName::Keys,
            _ => {
                let elsewhere = texts(&statement["Action"]).iter().all(|action| !action.starts_with("dynamodb:"));
                return assert!(elsewhere, "rights to what is no table of the stack: {statement}");
            }
        };
        let mut conditions = statement["Condition"].as_object().expect("conditions").clone();
        let mut taken = |name: &str| {
            let found = conditions.values_mut().find_map(|members| members.as_object_mut()?.remove(name));
            found.map(|value| texts(&value))
        };
        let partitions = taken("dynamodb:LeadingKeys").expect("a statement names partitions");
        let extent = Extent {
            in_transactions: taken("dynamodb:EnclosingOperation")
                .is_some_and(|operations| operations.iter().eq(["TransactWriteItems"])),
            attributes: taken("dynamodb:Attributes"),
        };
        let select = taken("dynamodb:Select");
        assert_eq!(select.is_some(), extent.attributes.is_some(), "attributes and Select go together: {statement}");
        let unknown = conditions.values().filter(|members| members.as_object().is_none_or(|left| !left.is_empty()));
        assert_eq!(unknown.count(), 0, "a condition that this test does not know: {statement}");
        for operation in texts(&statement["Action"]) {
            let operation = operation.strip_prefix("dynamodb:").expect("an action of DynamoDB").to_owned();
            for partition in &partitions {
                self.add(Action { operation: operation.clone(), table, partition: partition.clone() }, extent.clone());
            }
        }
    }

    /// Adds an action. One that is there already goes as far as both.
    pub fn add(&mut self, action: Action, extent: Extent) {
        let known = self.0.entry(action).or_insert_with(|| extent.clone());
        known.in_transactions &= extent.in_transactions;
        known.attributes = match (known.attributes.take(), extent.attributes) {
            (Some(known), Some(more)) => Some(known.into_iter().chain(more).collect()),
            _ => None,
        };
    }

    /// Why `action` to the extent of `wanted` is not among them, if it is not.
    pub fn refusal(&self, action: &Action, wanted: &Extent) -> Option<String> {
        let Some(extent) = self.0.get(action) else { return Some(format!("{action} is not allowed")) };
        if extent.in_transactions && !wanted.in_transactions {
            return Some(format!("{action} is allowed in transactions alone"));
        }
        match (&extent.attributes, &wanted.attributes) {
            (Some(_), None) => Some(format!("{action} is not allowed for all attributes")),
            (Some(allowed), Some(wanted)) if !wanted.is_subset(allowed) => {
                Some(format!("{action} is not allowed for all of {wanted:?}"))
            }
            _ => None,
        }
    }

    /// Whether nothing is allowed on `table`.
    pub fn is_nothing_on(&self, table: TableName) -> bool {
        self.0.keys().all(|action| action.table != table)
    }
}

/// The statements of the function `package`, its own and shared ones.
pub fn statements(template: &Template, package: &str) -> Vec<Value> {
    let shared = template.resources("AWS::IAM::ManagedPolicy");
    let function = template.functions().remove(package).expect("a function of this package");
    assert!(function["Properties"]["Role"].is_null(), "{package} has a role that is not made of its policies");
    let policies = function["Properties"]["Policies"].as_array().cloned().unwrap_or_default();
    let documents = policies.iter().map(|policy| match policy["Ref"].as_str() {
        Some(name) => shared.get(name).expect("a policy of this template")["Properties"]["PolicyDocument"].clone(),
        None => policy.clone(),
    });
    let statements: Vec<Value> =
        documents.flat_map(|document| document["Statement"].as_array().expect("statements").clone()).collect();
    for statement in &statements {
        let members = statement.as_object().expect("a statement").keys();
        assert!(members.into_iter().all(|member| MEMBERS.contains(&member.as_str())), "{statement}");
        assert_eq!(statement["Effect"], "Allow", "{statement}");
    }
    statements
}

/// One text or a list of them.
pub fn texts(value: &Value) -> BTreeSet<String> {
    let one = value.as_str().into_iter();
    let many = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    one.chain(many).map(str::to_owned).collect()
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {} in {:?}", self.operation, self.partition, self.table)
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (action, extent) in &self.0 {
            let within = if extent.in_transactions { ", in transactions" } else { "" };
            writeln!(formatter, "{action}{within}{}", attributes_of(extent))?;
        }
        Ok(())
    }
}

fn attributes_of(extent: &Extent) -> String {
    extent.attributes.as_ref().map_or_else(String::new, |attributes| format!(", of {attributes:?}"))
}
