//! The template's routes are the routers'.

use std::collections::BTreeSet;

use faregate_tests::Template;
use serde_json::Value;

use super::{packages, source};

/// The paths that each function's views and documents name.
fn routed() -> BTreeSet<(String, String)> {
    let mut paths = BTreeSet::new();
    for package in packages() {
        let text = source(&package, "lib.rs");
        let named = text.split("path: \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        paths.extend(named.map(|path| (path, package.clone())));
    }
    paths
}

/// The same without what `{proxy+}` behind a shorter path of the same function takes in.
fn routed_apart() -> BTreeSet<(String, String)> {
    let all = routed();
    let is_below = |(path, package): &(String, String)| {
        all.iter().any(|(other, theirs)| {
            theirs == package && path.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'))
        })
    };
    all.iter().filter(|route| !is_below(route)).cloned().collect()
}

/// The events of the kind `kind`, each with its function.
fn events(template: &Template, kind: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (package, function) in template.functions() {
        let events = function["Properties"]["Events"].as_object().cloned().unwrap_or_default();
        let of_kind = events.into_iter().filter(|(_, event)| event["Type"] == kind);
        found.extend(of_kind.map(|(_, event)| (package.clone(), event["Properties"].clone())));
    }
    found
}

/// What API Gateway must route so that `path` is answered with and without its last slash: a key must not end with one, and
/// a segment that is left open belongs to what stands before it.
fn keys(path: &str) -> [String; 2] {
    let fixed = path.split("/{").next().unwrap();
    [fixed.to_owned(), format!("{fixed}/{{proxy+}}")]
}

#[test]
fn the_http_api_has_every_route_and_sends_the_rest_to_not_found() {
    let (mut routes, mut defaults) = (BTreeSet::new(), Vec::new());
    for (package, event) in events(&Template::load(), "HttpApi") {
        match event["Path"].as_str() {
            Some(path) if path != "$default" => {
                // What handles no other method answers 405 itself.
                assert_eq!(event["Method"], "ANY", "{path}");
                assert!(routes.insert((path.to_owned(), package)), "{path} is there twice");
            }
            _ => defaults.push(package),
        }
    }
    let wanted = routed_apart().into_iter().flat_map(|(path, package)| keys(&path).map(|key| (key, package.clone())));
    assert_eq!(routes, wanted.collect());
    assert_eq!(defaults, ["not-found"]);
}

/// With a `CorsConfiguration` API Gateway answers preflights itself and replaces the functions' headers; an authorizer would
/// refuse every preflight, which has no token.
#[test]
fn preflights_reach_the_functions() {
    let template = Template::load();
    let api = &template.resources("AWS::Serverless::HttpApi")["HttpApi"]["Properties"];
    assert!(api["CorsConfiguration"].is_null() && api["Auth"].is_null());
    for (package, event) in events(&template, "HttpApi") {
        assert!(event["Auth"].is_null(), "{package}");
    }
    let globals = template.part("Globals");
    assert!(globals["HttpApi"].is_null(), "{globals}");
}

#[test]
fn routes_that_hash_a_password_are_throttled_apart() {
    let template = Template::load();
    let apis = template.resources("AWS::Serverless::HttpApi");
    let mut throttled = apis["HttpApi"]["Properties"]["RouteSettings"].as_object().unwrap().clone();
    // It hashes where HTTP Basic is on.
    throttled.retain(|route, _| !route.contains("/api/me"));
    let hashing =
        routed_apart().into_iter().filter(|(_, package)| source(package, "lib.rs").contains("service.passwords()"));
    let wanted: BTreeSet<String> = hashing.flat_map(|(path, _)| keys(&path).map(|key| format!("ANY {key}"))).collect();
    assert_eq!(throttled.keys().cloned().collect::<BTreeSet<_>>(), wanted);
    for (route, settings) in &throttled {
        assert_eq!(limits(settings), (&"50".into(), &"50".into()), "{route}");
    }
}

/// The rate and the burst that a route takes.
fn limits(settings: &Value) -> (&Value, &Value) {
    (&settings["ThrottlingRateLimit"], &settings["ThrottlingBurstLimit"])
}

#[test]
fn me_is_throttled_like_them_where_it_hashes() {
    for (basic, limit) in [("on", "50"), ("off", "1000")] {
        let apis = Template::load().with("BasicAuth", basic).resources("AWS::Serverless::HttpApi");
        for key in keys("/api/me") {
            let settings = &apis["HttpApi"]["Properties"]["RouteSettings"][format!("ANY {key}")];
            assert_eq!(limits(settings), (&limit.into(), &limit.into()), "{key}, BasicAuth {basic}");
        }
    }
}

#[test]
fn the_web_socket_api_has_its_functions() {
    let apis = Template::load().resources("AWS::Serverless::WebSocketApi");
    assert_eq!(apis.len(), 1);
    let properties = &apis["WebSocketApi"]["Properties"];
    assert_eq!(properties["Auth"]["AuthArn"]["Fn::GetAtt"], "WsAuthorizer.Arn");
    for route in ["$connect", "$disconnect", "$default"] {
        assert_eq!(properties["Routes"][route]["FunctionArn"]["Fn::GetAtt"], "WsConnect.Arn", "{route}");
    }
}

#[test]
fn the_clock_calls_rotate_keys_and_ws_reaper() {
    let scheduled = events(&Template::load(), "Schedule");
    let schedules: Vec<_> = scheduled.iter().map(|(package, event)| (package.as_str(), &event["Schedule"])).collect();
    assert_eq!(schedules, [("rotate-keys", &"rate(1 hour)".into()), ("ws-reaper", &"rate(1 minute)".into())]);
}

#[test]
fn what_sam_makes_of_events_has_ids_of_its_own() {
    let template = Template::load();
    let is_known = |id: &String| ["Parameters", "Resources"].iter().any(|part| !template.part(part)[id].is_null());
    for (id, function) in template.resources("AWS::Serverless::Function") {
        let events = function["Properties"]["Events"].as_object().cloned().unwrap_or_default();
        for made in events.keys().flat_map(|event| ["", "Permission"].map(|kind| format!("{id}{event}{kind}"))) {
            assert!(!is_known(&made), "{made} is the template's own");
        }
    }
}

#[test]
fn every_function_is_deployed_under_its_own_name_from_its_own_package() {
    let functions = Template::load().functions();
    assert_eq!(functions.keys().cloned().collect::<BTreeSet<_>>(), packages());
    for (package, function) in functions {
        let properties = &function["Properties"];
        assert_eq!(function["Metadata"]["BuildMethod"], "rust-cargolambda", "{package}");
        assert_eq!(properties["CodeUri"], format!("../functions/{package}"));
        assert_eq!(properties["FunctionName"], format!("${{AWS::StackName}}-{package}"));
    }
}
