//! Stands between a function and DynamoDB like IAM: refuses what the function's policy in infra/template.yaml does not
//! allow, and notes what it does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use faregate::settings::Settings;
use faregate::store::Client;

use crate::rights::{Action, Extent, Rights, TableName};
use crate::template::Template;

/// What functions did, and what they were refused; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Deeds(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    done: BTreeMap<&'static str, Rights>,
    refused: Vec<String>,
}

impl Deeds {
    /// What the function `package` did so far, as the rights that it takes.
    pub fn of(&self, package: &str) -> Rights {
        self.state().done.get(package).cloned().unwrap_or_default()
    }

    /// What was refused so far.
    pub fn refused(&self) -> Vec<String> {
        self.state().refused.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `client` for the function `package`, with no more rights than it has.
    pub(crate) fn guarding(&self, client: &Client, package: &'static str, settings: &Settings) -> Client {
        let guard = Guard {
            package,
            rights: rights_of(package),
            users_table: settings.table.clone(),
            keys_table: settings.keys_table.clone(),
            deeds: self.clone(),
        };
        Client::from_conf(client.config().to_builder().interceptor(guard).build())
    }
}

/// The rights of every function where the authorizer reads sessions and `me` takes every class of authentication.
fn rights_of(package: &str) -> Rights {
    static RIGHTS: OnceLock<BTreeMap<String, Rights>> = OnceLock::new();
    let all = RIGHTS.get_or_init(|| {
        let template = Template::load()
            .with("AuthorizerMode", "session")
            .with("BasicAuth", "on")
            .with("RemoteUserClaim", "email")
            .with("AcceptSimplejwtRefresh", "on");
        let functions = template.functions().into_keys();
        functions.map(|package| (package.clone(), Rights::of(&template, &package))).collect()
    });
    all.get(package).cloned().expect("a function of the template")
}

#[derive(Debug)]
struct Guard {
    package: &'static str,
    rights: Rights,
    users_table: String,
    keys_table: String,
    deeds: Deeds,
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "guard"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let accesses = accesses(context.input()).ok_or("a call that no policy is known for")?;
        for access in accesses {
            let table = self.table(&access.table);
            let partition = kind_of(&access.partition);
            let action = Action { operation: access.operation.to_owned(), table, partition };
            let extent = self.rights.as_told_apart(&action, access.extent);
            let mut state = self.deeds.state();
            if let Some(reason) = self.rights.refusal(&action, &extent) {
                let refused = format!("{}: {reason}", self.package);
                state.refused.push(refused.clone());
                return Err(refused.into());
            }
            state.done.entry(self.package).or_default().add(action, extent);
        }
        Ok(())
    }
}

impl Guard {
    fn table(&self, name: &str) -> TableName {
        match name.strip_suffix(INDEXES) {
            _ if name == self.keys_table => TableName::Keys,
            _ if name == self.users_table => TableName::Users,
            Some(table) if table == self.users_table => TableName::UsersIndexes,
            _ => panic!("{name} is no table of the service"),
        }
    }
}

/// What follows a table's name in the resource of its indexes.
const INDEXES: &str = "/index/*";

/// What a call does to the items of one partition.
struct Access {
    operation: &'static str,
    table: String,
    partition: String,
    extent: Extent,
}

/// The kind of a partition: its key up to the first `#`, of counted attempts up to the second, and `*` for what follows.
fn kind_of(partition: &str) -> String {
    match partition.split('#').collect::<Vec<_>>().as_slice() {
        ["THROTTLE", scope, ..] => format!("THROTTLE#{scope}#*"),
        [kind, _, ..] => format!("{kind}#*"),
        _ => partition.to_owned(),
    }
}

type Attributes = HashMap<String, AttributeValue>;

fn accesses(input: &Input) -> Option<Vec<Access>> {
    if let Some(get) = input.downcast_ref::<GetItemInput>() {
        let extent = reading(get.projection_expression(), []);
        return Some(vec![access("GetItem", get.table_name(), key(get.key()), extent)]);
    }
    if let Some(batch) = input.downcast_ref::<BatchGetItemInput>() {
        let requests = batch.request_items().into_iter().flatten();
        let each = requests.flat_map(|(table, wanted)| {
            let extent = reading(wanted.projection_expression(), []);
            let keys = wanted.keys().iter();
            keys.map(move |wanted| access("BatchGetItem", Some(table), key(Some(wanted)), extent.clone()))
        });
        return Some(each.collect());
    }
    if let Some(query) = input.downcast_ref::<QueryInput>() {
        let values = query.expression_attribute_values().expect("a query with values");
        let extent = reading(query.projection_expression(), ["pk", "sk"]);
        let table = query.table_name().expect("a table");
        let table = if query.index_name().is_some() { format!("{table}{INDEXES}") } else { table.to_owned() };
        return Some(vec![access("Query", Some(&table), text(values.get(":partition")), extent)]);
    }
    if let Some(put) = input.downcast_ref::<PutItemInput>() {
        return Some(vec![access("PutItem", put.table_name(), key(put.item()), putting(put.item(), false))]);
    }
    if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
        let expressions = [update.update_expression(), update.condition_expression()];
        let extent = changing(expressions, update.expression_attribute_names(), false);
        return Some(vec![access("UpdateItem", update.table_name(), key(update.key()), extent)]);
    }
    if let Some(delete) = input.downcast_ref::<DeleteItemInput>() {
        return Some(vec![access("DeleteItem", delete.table_name(), key(delete.key()), writing(false))]);
    }
    let transaction = input.downcast_ref::<TransactWriteItemsInput>()?;
    Some(transaction.transact_items().iter().map(part).collect())
}

/// A part of a transaction.
fn part(item: &TransactWriteItem) -> Access {
    if let Some(put) = item.put() {
        return access("PutItem", Some(put.table_name()), key(Some(put.item())), putting(Some(put.item()), true));
    }
    if let Some(update) = item.update() {
        let expressions = [Some(update.update_expression()), update.condition_expression()];
        let extent = changing(expressions, update.expression_attribute_names(), true);
        return access("UpdateItem", Some(update.table_name()), key(Some(update.key())), extent);
    }
    if let Some(check) = item.condition_check() {
        return access("ConditionCheckItem", Some(check.table_name()), key(Some(check.key())), writing(true));
    }
    let delete = item.delete().expect("a part that puts, updates or deletes");
    access("DeleteItem", Some(delete.table_name()), key(Some(delete.key())), writing(true))
}

fn access(operation: &'static str, table: Option<&str>, partition: String, extent: Extent) -> Access {
    Access { operation, table: table.expect("a table").to_owned(), partition, extent }
}

/// A read of what `projection` names, and of the attributes that its condition names.
fn reading<const N: usize>(projection: Option<&str>, condition: [&str; N]) -> Extent {
    let named = |projection: &str| {
        let projected: BTreeSet<String> = projection.split(',').map(|name| name.trim().to_owned()).collect();
        projected.into_iter().chain(condition.map(str::to_owned)).collect()
    };
    Extent { in_transactions: false, attributes: projection.map(named) }
}

/// An update, of the attributes that its `expressions` name and of its key.
fn changing<const N: usize>(
    expressions: [Option<&str>; N],
    names: Option<&HashMap<String, String>>,
    in_transactions: bool,
) -> Extent {
    let is_of_a_word = |character: char| character.is_ascii_alphanumeric() || "_#:".contains(character);
    let words =
        expressions.into_iter().flatten().flat_map(|text| text.split(move |character| !is_of_a_word(character)));
    let attributes = words.filter(|word| !word.is_empty() && !word.starts_with(':') && !LANGUAGE.contains(word));
    let named = attributes.map(|word| match word.strip_prefix('#') {
        Some(_) => names.and_then(|names| names.get(word)).expect("a name that stands for an attribute").clone(),
        None => word.to_owned(),
    });
    let attributes = named.chain(["pk", "sk"].map(str::to_owned)).collect();
    Extent { in_transactions, attributes: Some(attributes) }
}

/// The words of DynamoDB's expressions that are no attributes.
const LANGUAGE: [&str; 7] = ["SET", "REMOVE", "ADD", "AND", "OR", "attribute_exists", "attribute_not_exists"];

/// An item with all its attributes.
fn putting(item: Option<&Attributes>, in_transactions: bool) -> Extent {
    let attributes = item.into_iter().flat_map(|item| item.keys().cloned()).collect();
    Extent { in_transactions, attributes: Some(attributes) }
}

const fn writing(in_transactions: bool) -> Extent {
    Extent { in_transactions, attributes: None }
}

/// The partition key of an item or a key.
fn key(attributes: Option<&Attributes>) -> String {
    text(attributes.expect("attributes").get("pk"))
}

fn text(value: Option<&AttributeValue>) -> String {
    value.expect("a value").as_s().expect("a text").clone()
}
