//! Requests of the API, before it is known on which way they go.

use std::fmt::Display;

use serde_json::Value;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// The idempotency key of a write.
    pub(crate) key: Option<String>,
    /// Whether the response may take as long as the ledger is large.
    pub(crate) is_long: bool,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), body: None, key: None, is_long: false }
    }

    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: "POST", path: path.into(), body: Some(body), key: None, is_long: false }
    }

    /// A write under this key.
    pub(crate) fn keyed(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// A request that reads the whole ledger.
    pub(crate) fn at_length(self) -> Self {
        Self { is_long: true, ..self }
    }

    /// The body's bytes; none for a request without one.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.body.as_ref().map(Value::to_string).unwrap_or_default().into_bytes()
    }

    /// The headers, but those of the transport.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let content = self.body.as_ref().map(|_| ("content-type", "application/json"));
        content.into_iter().chain(self.key.as_deref().map(|key| ("idempotency-key", key)))
    }
}

/// A path within the API, with its query.
pub(crate) struct Path {
    path: String,
    query: form_urlencoded::Serializer<'static, String>,
}

impl Path {
    /// The path of these parts, each encoded: `["wallets", "a/b"]` is `/wallets/a%2Fb`.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let path = parts.into_iter().fold(String::new(), |path, part| path + "/" + &encoded(part));
        Self { path, query: form_urlencoded::Serializer::new(String::new()) }
    }

    /// With an option of the query, if it is given.
    pub(crate) fn option(mut self, name: &str, value: Option<impl Display>) -> Self {
        if let Some(value) = value {
            self.query.append_pair(name, &value.to_string());
        }
        self
    }

    /// With an option that has no value, if it is set.
    pub(crate) fn flag(self, name: &str, is_set: bool) -> Self {
        self.option(name, is_set.then_some("true"))
    }
}

impl From<Path> for String {
    fn from(Path { path, mut query }: Path) -> Self {
        let query = query.finish();
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }
}

/// A part of a path, with its bytes that are not unreserved in hexadecimal digits.
fn encoded(part: &str) -> String {
    part.bytes().fold(String::with_capacity(part.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(byte.into());
        } else {
            text.push('%');
            for half in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(half.into(), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_owners_are_one_part_of_a_path() {
        let path = Path::of(["wallets", "a/b?c#d <\u{5d0}>", "entries"]);
        let path = path.option("limit", Some(5)).option("after", None::<&str>).flag("explain", true);
        assert_eq!(String::from(path), "/wallets/a%2Fb%3Fc%23d%20%3C%D7%90%3E/entries?limit=5&explain=true");
        assert_eq!(String::from(Path::of(["head"]).flag("explain", false)), "/head");
    }
}
