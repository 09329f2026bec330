//! The scan of the table finds what does not fit together.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use faregate_tests::{TestApp, broken_references, imported, orphaned_sessions};

type Items = Vec<HashMap<String, AttributeValue>>;

/// A table with a bit of everything.
async fn items() -> Items {
    let app = TestApp::start().await;
    app.user("ann").await;
    app.bring(&[imported("ben", "2", "!")]).await;
    app.administrator("boss").await.get("/admin/users/").await.is(200);
    app.items().await
}

fn text<'a>(item: &'a HashMap<String, AttributeValue>, name: &str) -> &'a str {
    item[name].as_s().unwrap()
}

#[tokio::test]
async fn a_half_of_what_belongs_together_is_found() {
    let items = items().await;
    assert_eq!(broken_references(&items), [""; 0]);
    assert_eq!(orphaned_sessions(&items), [""; 0]);
    for (number, gone) in items.iter().enumerate() {
        let mut rest = items.clone();
        rest.remove(number);
        let (found, orphaned) = (broken_references(&rest), orphaned_sessions(&rest));
        let (partition, sort) = (text(gone, "pk"), text(gone, "sk"));
        let stands_alone = sort.starts_with("SESSION#") || !["USER", "LEGA", "AUDI"].contains(&&partition[..4]);
        assert_eq!(found.is_empty(), stands_alone, "{partition} {sort}: {found:?}");
        assert_eq!(orphaned.len(), usize::from(sort == "PROFILE" && found[0].contains("ann")), "{orphaned:?}");
    }
}

#[tokio::test]
async fn what_names_another_or_is_in_another_list_is_found() {
    let items = items().await;
    for (name, value) in [
        ("user_id", AttributeValue::S("01968c4e-7a00-7000-8000-000000000001".to_owned())),
        ("is_staff", AttributeValue::Bool(true)),
        ("is_active", AttributeValue::Bool(false)),
        ("list_partition", AttributeValue::S("LIST#active#user#9".to_owned())),
        ("username_key", AttributeValue::S("cid".to_owned())),
        ("session_id", AttributeValue::S("01968c4e-7a00-7000-8000-000000000002".to_owned())),
        ("action", AttributeValue::S("deleted".to_owned())),
    ] {
        let mut changed = 0;
        for number in 0..items.len() {
            let mut other = items.clone();
            let names_its_user = !text(&other[number], "pk").starts_with("ADMIN_");
            if names_its_user && other[number].get(name).is_some_and(|before| *before != value) {
                other[number].insert(name.to_owned(), value.clone());
                assert!(!broken_references(&other).is_empty(), "{name} of {}", text(&items[number], "pk"));
                changed += 1;
            }
        }
        assert!(changed > 0, "nothing has {name}");
    }
}
