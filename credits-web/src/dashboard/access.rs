//! Who sees the dashboard: the application says, for each request.
//!
//! It does not know sessions or passwords.

use std::sync::Arc;

use axum::http::request::Parts;

/// The access of one request, as the application decides it.
///
/// ```
/// use credits_web::Access;
/// let access = Access::read("ada@example.com");
/// assert_eq!(access, Access::Read { who: "ada@example.com".to_owned() });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Every page and every form. The name is written on every entry.
    All {
        /// The person.
        who: String,
    },
    /// Every page and no form.
    Read {
        /// The person.
        who: String,
    },
    /// Nothing: 403.
    Denied,
    /// Nothing yet: the browser asks for a name and a password, and sends them as HTTP Basic authentication.
    Password {
        /// What the browser says they are for.
        realm: String,
    },
    /// Nothing yet: the visitor is sent to this address.
    Login {
        /// The address, at which the application lets people sign in.
        url: String,
    },
}

impl Access {
    /// Every page and every form, for this person.
    pub fn all(who: impl Into<String>) -> Self {
        Self::All { who: who.into() }
    }

    /// Every page and no form, for this person.
    pub fn read(who: impl Into<String>) -> Self {
        Self::Read { who: who.into() }
    }

    /// Nothing: 403.
    pub fn denied() -> Self {
        Self::Denied
    }

    /// Nothing yet: the browser asks for a name and a password for this realm. The next request has them in its header
    /// `Authorization`, for the application to compare.
    pub fn password(realm: impl Into<String>) -> Self {
        Self::Password { realm: realm.into() }
    }

    /// Nothing yet: the visitor is sent to this address to sign in.
    pub fn login(url: impl Into<String>) -> Self {
        Self::Login { url: url.into() }
    }
}

/// The application's decision.
pub(super) type Authorize = Arc<dyn Fn(&Parts) -> Access + Send + Sync>;
