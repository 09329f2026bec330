//! A DynamoDB that answers within the SDK: no socket, no wait, and as it was before each input.
//!
//! It does as much of DynamoDB as the functions need to go on: items are put, got, queried and deleted. Conditions hold where
//! the item is there, and an update changes nothing. What DynamoDB really does is for `tests/it`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value, json};

/// Items by table, partition key and sort key.
type Items = BTreeMap<[String; 3], Value>;

/// The tables; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    items: Items,
    kept: Items,
    has_changed: bool,
}

impl Table {
    /// What the SDK sends its requests through.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_settings, _components| connector.clone())
    }

    /// What is there now is what [`Table::restore`] brings back.
    pub(crate) fn keep(&self) {
        let mut state = self.state();
        state.kept = state.items.clone();
        state.has_changed = false;
    }

    /// Undoes what was done since [`Table::keep`].
    pub(crate) fn restore(&self) {
        let mut state = self.state();
        if state.has_changed {
            state.items = state.kept.clone();
            state.has_changed = false;
        }
    }

    /// Gives every item with the sort key `sort` the attribute `name`.
    pub(crate) fn set(&self, sort: &str, name: &str, value: &Value) {
        let mut state = self.state();
        for (_, item) in state.items.iter_mut().filter(|(key, _)| key[2] == sort) {
            if let Some(attributes) = item.as_object_mut() {
                attributes.insert(name.to_owned(), value.clone());
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpConnector for Table {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok());
        let answer = self.state().answer(operation.unwrap_or_default(), &body.unwrap_or_default());
        let (status, body) = match answer {
            Some(body) => (200, body),
            None => (400, json!({"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"})),
        };
        let status = u16::try_into(status).expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body.to_string()))))
    }
}

impl State {
    /// The answer to `operation`; nothing where its condition does not hold.
    fn answer(&mut self, operation: &str, asked: &Value) -> Option<Value> {
        let table = text(asked, "TableName");
        match operation {
            "GetItem" => Some(match self.items.get(&key_of(table, &asked["Key"])) {
                Some(item) => json!({"Item": item}),
                None => json!({}),
            }),
            "BatchGetItem" => Some(self.batch(asked)),
            "Query" => Some(json!({"Items": self.query(table, asked)})),
            "PutItem" => {
                self.write("Put", asked);
                Some(json!({}))
            }
            // It says what was there, if it is asked to.
            "DeleteItem" => {
                let old = self.items.get(&key_of(table, &asked["Key"])).cloned();
                self.write("Delete", asked);
                Some(old.map_or_else(|| json!({}), |old| json!({"Attributes": old})))
            }
            "UpdateItem" if text(asked, "ConditionExpression").contains("attribute_not_exists(attempts)") => {
                Some(json!({}))
            }
            "UpdateItem" => Some(json!({"Attributes": self.items.get(&key_of(table, &asked["Key"]))?})),
            "TransactWriteItems" => {
                for write in asked["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object) {
                    write.iter().for_each(|(kind, write)| self.write(kind, write));
                }
                Some(json!({}))
            }
            _ => Some(json!({})),
        }
    }

    fn write(&mut self, kind: &str, write: &Value) {
        let table = text(write, "TableName");
        match kind {
            "Put" => drop(self.items.insert(key_of(table, &write["Item"]), write["Item"].clone())),
            "Delete" => drop(self.items.remove(&key_of(table, &write["Key"]))),
            _ => return,
        }
        self.has_changed = true;
    }

    fn batch(&self, asked: &Value) -> Value {
        let mut found = Map::new();
        for (table, wanted) in asked["RequestItems"].as_object().into_iter().flatten() {
            let keys = wanted["Keys"].as_array().into_iter().flatten();
            let items = keys.filter_map(|key| self.items.get(&key_of(table, key)).cloned()).collect();
            found.insert(table.clone(), Value::Array(items));
        }
        json!({"Responses": found, "UnprocessedKeys": {}})
    }

    /// The items of one partition, of an index too, from a sort key on if one is named.
    fn query(&self, table: &str, asked: &Value) -> Vec<&Value> {
        let condition = text(asked, "KeyConditionExpression");
        let mut words = condition.split(' ');
        let named = words.next().unwrap_or_default();
        let attribute = asked["ExpressionAttributeNames"][named].as_str().unwrap_or(named);
        let value = |name: &str| asked["ExpressionAttributeValues"][name]["S"].as_str();
        let partition = words.nth(1).and_then(value);
        let from = value(":from").or_else(|| value(":after")).filter(|_| attribute == "pk").unwrap_or_default();
        let of_table = self.items.iter().filter(|([of, ..], _)| of == table);
        of_table
            .filter(|([_, _, sort], item)| item[attribute]["S"].as_str() == partition && sort.as_str() >= from)
            .map(|(_, item)| item)
            .collect()
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn key_of(table: &str, attributes: &Value) -> [String; 3] {
    let of = |name: &str| attributes[name]["S"].as_str().unwrap_or_default().to_owned();
    [table.to_owned(), of("pk"), of("sk")]
}
