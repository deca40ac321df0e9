//! Errors of PostgreSQL's client, with the cause that it leaves out and what helps against it.

use crate::import::error::ImportError;

/// Causes, and what helps.
const REMEDIES: &[(&str, &str)] = &[
    ("unknown option", "leave it out of the address"),
    ("server does not support TLS", "with sslmode=disable the connection is not encrypted"),
    ("no encryption", "with sslmode=verify-full or sslmode=require the connection is encrypted"),
    ("SSL off", "with sslmode=verify-full or sslmode=require the connection is encrypted"),
    (
        "UnknownIssuer",
        "sslrootcert=<file> names the certificate of its authority, and sslmode=require encrypts without verification",
    ),
    ("invalid peer certificate", "sslmode=require without sslrootcert encrypts without verification"),
    ("no hostname provided", "host=<name> gives the name in the certificate"),
];

/// An error of the client.
pub(super) fn failed(action: &str, error: &tokio_postgres::Error) -> ImportError {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let message = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    let remedy = REMEDIES.iter().find(|(cause, _)| message.contains(cause));
    let remedy = remedy.map(|(_, remedy)| format!(" ({remedy})")).unwrap_or_default();
    ImportError::database(action, message + &remedy)
}
