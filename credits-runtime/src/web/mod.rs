//! HTTP APIs: problems as the bodies of error responses, and operations as the bodies of requests, for any web framework;
//! with the feature `axum` they are types of axum 0.8.
//!
//! It does not know any route.

#[cfg(feature = "axum")]
mod axum;
mod operation_call;
mod problem;

pub use operation_call::OperationCall;
pub use problem::Problem;
