//! The limits of requests, in one table. A refusal names each limit that a caller can exceed.

use std::time::Duration;

/// Maximum bytes of a request's body; of a webhook, `credits_runtime::limits::WEBHOOK_BYTES_MAX`.
pub const BODY_BYTES_MAX: usize = 64 * 1_024;
/// Maximum bytes of another price list to compare with.
pub const TERMS_BYTES_MAX: usize = 1_024 * 1_024;
/// Longest time of a request, but for those that read the whole ledger.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
/// Requests that read the whole ledger at one time, such as exports. More are refused.
pub const LONG_REQUESTS_MAX: usize = 4;
/// Facts that a comparison with another price list reads on a page: about 3 s for a million.
pub const WHAT_IF_FACTS_MAX: u64 = 2_000_000;
/// Maximum days of a comparison with another price list.
pub const WHAT_IF_DAYS_MAX: u32 = 3_660;
/// Longest time for which a page waits for a verification or a backup before it continues without the result.
pub const RESULT_WAIT_MAX: Duration = Duration::from_secs(5);
/// Bytes of a part of a streamed response.
pub const CHUNK_BYTES: usize = 64 * 1_024;
/// Parts of a streamed response that wait for the client.
pub const CHUNKS_MAX: usize = 4;
/// Longest time for which a part of a streamed response waits for its client. A client that does not read would keep the
/// others from reading the whole ledger.
pub const CLIENT_WAIT_MAX: Duration = Duration::from_mins(1);
/// Items of a page unless the request sets `limit`.
pub const PAGE_DEFAULT: usize = 50;
/// Maximum items of a page. More are refused.
pub const PAGE_MAX: usize = 1_000;
/// Days of activity unless the request sets `days`.
pub const ACTIVITY_DAYS_DEFAULT: u32 = 30;
/// Maximum days of a chart of activity.
pub const ACTIVITY_DAYS_MAX: u32 = 366;
/// Maximum bytes of a token file.
pub const TOKENS_BYTES_MAX: u64 = 1_024 * 1_024;
/// Longest life of an owner token.
pub const OWNER_TOKEN_TIME_MAX: Duration = Duration::from_hours(24);
/// Minimum bytes of the secret that signs owner tokens.
pub const OWNER_SECRET_BYTES_MIN: usize = 32;
/// Seconds that `Retry-After` names.
pub const RETRY_AFTER_SECONDS: u64 = 1;
