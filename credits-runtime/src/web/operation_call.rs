//! Calls of operations: requests that name an operation and its inputs.

use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use crate::generated::JsonObject;
use crate::web::problem::Problem;

/// A request for an operation, read from JSON: `{ "operation": "upscale", "megapixels": 4 }`. The generated
/// `Operation::from_json` makes the operation of it.
///
/// With the feature `axum` it is an argument of a handler of axum 0.8: the body, whatever its `content-type`, within the body
/// limit of the router.
///
/// ```
/// # credits_runtime::usage_credits! { operation upscale { costs 2.credits_per(megapixel) } }
/// use credits_runtime::{OperationCall, Problem};
///
/// fn estimate(credits: &Credits, body: &[u8]) -> Result<i64, Problem> {
///     let call = OperationCall::from_slice(body)?;
///     let operation = Operation::from_json(&call.operation, &call.inputs)?;
///     Ok(credits.wallet("user:42").estimate_credits_to(operation)?.get())
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let credits = Credits::in_memory()?;
/// assert_eq!(estimate(&credits, br#"{ "operation": "upscale", "megapixels": 4 }"#), Ok(8));
/// let unknown = estimate(&credits, br#"{ "operation": "paint" }"#).unwrap_err();
/// assert_eq!((unknown.status, unknown.code.as_str()), (404, "unknown_operation"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationCall {
    /// The name of the operation.
    pub operation: String,
    /// The inputs by their names: every other member of the object.
    #[serde(flatten)]
    pub inputs: JsonObject,
}

impl OperationCall {
    /// Reads the body of a request.
    ///
    /// Errors: a problem `body_invalid`, with 400 for a text that is no JSON, and 422 for JSON that names no operation.
    pub fn from_slice(body: &[u8]) -> Result<Self, Problem> {
        serde_json::from_slice(body).map_err(|error| {
            let status = if error.classify() == Category::Data { 422 } else { 400 };
            let detail = format!(
                "the body is no call of an operation, {error}: send `operation` and its inputs as JSON"
            );
            Problem::new(status, "body_invalid", detail)
        })
    }
}
