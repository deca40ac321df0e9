//! What the document of the API says of each route: its parameters, its body, its response and its refusals.
//!
//! Schemas and parameters are named as `schemas.json` has them. It does not know the shape of the document.

/// A documented route.
pub(super) struct Doc {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// Parameters of the query.
    pub(super) query: &'static [&'static str],
    /// The schema of the body.
    pub(super) body: Option<&'static str>,
    pub(super) status: u16,
    pub(super) content: Content,
    /// Statuses of problems that the callers, the parameters and the body do not explain.
    pub(super) problems: &'static [u16],
}

/// The content of a response.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Nothing,
    /// JSON of a schema.
    Json(&'static str),
    /// JSON of a schema, or lines of JSON for a client that accepts them.
    JsonOrLines(&'static str),
    /// Text or bytes of these types.
    Of(&'static [&'static str]),
}

use Content::{Json, JsonOrLines, Nothing, Of};

type Query = &'static [&'static str];

const fn get(path: &'static str, query: Query, content: Content, problems: &'static [u16]) -> Doc {
    Doc { method: "GET", path, query, body: None, status: 200, content, problems }
}

const fn post(
    path: &'static str,
    (query, body): (Query, &'static str),
    (status, schema): (u16, &'static str),
    problems: &'static [u16],
) -> Doc {
    Doc { method: "POST", path, query, body: Some(body), status, content: Json(schema), problems }
}

const HISTORY: Query = &[
    "asset",
    "after",
    "before",
    "limit",
    "order",
    "category",
    "operation",
    "since",
    "until",
    "key",
    "with_shortfall",
    "explain",
];
const ASSET: Query = &["asset"];

/// Refusals of writes: not enough credits, a missing thing, a conflict with the state or with a request in progress.
const WRITE: &[u16] = &[402, 404, 409];

/// All routes, in the order of the table of routes.
pub(super) const DOCS: &[Doc] = &[
    Doc { status: 204, ..get("/health/live", &[], Nothing, &[]) },
    Doc { status: 204, ..get("/health/ready", &[], Nothing, &[500, 503]) },
    get("/wallets", &["prefix", "after_owner", "limit"], Json("OwnersPage"), &[]),
    get("/wallets/{owner}", ASSET, Json("Wallet"), &[404]),
    get("/me", ASSET, Json("Wallet"), &[404]),
    get("/wallets/{owner}/entries", HISTORY, Json("HistoryPage"), &[404]),
    get("/me/entries", HISTORY, Json("HistoryPage"), &[404]),
    get("/wallets/{owner}/balance_at/{instant}", ASSET, Json("PastBalance"), &[404]),
    get("/me/balance_at/{instant}", ASSET, Json("PastBalance"), &[404]),
    post("/wallets/{owner}/estimate", (&[], "Call"), (200, "Estimate"), &[404]),
    post("/me/estimate", (&[], "Call"), (200, "Estimate"), &[404]),
    post("/wallets/{owner}/spend", (&[], "SpendCall"), (201, "Receipt"), WRITE),
    post("/wallets/{owner}/holds", (&[], "HoldCall"), (201, "OpenedHold"), WRITE),
    post("/wallets/{owner}/holds/{hold}/settle", (ASSET, "Settlement"), (200, "Settled"), WRITE),
    post("/wallets/{owner}/holds/{hold}/release", (ASSET, "Nothing"), (200, "ReleasedHold"), &[404, 409]),
    post("/wallets/{owner}/holds/{hold}/extend", (ASSET, "Extension"), (200, "ExtendedHold"), &[404, 409]),
    post("/wallets/{owner}/give", (ASSET, "Gift"), (201, "Receipt"), &[404, 409]),
    post("/wallets/{owner}/deduct", (ASSET, "Deduction"), (201, "Receipt"), WRITE),
    post("/wallets/{owner}/adjust", (ASSET, "Correction"), (201, "Receipt"), WRITE),
    post("/wallets/{owner}/grants/{grant}/revoke", (ASSET, "Revocation"), (201, "Receipt"), &[404, 409]),
    post("/wallets/{owner}/charges/{charge}/reverse", (ASSET, "ChargeReversal"), (201, "Receipt"), WRITE),
    post("/wallets/{owner}/transfers", (ASSET, "Transfer"), (201, "Transferred"), WRITE),
    post(
        "/wallets/{owner}/transfers/{transfer}/reverse",
        (ASSET, "TransferReversal"),
        (201, "Reversed"),
        WRITE,
    ),
    get("/entries", &["before_next", "limit", "explain"], Json("EntriesPage"), &[]),
    get("/entries/{number}", &[], Json("OwnedEntry"), &[404]),
    get("/activity", &["days"], Json("Activity"), &[]),
    get("/totals", &[], Json("Totals"), &[]),
    get("/due", &["until", "limit"], Json("DuePage"), &[]),
    get("/low", &["asset", "prefix", "after_owner", "limit"], Json("LowBalancesPage"), &[404]),
    get("/unresolved", &["limit"], Json("UnresolvedPage"), &[]),
    post("/unresolved/link", (&[], "Linking"), (200, "Received"), &[409]),
    post("/unresolved/dismiss", (&[], "Dismissal"), (200, "Received"), &[404, 409]),
    get("/catalogue", &[], Json("Catalogue"), &[]),
    get("/prices.md", &[], Of(&["text/markdown; charset=utf-8"]), &[]),
    post("/what_if", (&[], "OtherTerms"), (200, "WhatIfReport"), &[]),
    get("/statistics", &[], Json("Figures"), &[]),
    get("/head", &[], Json("Head"), &[]),
    post("/head/check", (&[], "EarlierHead"), (200, "AgreedHead"), &[409]),
    Doc { body: None, content: JsonOrLines("Verified"), ..post("/verify", (&[], ""), (200, ""), &[]) },
    get("/export", &["format"], Of(&["application/jsonl", "text/csv; charset=utf-8"]), &[]),
    get("/backup", &[], Of(&["application/octet-stream"]), &[]),
    get("/openapi.json", &[], Json("Document"), &[]),
    #[cfg(feature = "metrics")]
    get("/metrics", &[], Of(&["text/plain; version=0.0.4; charset=utf-8"]), &[]),
    #[cfg(feature = "stripe")]
    post("/wallets/{owner}/checkouts", (&[], "Sale"), (201, "Page"), &[402, 404, 502]),
    #[cfg(feature = "stripe")]
    post("/me/checkouts", (&[], "Sale"), (201, "Page"), &[402, 404, 502]),
    #[cfg(feature = "stripe")]
    Doc { content: Of(&["text/plain; charset=utf-8"]), ..post("/stripe", (&[], "Event"), (200, ""), &[404]) },
];

/// Documentation of a route.
pub(super) fn of(method: &str, path: &str) -> Option<&'static Doc> {
    DOCS.iter().find(|doc| doc.method == method && doc.path == path)
}
