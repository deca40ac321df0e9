//! Lists at Stripe. An event has only the first members of a list; the whole list is read here page by page,
//! up to a limit.
//!
//! It does not know the members' kinds.

use std::collections::BTreeMap;

use serde_json::Value;

use super::client::Client;
use super::error::StripeError;

/// The maximum number of members of a list that is read for a delivery; invoices have far fewer.
pub(super) const LIST_MEMBERS_MAX: usize = 10_000;
/// The maximum number of bytes of an id.
const ID_BYTES_MAX: usize = 255;

/// Whether a text can be an id of Stripe's. Only such a text is put into a path or a header.
pub(super) fn is_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Whole lists that were read for one event, by their paths.
#[derive(Debug, Default)]
pub(super) struct Fetched(BTreeMap<String, Vec<Value>>);

impl Fetched {
    pub(super) fn insert(&mut self, path: String, members: Vec<Value>) {
        self.0.insert(path, members);
    }

    /// The members of a list, if it was read; an empty list is known to be empty.
    pub(super) fn list(&self, path: &str) -> Option<&[Value]> {
        self.0.get(path).map(Vec::as_slice)
    }
}

impl Client {
    /// Every member of a list of this account, or of a connected one.
    ///
    /// Errors: [`ListTooLong`](StripeError::ListTooLong), and those of [`pages`](Self::pages).
    pub(super) fn list(&self, path: &str, account: Option<&str>) -> Result<Vec<Value>, StripeError> {
        let mut members = Vec::new();
        self.pages(path, &[], account, |page| {
            members.extend(page);
            let fits = members.len() <= LIST_MEMBERS_MAX;
            if fits { Ok(()) } else { Err(StripeError::ListTooLong { path: path.to_owned() }) }
        })?;
        Ok(members)
    }

    /// Reads a list and passes each page on. A list that repeats its pages is an error.
    pub(super) fn pages(
        &self,
        path: &str,
        query: &[(String, String)],
        account: Option<&str>,
        mut each: impl FnMut(Vec<Value>) -> Result<(), StripeError>,
    ) -> Result<(), StripeError> {
        let unreadable = |what: &str| StripeError::Unreadable(format!("`{path}` {what}"));
        let mut after: Option<String> = None;
        // The end of an earlier page, moved ahead at powers of two (Brent): a cycle of any length comes back
        // to it.
        let mut mark: Option<String> = None;
        for count in 1_u64.. {
            let mut query = query.to_vec();
            query.push(("limit".to_owned(), "100".to_owned()));
            query.extend(after.map(|after| ("starting_after".to_owned(), after)));
            let mut page = self.get(path, &query, account)?;
            let has_more = page.get("has_more").and_then(Value::as_bool).unwrap_or(false);
            let Some(Value::Array(members)) = page.get_mut("data").map(Value::take) else {
                return Err(unreadable("has no list"));
            };
            let last = members.last().and_then(|last| Some(last.get("id")?.as_str()?.to_owned()));
            each(members)?;
            if !has_more {
                return Ok(());
            }
            let last = last.ok_or_else(|| unreadable("has more pages and does not say after what"))?;
            if mark.as_deref() == Some(&last) {
                return Err(unreadable("repeats its pages"));
            }
            if count.is_power_of_two() {
                mark = Some(last.clone());
            }
            after = Some(last);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_ascii_and_short() {
        for id in ["in_1", "cs_test_a1B2-c3", "0", &"x".repeat(255)] {
            assert!(is_id(id), "{id}");
        }
        for id in ["", "in/1", "../v1/refunds", "in_1?x=1", "in%2F", "in 1", "in_\u{e9}", &"x".repeat(256)] {
            assert!(!is_id(id), "{id}");
        }
    }
}
