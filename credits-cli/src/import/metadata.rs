//! Metadata of a row in the ledger's limits.

use credits_runtime::limits::{METADATA_BYTES_MAX, METADATA_DEPTH_MAX};
use serde_json::{Map, Value};

use super::row::Row;

/// The member that counts the members that were left out.
const LEFT_OUT: &str = "members_left_out";

/// Metadata of a row.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Carried {
    pub(super) members: Map<String, Value>,
    /// Whether it is not all of it.
    pub(super) loss: Loss,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Loss {
    #[default]
    Nothing,
    Members,
    Everything,
}

/// The metadata of a row. Balances are left out, because each entry of the ledger has its own; the fulfillment is added.
pub(super) fn of(row: &Row) -> Carried {
    let mut carried = match row.metadata.as_deref() {
        None => Carried::default(),
        Some(text) => parsed(text),
    };
    for balance in ["balance_before", "balance_after"] {
        carried.members.remove(balance);
    }
    if let Some(fulfillment) = &row.fulfillment {
        carried.members.entry("fulfillment_id").or_insert_with(|| fulfillment.as_str().into());
    }
    fit(carried)
}

fn parsed(text: &str) -> Carried {
    let value = match serde_json::from_str(text) {
        // Some drivers store the text of an object as a text.
        Ok(Value::String(inner)) => serde_json::from_str(&inner).unwrap_or(Value::String(inner)),
        Ok(value) => value,
        Err(_) => return Carried { members: Map::new(), loss: Loss::Everything },
    };
    match value {
        Value::Object(members) => Carried { members, loss: Loss::Nothing },
        Value::Null => Carried::default(),
        _ => Carried { members: Map::new(), loss: Loss::Everything },
    }
}

/// Leaves out the largest members until the rest fits.
fn fit(carried: Carried) -> Carried {
    let Carried { mut members, loss } = carried;
    let before = members.len();
    members.retain(|_, value| depth(value) < METADATA_DEPTH_MAX);
    let mut left_out = before.saturating_sub(members.len());
    while bytes(&members, left_out) > METADATA_BYTES_MAX {
        let size = |(name, value): &(&String, &Value)| name.len().saturating_add(value.to_string().len());
        let largest = members.iter().max_by_key(size).map(|(name, _)| name.clone());
        let Some(largest) = largest else { break };
        members.remove(&largest);
        left_out = left_out.saturating_add(1);
    }
    if left_out == 0 {
        return Carried { members, loss };
    }
    members.insert(LEFT_OUT.to_owned(), left_out.into());
    Carried { members, loss: Loss::Members }
}

/// Bytes of the members as JSON, with the count of those left out.
fn bytes(members: &Map<String, Value>, left_out: usize) -> usize {
    let mut counted = members.clone();
    if left_out > 0 {
        counted.insert(LEFT_OUT.to_owned(), left_out.into());
    }
    Value::Object(counted).to_string().len()
}

/// Levels of lists and objects.
fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    inner.unwrap_or(0).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn members(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn objects_are_read_and_other_texts_are_left_out() {
        for (text, value, loss) in [
            (r#"{"a":1}"#, json!({ "a": 1 }), Loss::Nothing),
            (r#""{\"a\":1}""#, json!({ "a": 1 }), Loss::Nothing),
            ("null", json!({}), Loss::Nothing),
            ("{", json!({}), Loss::Everything),
            ("[1]", json!({}), Loss::Everything),
            (r#""a""#, json!({}), Loss::Everything),
        ] {
            assert_eq!(parsed(text), Carried { members: members(&value), loss }, "{text}");
        }
    }

    #[test]
    fn the_largest_and_the_deepest_members_are_left_out() {
        let mut deep = json!(1);
        for _ in 0..METADATA_DEPTH_MAX {
            deep = json!([deep]);
        }
        let large = "x".repeat(3_000);
        let given = json!({ "cost": 5, "deep": deep, "larger": format!("{large}y"), "prompt": large });
        let carried = fit(Carried { members: members(&given), loss: Loss::Nothing });
        assert_eq!(carried.loss, Loss::Members);
        let expected = json!({ "cost": 5, "members_left_out": 2, "prompt": large });
        assert_eq!(Value::Object(carried.members), expected);
    }

    #[test]
    fn metadata_at_the_limit_stays_whole() {
        // {"a":"x.."} has 8 bytes besides its text.
        for (length, loss) in
            [(METADATA_BYTES_MAX - 8, Loss::Nothing), (METADATA_BYTES_MAX - 7, Loss::Members)]
        {
            let given = json!({ "a": "x".repeat(length) });
            assert_eq!(fit(Carried { members: members(&given), loss: Loss::Nothing }).loss, loss);
        }
    }
}
