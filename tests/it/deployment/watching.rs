//! What the template watches is there to be watched, and the runbook knows it.

use faregate::telemetry::Metric;
use faregate_tests::Template;
use serde_json::{Value, json};

use super::root;

/// The metrics in an alarm: its own, or those that it calculates with.
fn metrics(alarm: &Value) -> Vec<(Value, Value)> {
    let own = (!alarm["MetricName"].is_null()).then(|| (alarm["Namespace"].clone(), alarm["MetricName"].clone()));
    let parts = alarm["Metrics"].as_array().into_iter().flatten();
    let metric = |part: &Value| part["MetricStat"]["Metric"].clone();
    let calculated = parts.map(metric).filter(|metric| !metric.is_null());
    own.into_iter()
        .chain(calculated.map(|metric| (metric["Namespace"].clone(), metric["MetricName"].clone())))
        .collect()
}

#[test]
fn alarms_go_by_metrics_that_the_functions_tell() {
    let ours: Vec<&str> = Metric::ALL.into_iter().map(Metric::as_str).collect();
    let alarms = Template::load().resources("AWS::CloudWatch::Alarm");
    let all: Vec<_> = alarms.values().flat_map(|alarm| metrics(&alarm["Properties"])).collect();
    let embedded = all.iter().filter(|(namespace, _)| namespace == "Faregate/${AWS::StackName}");
    let watched: Vec<&str> = embedded.map(|(_, name)| name.as_str().unwrap()).collect();
    assert!(watched.contains(&"Thefts") && watched.contains(&"Faults"), "{watched:?}");
    assert!(watched.iter().all(|name| ours.contains(name)), "{watched:?}");
}

#[test]
fn every_alarm_has_its_section_in_the_runbook() {
    let guide = std::fs::read_to_string(root().join("docs/operations.md")).unwrap();
    for (id, alarm) in Template::load().resources("AWS::CloudWatch::Alarm") {
        let description = alarm["Properties"]["AlarmDescription"].as_str().unwrap();
        let anchor = description.split("docs/operations.md#").nth(1).unwrap_or_else(|| panic!("{id} names no section"));
        let anchor = anchor.split([' ', '.', ')']).next().unwrap();
        let heading =
            |line: &str| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-").replace(':', "");
        assert!(guide.lines().any(|line| line.starts_with("##") && heading(line) == anchor), "{id}: {anchor}");
    }
}

#[test]
fn logs_go_to_the_stacks_own_groups_and_are_kept_for_a_time() {
    let template = Template::load().with("WebSocketAccessLogs", "on");
    let groups = template.resources("AWS::Logs::LogGroup");
    assert_eq!(groups.keys().collect::<Vec<_>>(), ["HttpAccessLogGroup", "LogGroup", "WebSocketAccessLogGroup"]);
    for (id, group) in groups {
        assert_eq!(group["Properties"]["RetentionInDays"], "30", "{id}");
    }
    let logging = &template.part("Globals")["Function"]["LoggingConfig"];
    assert_eq!((&logging["LogFormat"], &logging["LogGroup"]), (&"JSON".into(), &json!({"Ref": "LogGroup"})));
    for (package, function) in template.functions() {
        assert_eq!(function["Properties"]["LoggingConfig"], Value::Null, "{package}");
    }
}

#[test]
fn access_logs_hold_no_path_no_query_and_no_header() {
    let template = Template::load().with("WebSocketAccessLogs", "on");
    for kind in ["AWS::Serverless::HttpApi", "AWS::Serverless::WebSocketApi"] {
        for (id, api) in template.resources(kind) {
            let format = api["Properties"]["AccessLogSettings"]["Format"].as_str().unwrap();
            let variables: Vec<&str> =
                format.split("$context.").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
            assert!(
                variables.contains(&"requestId") && variables.contains(&"identity.sourceIp"),
                "{id}: {variables:?}"
            );
            for variable in variables {
                let word = variable.to_lowercase();
                let telling = ["path", "query", "header", "override", "claims", "authorizer", "user"];
                assert!(!telling.iter().any(|part| word.contains(part)), "{id}: {variable}");
            }
        }
    }
}

#[test]
fn tables_outlive_the_stack_and_can_go_back_in_time() {
    let tables = Template::load().resources("AWS::DynamoDB::Table");
    assert_eq!(tables.len(), 2);
    for (id, table) in tables {
        let properties = &table["Properties"];
        assert_eq!(
            (&table["DeletionPolicy"], &table["UpdateReplacePolicy"]),
            (&"Retain".into(), &"Retain".into()),
            "{id}"
        );
        assert_eq!(properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{id}");
        assert_eq!(properties["TimeToLiveSpecification"]["AttributeName"], faregate::store::keys::TTL, "{id}");
        assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST", "{id}");
    }
}
