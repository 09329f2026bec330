//! IAM policies, as API Gateway takes them from an authorizer.

use serde_json::{Map, Value, json};

/// What a permission covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every route of the stage: API Gateway keeps a policy and asks it about other routes too, for which a narrower one
    /// would be a refusal.
    Stage,
    /// The route that was asked for.
    Route,
}

/// A policy that lets `principal` call the API that `arn` is a method of; `None` when `arn` names no method.
#[must_use]
pub fn allow(principal: &str, arn: &str, scope: Scope, context: Map<String, Value>) -> Option<Value> {
    // arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH
    let method = arn.splitn(6, ':').nth(5).filter(|_| arn.starts_with("arn:"))?;
    let (api, rest) = method.split_once('/')?;
    let (stage, _method) = rest.split_once('/')?;
    if api.is_empty() || stage.is_empty() {
        return None;
    }
    // What the client asked for stands behind the stage: it must not decide what a kept policy covers.
    let resource = match scope {
        Scope::Route => arn.to_owned(),
        Scope::Stage => format!("{}{api}/{stage}/*", arn.strip_suffix(method)?),
    };
    let fixed = resource.strip_suffix("/*").filter(|_| scope == Scope::Stage).unwrap_or(&resource);
    if fixed.contains(['*', '?']) {
        return None;
    }
    let mut policy = policy(principal, "Allow", &resource);
    policy.insert("context".to_owned(), Value::Object(context));
    Some(Value::Object(policy))
}

/// A policy that refuses the method `arn`, or everything when the event named none.
#[must_use]
pub fn deny(arn: Option<&str>) -> Value {
    Value::Object(policy("anonymous", "Deny", arn.filter(|arn| arn.starts_with("arn:")).unwrap_or("*")))
}

fn policy(principal: &str, effect: &str, resource: &str) -> Map<String, Value> {
    let statement = json!({"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource});
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    Map::from_iter([("principalId".to_owned(), json!(principal)), ("policyDocument".to_owned(), document)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/rides/7";

    fn resource(policy: &Value) -> &str {
        policy["policyDocument"]["Statement"][0]["Resource"].as_str().unwrap()
    }

    #[test]
    fn a_permission_covers_the_stage_or_the_route() {
        let stage = allow("u", ARN, Scope::Stage, Map::new()).unwrap();
        assert_eq!(resource(&stage), "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/*");
        assert_eq!(resource(&allow("u", ARN, Scope::Route, Map::new()).unwrap()), ARN);
    }

    #[test]
    fn there_is_no_permission_for_what_is_no_method() {
        let odd = [
            "",
            "*",
            "arn:",
            "x:aws:execute-api:r:a:api/prod/GET/",
            "arn:aws:execute-api:r:a:api",
            ARN.trim_end_matches('7'),
        ];
        for arn in &odd[..5] {
            assert_eq!(allow("u", arn, Scope::Stage, Map::new()), None, "{arn}");
        }
        assert!(allow("u", odd[5], Scope::Stage, Map::new()).is_some());
        assert_eq!(allow("u", "arn:aws:execute-api:r:a:*/prod/GET/", Scope::Stage, Map::new()), None);
        assert_eq!(allow("u", "arn:aws:execute-api:r:a:api/*/GET/", Scope::Stage, Map::new()), None);
        assert_eq!(allow("u", "arn:aws:execute-api:r:a:api/prod/*", Scope::Route, Map::new()), None);
    }

    #[test]
    fn a_path_with_wildcards_changes_no_permission() {
        for path in ["a*b", "?", "*", "a/b?c"] {
            let policy = allow("u", &format!("{}{path}", ARN.trim_end_matches('7')), Scope::Stage, Map::new()).unwrap();
            assert_eq!(resource(&policy), "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/*");
        }
    }

    #[test]
    fn a_refusal_names_the_method_or_everything() {
        assert_eq!(resource(&deny(Some(ARN))), ARN);
        assert_eq!(resource(&deny(Some("nonsense"))), "*");
        assert_eq!(deny(None)["policyDocument"]["Statement"][0]["Effect"], "Deny");
    }
}
