//! Every operation of the OpenAPI document, as every role, against the reviewed table
//! `tests/authorisation.toml`. An operation that the table does not list fails the test.

use std::collections::{BTreeMap, BTreeSet};

use keju::access::Role;
use serde_json::{Value, json};

use crate::support::{Client, Database, Reply, TestApp};

/// Who may: `"everybody"`, `"signed_in"`, or a list of roles.
#[derive(serde::Deserialize, Debug)]
#[serde(untagged)]
enum Allowed {
    Word(String),
    Roles(BTreeSet<Role>),
}

struct Operation {
    name: String,
    method: String,
    path: String,
    body: Vec<u8>,
    content_type: &'static str,
}

/// The smallest value of a schema: what the type asks for and nothing that must exist.
fn sample(schema: &Value, document: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        let target = document.pointer(pointer);
        return sample(
            target.unwrap_or_else(|| panic!("no {pointer} in the document")),
            document,
        );
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema[choice].as_array() {
            if choice == "allOf" {
                let mut all = serde_json::Map::new();
                for part in choices {
                    if let Value::Object(fields) = sample(part, document) {
                        all.extend(fields);
                    }
                }
                return Value::Object(all);
            }
            let first = choices.iter().find(|part| part["type"] != "null").unwrap();
            return sample(first, document);
        }
    }
    if let Some(word) = schema["enum"].as_array().and_then(|words| words.first()) {
        return word.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds
            .iter()
            .find(|k| *k != "null")
            .cloned()
            .unwrap_or_default(),
        kind => kind.clone(),
    };
    match (kind.as_str(), schema["format"].as_str()) {
        (Some("string"), Some("uuid")) => json!("00000000-0000-7000-8000-000000000000"),
        (Some("string"), Some("date-time")) => json!("2026-03-02T02:00:00Z"),
        (Some("string"), _) => schema.get("example").cloned().unwrap_or(json!("x")),
        (Some("integer" | "number"), _) => json!(1),
        (Some("boolean"), _) => json!(true),
        (Some("array"), _) => json!([]),
        _ => {
            let mut fields = serde_json::Map::new();
            let names = schema["required"].as_array().cloned().unwrap_or_default();
            for name in names.iter().filter_map(Value::as_str) {
                fields.insert(
                    name.to_owned(),
                    sample(&schema["properties"][name], document),
                );
            }
            Value::Object(fields)
        }
    }
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let mut concrete = path.clone();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["in"] == "query" && parameter["required"] == true {
                    let value = sample(&parameter["schema"], document);
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    let mark = if concrete.contains('?') { '&' } else { '?' };
                    let name = parameter["name"].as_str().unwrap();
                    concrete = format!("{concrete}{mark}{name}={text}");
                }
                if parameter["in"] == "path" {
                    let value = sample(&parameter["schema"], document);
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    let name = format!("{{{}}}", parameter["name"].as_str().unwrap());
                    concrete = concrete.replace(&name, &text);
                }
            }
            // A path parameter that the document does not describe is an id.
            while let (Some(from), Some(to)) = (concrete.find('{'), concrete.find('}')) {
                concrete.replace_range(from..=to, "00000000-0000-7000-8000-000000000000");
            }
            let content = &operation["requestBody"]["content"];
            let (content_type, body) = match content.get("application/json") {
                Some(json) => {
                    let body = sample(&json["schema"], document);
                    ("application/json", serde_json::to_vec(&body).unwrap())
                }
                None => ("application/octet-stream", b"x".to_vec()),
            };
            operations.push(Operation {
                name: format!(
                    "{} {}",
                    method.to_uppercase(),
                    path.trim_start_matches("/api/v1")
                ),
                method: method.to_uppercase(),
                path: concrete.trim_start_matches("/api/v1").to_owned(),
                body,
                content_type,
            });
        }
    }
    operations
}

fn call(client: &Client, operation: &Operation) -> Reply {
    let headers = [("content-type", operation.content_type)];
    client.send(
        &operation.method,
        &operation.path,
        &headers,
        operation.body.clone(),
    )
}

/// Whether the answer lets this visitor in. Any answer about the thing asked for does; only "who
/// are you" and "you may not" do not.
fn let_in(reply: &Reply) -> bool {
    !matches!(
        reply.json["code"].as_str(),
        Some("sign-in-required" | "forbidden")
    )
}

#[test]
fn every_operation_lets_in_whom_the_table_names_and_nobody_else() {
    let app = TestApp::start(Database::Sqlite).unwrap();
    let document = app.anybody().send(
        "GET",
        &format!("{}/api/openapi.json", app.base),
        &[],
        vec![],
    );
    let operations = operations(&document.json);
    let table: BTreeMap<String, Allowed> =
        toml::from_str(include_str!("../authorisation.toml")).unwrap();
    let listed: BTreeSet<&str> = table.keys().map(String::as_str).collect();
    let known: BTreeSet<&str> = operations.iter().map(|o| o.name.as_str()).collect();
    let unlisted: Vec<_> = known.difference(&listed).collect();
    assert!(
        unlisted.is_empty(),
        "not in tests/authorisation.toml: {unlisted:#?}"
    );
    let gone: Vec<_> = listed.difference(&known).collect();
    assert!(
        gone.is_empty(),
        "in tests/authorisation.toml, but no operation: {gone:#?}"
    );

    let mut wrong = Vec::new();
    let nobody = app.anybody();
    for operation in &operations {
        let everybody =
            matches!(&table[&operation.name], Allowed::Word(word) if word == "everybody");
        let reply = call(&nobody, operation);
        if let_in(&reply) != everybody {
            wrong.push(format!(
                "{} as nobody: {} {}",
                operation.name, reply.status, reply.text
            ));
        }
    }
    for role in Role::ALL {
        let (_, email) = app.person(role.as_str(), &[role]);
        for operation in &operations {
            // A session of its own each time: some operations end the session they are called in.
            let client = if operation.name.contains("/sessions/current") {
                app.sign_in(&email)
            } else {
                app.token_for(&email)
            };
            let allowed = match &table[&operation.name] {
                Allowed::Word(_) => true,
                Allowed::Roles(roles) => roles.contains(&role),
            };
            let reply = call(&client, operation);
            if let_in(&reply) != allowed {
                let name = &operation.name;
                wrong.push(format!(
                    "{name} as {}: {} {}",
                    role.as_str(),
                    reply.status,
                    reply.text
                ));
            }
            assert!(
                reply.status < 500,
                "{} as {}: {reply:?}",
                operation.name,
                role.as_str()
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
