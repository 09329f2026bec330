//! What a function may do to DynamoDB by its policy in infra/template.yaml, and what it does: both as sets of the same
//! rights, which can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

use crate::template::Template;

/// One of the two tables, or the indexes of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableName {
    /// Users and sessions.
    Users,
    /// The indexes of the users table.
    UsersIndexes,
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
    /// The attributes that it reads or writes; nothing for all of them.
    pub attributes: Option<BTreeSet<String>>,
}

/// What the ARNs of the stack's tables begin with.
const TABLES: &str = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${AWS::StackName}";
/// The suffixes of restored tables, under which rights are compared: a statement that forgot one would be found.
const RESTORED_USERS: &str = "-restored-users";
/// The same of the key ring.
const RESTORED_KEYS: &str = "-restored-keys";
/// What a statement may be made of.
const MEMBERS: [&str; 4] = ["Effect", "Action", "Resource", "Condition"];

/// What reads, and may be asked for all attributes.
const READS: [&str; 4] = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"];

/// The conditions of a statement, each looked at once: an operator that is not the right one would allow or refuse something
/// else.
struct Conditions {
    statement: Value,
    left: Map<String, Value>,
}

impl Conditions {
    fn of(statement: &Value) -> Self {
        let left = statement["Condition"].as_object().expect("conditions").clone();
        Self { statement: statement.clone(), left }
    }

    /// The values of `key` under `operator`, if it is there.
    fn take(&mut self, operator: &str, key: &str) -> Option<BTreeSet<String>> {
        self.left.get_mut(operator)?.as_object_mut()?.remove(key).map(|values| texts(&values))
    }

    /// The partitions: whole keys, or the beginnings of keys.
    fn partitions(&mut self) -> BTreeSet<String> {
        let whole = self.take("ForAllValues:StringEquals", "dynamodb:LeadingKeys").unwrap_or_default();
        let begun = self.take("ForAllValues:StringLike", "dynamodb:LeadingKeys").unwrap_or_default();
        assert!(whole.is_empty() != begun.is_empty(), "a statement names partitions: {}", self.statement);
        assert!(whole.iter().all(|key| !key.contains('*')), "no pattern: {}", self.statement);
        assert!(begun.iter().all(|key| key.ends_with('*')), "a pattern: {}", self.statement);
        whole.into_iter().chain(begun).collect()
    }

    /// No condition is left.
    fn end(self) {
        let unknown = self.left.values().any(|members| members.as_object().is_none_or(|left| !left.is_empty()));
        assert!(!unknown, "a condition that this test does not know: {}", self.statement);
    }
}

/// Actions, and how far each goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(BTreeMap<Action, Extent>);

impl Rights {
    /// The rights of the function `package`: those of its own statements and of the policies that it shares with others.
    pub fn of(template: &Template, package: &str) -> Self {
        let mut rights = Self::default();
        let restored = template.clone().with("UsersTableSuffix", RESTORED_USERS).with("KeysTableSuffix", RESTORED_KEYS);
        for statement in statements(&restored, package) {
            rights.grant(&statement);
        }
        rights
    }

    fn grant(&mut self, statement: &Value) {
        let table = match statement["Resource"].as_str() {
            Some(arn) if arn == format!("{TABLES}-users{RESTORED_USERS}") => TableName::Users,
            Some(arn) if arn == format!("{TABLES}-users{RESTORED_USERS}/index/*") => TableName::UsersIndexes,
            Some(arn) if arn == format!("{TABLES}-keys{RESTORED_KEYS}") => TableName::Keys,
            _ => {
                let elsewhere = texts(&statement["Action"]).iter().all(|action| !action.starts_with("dynamodb:"));
                return assert!(elsewhere, "rights to what is no table of the stack: {statement}");
            }
        };
        let mut conditions = Conditions::of(statement);
        let partitions = conditions.partitions();
        let operations = texts(&statement["Action"]);
        let extent = Extent {
            in_transactions: conditions
                .take("ForAnyValue:StringEquals", "dynamodb:EnclosingOperation")
                .is_some_and(|operations| operations.iter().eq(["TransactWriteItems"])),
            attributes: conditions.take("ForAllValues:StringEquals", "dynamodb:Attributes"),
        };
        let reads = operations.iter().any(|operation| READS.contains(&operation.as_str()));
        let select = conditions.take("StringEqualsIfExists", "dynamodb:Select");
        let wanted = (reads && extent.attributes.is_some()).then(|| BTreeSet::from(["SPECIFIC_ATTRIBUTES".to_owned()]));
        assert_eq!(select, wanted, "who may read some attributes may not ask for all: {statement}");
        conditions.end();
        for operation in operations {
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

    /// `extent` without its attributes, where `action` writes whole items and the policy does not say of what.
    pub fn as_told_apart(&self, action: &Action, extent: Extent) -> Extent {
        let is_limited = self.0.get(action).is_some_and(|allowed| allowed.attributes.is_some());
        if action.operation == "PutItem" && !is_limited { Extent { attributes: None, ..extent } } else { extent }
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
    let policies = match &function["Properties"]["Policies"] {
        Value::Null => Vec::new(),
        policies => policies.as_array().expect("a list of policies").clone(),
    };
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
