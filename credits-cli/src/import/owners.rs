//! Names of owners: a template over the type and the id of a Rails record.
//!
//! It does not know the ledger's rules for names.

use std::fmt;
use std::str::FromStr;

use super::error::ImportError;

/// The template of owners' names: text with `{type}` and `{id}`. The default `{type}:{id}` names the owner of a `User`
/// with id 42 `user:42`. A type is written as Rails underscores it: `ApiClient` is `api_client`, `Admin::User` is
/// `admin/user`.
///
/// ```
/// use credits_cli::import::OwnerNames;
///
/// let names: OwnerNames = "{type}:{id}".parse()?;
/// assert_eq!(names.name("ApiClient", "7"), "api_client:7");
/// assert!("user".parse::<OwnerNames>().is_err());
/// # Ok::<(), credits_cli::import::ImportError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerNames(String);

impl Default for OwnerNames {
    fn default() -> Self {
        Self("{type}:{id}".to_owned())
    }
}

impl FromStr for OwnerNames {
    type Err = ImportError;

    fn from_str(template: &str) -> Result<Self, ImportError> {
        let literal = template.replace("{type}", "").replace("{id}", "");
        let is_template = template.contains("{id}") && !literal.contains(['{', '}']);
        is_template
            .then(|| Self(template.to_owned()))
            .ok_or_else(|| ImportError::OwnerTemplate { template: template.to_owned() })
    }
}

impl fmt::Display for OwnerNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl OwnerNames {
    /// The name of a record's owner.
    pub fn name(&self, class: &str, id: &str) -> String {
        // The id is inserted last: it may be any text.
        let (before, after) = self.0.split_once("{id}").unwrap_or((&self.0, ""));
        let typed = |part: &str| part.replace("{type}", &underscored(class));
        format!("{}{id}{}", typed(before), typed(after).replace("{id}", id))
    }
}

/// The name of a class as Rails underscores it.
fn underscored(class: &str) -> String {
    let mut name = String::new();
    let letters: Vec<char> = class.replace("::", "/").chars().collect();
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| letters.get(before));
        let after = place.checked_add(1).and_then(|after| letters.get(after));
        let begins_word = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if begins_word {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_underscored_as_in_rails() {
        for (class, name) in [
            ("User", "user"),
            ("ApiClient", "api_client"),
            ("APIClient", "api_client"),
            ("Admin::User", "admin/user"),
            ("Oauth2Token", "oauth2_token"),
        ] {
            assert_eq!(underscored(class), name);
        }
    }

    #[test]
    fn a_template_has_an_id_and_no_other_placeholder() {
        for (template, name) in
            [("{type}:{id}", "team:9"), ("acct_{id}", "acct_9"), ("{id}@{type}", "9@team")]
        {
            assert_eq!(template.parse::<OwnerNames>().unwrap().name("Team", "9"), name);
        }
        for template in ["", "user", "{type}", "{id}{name}", "{id}}"] {
            assert!(template.parse::<OwnerNames>().is_err(), "{template}");
        }
        assert_eq!(OwnerNames::default().name("Team", "{type}"), "team:{type}");
    }
}
