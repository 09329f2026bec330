//! What each operation costs: the DynamoDB calls and units that infra/cli/data/operations.json has on record, from which
//! `faregate cost` makes a bill, and as much among many users as among few. `cargo bench --package bench --bench growth` goes
//! on to a million.

use faregate_tests::{Cost, Crowd, Operations, Template};
use serde_json::{Value, json};

/// Enough for each part of the list to fill a page of its own.
const FEW: usize = 512;
const MANY: usize = 1536;

fn on_record() -> Value {
    serde_json::from_str(include_str!("../../infra/cli/data/operations.json")).unwrap()
}

fn as_recorded((name, cost): &(&str, Cost)) -> (String, Value) {
    let Cost { calls, read_units, write_units } = cost;
    ((*name).to_owned(), json!({"calls": calls, "read_units": read_units, "write_units": write_units}))
}

#[tokio::test]
async fn each_operation_costs_what_is_on_record_however_many_users_there_are() {
    let app = Operations::app().await;
    let mut crowd = Crowd::new(&app).await;
    let mut staff = app.administrator("boss").await;
    let mut measured = Vec::new();
    for users in [FEW, MANY] {
        crowd.grow(users).await;
        let costs = Operations::costs(&app, &crowd.middle(), &mut staff).await;
        measured.push(Value::Object(costs.iter().map(as_recorded).collect()));
    }
    assert_eq!(measured[0], measured[1], "{FEW} and {MANY} users");
    let on_record = &on_record()["operations"];
    assert_eq!(&measured[0], on_record, "measured is\n{}", measured[0]);
}

#[test]
fn what_is_on_record_of_the_template_is_in_it() {
    let (template, on_record) = (Template::load(), on_record());
    let functions = template.functions();
    let default = &template.part("Globals")["Function"]["MemorySize"];
    for (package, memory) in on_record["memory_mib"].as_object().unwrap() {
        let own = &functions[package]["Properties"]["MemorySize"];
        assert_eq!(memory, if own.is_null() { default } else { own }, "{package}");
    }
    for (name, parameter) in
        [("requests_per_second", "RequestsPerSecond"), ("hashing_requests_per_second", "HashingRequestsPerSecond")]
    {
        assert_eq!(on_record[name], template.part("Parameters")[parameter]["Default"], "{name}");
    }
    let alarms = serde_json::to_string(&template.resources("AWS::CloudWatch::Alarm")).unwrap();
    assert_eq!(on_record["alarm_metrics"], alarms.matches("\"MetricName\"").count());
}
